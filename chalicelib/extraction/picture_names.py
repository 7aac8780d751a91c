"""Text alternatives of pictures that describe nothing: names of files, and words that say only that there is a picture."""

import re

_FILE_NAME = re.compile(r"\S{1,200}\.(?:jpe?g|png|gif|svg|webp|tiff?|bmp|avif|heic|emf|wmf)", re.IGNORECASE)
_NO_DESCRIPTION = re.compile(
    r"(?:(?:cover|book|inline|title|front)\s*)?(?:image|picture|photo|graphic|figure|illustration|img|pic|icon|logo|cover|bild"
    r"|abbildung|foto|imagen?|imagem|immagine|decorat(?:ion|ive)|ornament|untitled|emoji|smiley|avatar|banner|spacer|placeholder"
    r"|thumbnail)"
    r"[\s_-]{0,3}\d{0,9}|(?:img|dsc|dscn|pxl|image)[\s_-]?\d{1,12}\w{0,9}|[\W_]{1,200}",
    re.IGNORECASE,
)


def is_name(text: str) -> bool:
    """Return True if the text alternative only names the picture."""
    return _FILE_NAME.fullmatch(text) is not None or _NO_DESCRIPTION.fullmatch(text) is not None
