"""Paragraph styles of a Word document: what kind of block a style stands for, also through the styles it is based on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.extraction.docx_numbering import level_number
from chalicelib.extraction.model import BlockKind
from chalicelib.formats import xml_events
from chalicelib.formats.xml_events import attribute, local_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TITLE_LEVEL = 1  # "heading 1" has the next one
MAX_HEADING_LEVEL = 6
MAX_BASES = 32  # styles that are based on each other; Word allows 10
LARGE_TYPE = 1.15  # times the size of the text, and above: a heading
DEFAULT_SIZE = 20  # half-points, of text without a size (ECMA-376, 17.3.2.38)

_HEADING_STYLE = re.compile(r"heading ([1-6])", re.IGNORECASE)
# Names of built-in styles, which are the same in every language, and of common templates.
_KINDS = (
    (BlockKind.TOC, re.compile(r"toc (?:\d|heading)|table of figures|index \d", re.IGNORECASE)),
    (BlockKind.CAPTION, re.compile(r"caption", re.IGNORECASE)),
    (BlockKind.QUOTE, re.compile(r"(?:intense )?quote|block text|epigraph", re.IGNORECASE)),
    (BlockKind.LIST_ITEM, re.compile(r"list(?: (?:bullet|number|continue))?(?: \d)?", re.IGNORECASE)),
    (BlockKind.FOOTNOTE, re.compile(r"(?:foot|end)note text", re.IGNORECASE)),
    (BlockKind.CODE, re.compile(r"html preformatted|source code|code|macro", re.IGNORECASE)),
    (BlockKind.REFERENCE, re.compile(r"bibliography", re.IGNORECASE)),
    (BlockKind.VERSE, re.compile(r"verse|poem|poetry", re.IGNORECASE)),
)


@dataclass(slots=True)
class DocxStyle:
    """Paragraph style. What it does not state is None, and inherited from the style `base`.

    `level`: of a heading, 0 for text. `size` in half-points.
    """

    base: str = ""
    level: int | None = None
    kind: BlockKind | None = None
    size: int | None = None
    is_bold: bool | None = None
    list_id: str = ""
    list_level: int = 0


@dataclass(slots=True)
class DocxStyles:
    """Paragraph styles by id, and what is true of text that states nothing: the document's defaults."""

    by_id: dict[str, DocxStyle] = field(default_factory=dict)
    default_style: str = ""
    language: str = ""
    size: int = DEFAULT_SIZE

    def resolve(self, name: str) -> DocxStyle:
        """Return the style with all that it inherits.

        What a style inherits becomes its own, so that no chain of bases is followed twice.
        """
        chain: list[DocxStyle] = []
        while name in self.by_id and self.by_id[name] not in chain and len(chain) < MAX_BASES:
            chain.append(self.by_id[name])
            name = chain[-1].base
        inherited = DocxStyle()
        for style in reversed(chain):
            is_text = style.level == 0
            style.level = inherited.level if style.level is None else style.level
            style.kind = style.kind or (None if is_text else inherited.kind)
            style.size = style.size or inherited.size
            style.is_bold = inherited.is_bold if style.is_bold is None else style.is_bold
            if not style.list_id:
                style.list_id, style.list_level = inherited.list_id, inherited.list_level
            style.base = ""
            inherited = style
        return inherited


def read_styles(content: bytes) -> DocxStyles:
    """Return the styles of the part `styles.xml`. Raises FormatError."""
    styles = DocxStyles()
    style = DocxStyle()
    is_default = False
    for is_start, element in xml_events.events(content):
        kind = local_name(element.tag)
        if kind == "docDefaults":
            is_default = is_start
            style = DocxStyle()
        if not is_start:
            continue
        if kind == "style":
            style = styles.by_id[attribute(element, "styleId")] = DocxStyle()
            if attribute(element, "default") in {"1", "true"} and attribute(element, "type") == "paragraph":
                styles.default_style = attribute(element, "styleId")
        elif kind == "lang" and is_default:
            styles.language = attribute(element, "val")
        elif kind == "sz" and is_default:
            styles.size = half_points(element) or styles.size
        else:
            _apply(style, kind, element)
    return styles


def _apply(style: DocxStyle, kind: str, element: "Element") -> None:
    if kind == "name":
        name = attribute(element, "val")
        heading = _HEADING_STYLE.fullmatch(name)
        if heading:
            style.level = int(heading[1]) + TITLE_LEVEL
        elif name.lower() == "title":
            style.level = TITLE_LEVEL
        style.kind = next((block_kind for block_kind, names in _KINDS if names.fullmatch(name)), None)
    elif kind == "basedOn":
        style.base = attribute(element, "val")
    elif kind == "outlineLvl" and style.level is None:
        style.level = outline_level(element)
    elif kind == "sz":
        style.size = half_points(element)
    elif kind == "b":
        style.is_bold = is_on(element)
    elif kind == "numPr" and style.kind is None:
        style.kind = BlockKind.LIST_ITEM
    elif kind == "numId":
        style.list_id = attribute(element, "val")
    elif kind == "ilvl":
        style.list_level = level_number(attribute(element, "val"))


def outline_level(element: "Element") -> int:
    """Return the heading level of an outline level; 0 for text."""
    value = attribute(element, "val")
    return int(value) + 1 + TITLE_LEVEL if value.isdecimal() and int(value) < MAX_HEADING_LEVEL else 0


def half_points(element: "Element") -> int | None:
    """Return the size of type, or None if it is not a number."""
    value = attribute(element, "val")
    return int(value) if value.isdecimal() and 0 < len(value) < 5 and int(value) else None


def is_on(element: "Element") -> bool:
    """Return whether a property is on, which it is without a value."""
    return attribute(element, "val") not in {"0", "false", "off", "none"}


def manual_heading_levels(sizes: Mapping[int, tuple[int, bool]], body_size: int) -> dict[int, int]:
    """Return the levels of short paragraphs that stand out by their type: larger than the text, or bold as a whole.

    `sizes`: of each such paragraph by its index, in half-points, and whether it is bold.
    """
    ranks = sorted({size for size, _ in sizes.values() if size >= LARGE_TYPE * body_size}, reverse=True)
    levels: dict[int, int] = {}
    for index, (size, is_bold) in sizes.items():
        if size in ranks:
            levels[index] = min(ranks.index(size) + 1, MAX_HEADING_LEVEL)
        elif is_bold:
            levels[index] = min(len(ranks) + 1, MAX_HEADING_LEVEL)
    return levels
