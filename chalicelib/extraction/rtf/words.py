"""Control words of RTF that stand for characters or begin groups, and the kinds of paragraphs by the names of styles."""

import locale
import re

from chalicelib.extraction import styled_blocks
from chalicelib.extraction.inline import LINE_BREAK
from chalicelib.extraction.rtf.state import Destination, RtfStyle

CHARACTERS = {
    b"tab": " ",
    b"line": LINE_BREAK,
    b"lbr": LINE_BREAK,
    b"emdash": "—",
    b"endash": "–",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"emspace": " ",
    b"enspace": " ",
    b"qmspace": " ",
    b"zwj": "\u200d",
    b"zwnj": "\u200c",
}
SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\t": " "}
PARAGRAPH_ENDS = frozenset({b"par", b"sect", b"page", b"column"})

_TEXT, _SKIPPED, _HEADER = Destination.TEXT, Destination.SKIPPED, Destination.HEADER
# Groups that begin with one of these words. A group that begins with `\*` and another word is skipped.
DESTINATIONS = {
    **dict.fromkeys(
        (b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr", b"footerf"), _HEADER
    ),
    **dict.fromkeys(
        b"bxe colortbl do ffdeftext ffname fontemb info listtext mmathpict nonesttables nonshppict object objdata "
        b"pict pntext rxe shpinst shprslt sp tc tcn template txe upr xe".split(),
        _SKIPPED,
    ),
    b"annotation": Destination.COMMENT,
    b"bkmkstart": Destination.BOOKMARK,
    b"dptxbxtext": _TEXT,
    b"fldinst": Destination.FIELD,
    b"fonttbl": Destination.FONTS,
    b"mmath": _TEXT,
    b"momath": _TEXT,
    b"result": _TEXT,
    b"shptxt": _TEXT,
    b"sn": Destination.SHAPE_NAME,
    b"stylesheet": Destination.STYLES,
    b"sv": Destination.SHAPE_VALUE,
    b"ud": _TEXT,
}
LISTS = frozenset({b"listtext", b"pntext"})
_DESCRIPTIONS = frozenset({"wzdescription"})

# A mark of a list that its author typed, or a program without lists: "•", "3.".
_TYPED_MARK = re.compile(r"\s*(?:([•·–-])|\w{1,3}[.)])\s")


def heading_level(style: RtfStyle, outline_level: int | None) -> int:
    """Return the level of a paragraph with this style and outline level; 0 if it is no heading."""
    named = styled_blocks.heading_level(style.name)
    if named is not None:
        return named
    level = style.outline_level if outline_level is None else outline_level
    return styled_blocks.outline_heading_level(level + 1) if level is not None and 0 <= level < 9 else 0


def typed_mark(text: str) -> tuple[bool, str]:
    """Return whether a paragraph with a hanging indent begins as an item of a list, and its bullet, which is not read."""
    mark = _TYPED_MARK.match(text)
    return mark is not None, mark[1] or "" if mark else ""


def is_description(shape_property: str) -> bool:
    """Return whether a property of a shape is the description of its picture."""
    return shape_property.strip().lower() in _DESCRIPTIONS


def language_tag(number: int) -> str:
    """Return the tag of a language of Windows ("de-DE" for 1031); empty if it names none."""
    return locale.windows_locale.get(number, "").replace("_", "-")
