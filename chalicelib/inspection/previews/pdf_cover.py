"""The first page of a PDF as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE_PIXELS = 1_024  # pixels; twice a thumbnail's, so that thin lines survive being made smaller


def thumbnail_image(source: Path) -> "Image | None":
    """The first page, drawn without forms and annotations."""
    import pypdfium2
    from PIL.Image import Image

    document = pypdfium2.PdfDocument(source)
    page = document[0]
    longest = max(page.get_size())
    if longest <= 0:
        return None
    picture = page.render(scale=MAX_SIDE_PIXELS / longest, may_draw_forms=False, draw_annots=False).to_pil()
    return picture if isinstance(picture, Image) else None
