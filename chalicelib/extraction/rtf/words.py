"""Control words of RTF that stand for characters or begin groups, and the kinds of paragraphs by the names of styles."""

import locale
import re

from chalicelib.extraction.inline import LINE_BREAK
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.rtf.state import Destination, RtfStyle

MAX_HEADING_LEVEL = 6
TITLE_LEVEL = 1  # "heading 1" has the next one, as in Word documents

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
        b"bxe colortbl do ffdeftext ffname fldinst fontemb info listtext mmathpict nonesttables nonshppict object objdata "
        b"pict pntext rxe shpinst shprslt sp tc tcn template txe upr xe".split(),
        _SKIPPED,
    ),
    b"annotation": Destination.COMMENT,
    b"dptxbxtext": _TEXT,
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

_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_TITLES = {"title": TITLE_LEVEL, "subtitle": TITLE_LEVEL + 1}
_KINDS = (
    (re.compile(r"(?:intense )?quot(?:e|ations?)$|block text$", re.IGNORECASE), BlockKind.QUOTE),
    (re.compile(r"caption$|illustration$", re.IGNORECASE), BlockKind.CAPTION),
    (re.compile(r"(?:footnote|endnote)(?: text)?$", re.IGNORECASE), BlockKind.FOOTNOTE),
    (re.compile(r"bibliography\b", re.IGNORECASE), BlockKind.REFERENCE),
    (re.compile(r"(?:toc|contents|index) (?:\d|heading)|table of figures", re.IGNORECASE), BlockKind.TOC),
    (re.compile(r"list\b", re.IGNORECASE), BlockKind.LIST_ITEM),
)  # fmt: skip


def heading_level(style: RtfStyle, outline_level: int | None) -> int:
    """Return the level of a paragraph with this style and outline level; 0 if it is no heading."""
    name = style.name.strip().lower()
    if name in _TITLES:
        return _TITLES[name]
    heading = _HEADING.match(name)
    if heading:
        return min(int(heading[1]) + TITLE_LEVEL, MAX_HEADING_LEVEL)
    level = style.outline_level if outline_level is None else outline_level
    return min(level + 1 + TITLE_LEVEL, MAX_HEADING_LEVEL) if level is not None and 0 <= level < 9 else 0


def block_kind(style: RtfStyle) -> BlockKind | None:
    """Return the kind of a paragraph that its style names, or None."""
    return next((kind for pattern, kind in _KINDS if pattern.match(style.name.strip())), None)


def is_description(shape_property: str) -> bool:
    """Return whether a property of a shape is the description of its picture."""
    return shape_property.strip().lower() in _DESCRIPTIONS


def language_tag(number: int) -> str:
    """Return the tag of a language of Windows ("de-DE" for 1031); empty if it names none."""
    return locale.windows_locale.get(number, "").replace("_", "-")
