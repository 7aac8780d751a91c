"""DOCX → blocks: the paragraphs and tables of a Word document, in order.

Page headers and footers, notes and comments are parts of their own in the container, and are not read.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS, superscript_text
from chalicelib.extraction.table_text import MAX_COLUMNS
from chalicelib.formats import ooxml, xml_events
from chalicelib.formats.xml_events import attribute, local_name
from chalicelib.formats.zip_container import ZipContainer

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TITLE_LEVEL = 1  # "heading 1" has the next one
MAX_HEADING_LEVEL = 6

# Elements outside the text: deletions and moved text, field codes, formulas, the fallback of a text box for old
# programs, and the pronunciation of Japanese.
_SKIPPED_ELEMENTS = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "oMath", "oMathPara", "rt"})
_CHARACTER_ELEMENTS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-"}
_HEADING_STYLE = re.compile(r"heading ([1-6])", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc (?:\d|heading)|table of figures|index \d", re.IGNORECASE)
_TABLE_PROPERTIES = frozenset({"tblHeader", "gridSpan"})
_FALSE_VALUES = frozenset({"0", "false", "off"})


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return all paragraphs and tables of the main document. Raises FormatError."""
    with ZipContainer(path) as container:
        main_name = ooxml.main_part(container)
        styles_name = posixpath.join(posixpath.dirname(main_name), "styles.xml")
        styles = _read_styles(container.read(styles_name)) if styles_name in container.names else _Styles()
        return _BodyExtractor(BlockBuilder(limit), styles).extract(container.read(main_name))


# ---- styles ----


@dataclass(slots=True)
class _Style:
    """Paragraph style. `level`: of a heading, 0 for text, None if it is inherited from the style `base`."""

    base: str = ""
    level: int | None = None
    is_contents_entry: bool = False


@dataclass(slots=True)
class _Styles:
    """Paragraph styles by id, and the language of text that states none: that of the document's defaults."""

    by_id: dict[str, _Style] = field(default_factory=dict)
    language: str = ""


def _read_styles(content: bytes) -> _Styles:
    styles = _Styles()
    style = _Style()
    is_default = False
    for is_start, element in xml_events.events(content):
        kind = local_name(element.tag)
        if kind == "docDefaults":
            is_default = is_start
        if not is_start:
            continue
        if kind == "style":
            style = styles.by_id[attribute(element, "styleId")] = _Style()
        elif kind == "lang" and is_default:
            styles.language = attribute(element, "val")
        elif kind == "name":
            name = attribute(element, "val")
            heading = _HEADING_STYLE.fullmatch(name)
            if heading:
                style.level = int(heading[1]) + TITLE_LEVEL
            elif name.lower() == "title":
                style.level = TITLE_LEVEL
            style.is_contents_entry = _CONTENTS_STYLE.fullmatch(name) is not None
        elif kind == "basedOn":
            style.base = attribute(element, "val")
        elif kind == "outlineLvl" and style.level is None:
            style.level = _level(element)
    return styles


def _level(outline_level: "Element") -> int:
    value = attribute(outline_level, "val")
    return int(value) + 1 + TITLE_LEVEL if value.isdecimal() and int(value) < MAX_HEADING_LEVEL else 0


def _resolve_style(styles: Mapping[str, _Style], name: str) -> tuple[int, bool]:
    """Return the heading level and `is_contents_entry` of a style, inherited from its bases.

    What a style inherits becomes its own, so that no chain of bases is followed twice.
    """
    visited: dict[str, _Style] = {}
    level, is_contents_entry = 0, False
    while name in styles and name not in visited:
        style = visited[name] = styles[name]
        if style.level is not None or style.is_contents_entry:
            level, is_contents_entry = style.level or 0, style.is_contents_entry
            break
        name = style.base
    for style in visited.values():
        style.level, style.is_contents_entry = level, is_contents_entry
    return level, is_contents_entry


# ---- text ----


@dataclass(slots=True)
class _DocxParagraph:
    parts: list[str] = field(default_factory=list)
    last_characters: str = ""  # before a superscript
    level: int = 0
    is_contents_entry: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)


@dataclass(slots=True)
class _Run:
    """Characters with the same formatting. `is_skipped`: hidden, or a footnote mark. `language` is empty if not stated."""

    text: list[str] = field(default_factory=list)
    language: str = ""
    is_superscript: bool = False
    is_skipped: bool = False


@dataclass(slots=True)
class _DocxCell:
    """Cell of a table. One that continues the cell above (`vMerge`) is empty."""

    items: list["_DocxParagraph | _DocxTable"] = field(default_factory=list)
    columns: int = 1

    def as_raw_cell(self, *, is_header: bool) -> RawCell:
        text = " ".join(item.text for item in self.items if isinstance(item, _DocxParagraph))
        return RawCell(text, is_header, self.columns)


@dataclass(slots=True)
class _DocxTable:
    rows: list[list[_DocxCell]] = field(default_factory=list)
    header_rows: set[int] = field(default_factory=set)  # by index

    def items(self) -> Iterator["_DocxParagraph | _DocxTable"]:
        for row in self.rows:
            for cell in row:
                yield from cell.items

    def cells(self) -> list[list[RawCell]]:
        return [
            [cell.as_raw_cell(is_header=index in self.header_rows) for cell in row]
            for index, row in enumerate(self.rows)
        ]


class _BodyExtractor:
    """Walks the main document. Stacks hold the open elements, because paragraphs may contain text boxes with paragraphs,
    and tables may contain tables.
    """

    def __init__(self, builder: BlockBuilder, styles: _Styles) -> None:
        self._builder, self._styles = builder, styles
        self._letters_by_language: Counter[str] = Counter()
        self._paragraphs: list[_DocxParagraph] = []
        self._runs: list[_Run] = []
        self._tables: list[_DocxTable] = []

    def extract(self, content: bytes) -> BlockBuilder:
        skipped_depth = 0
        for is_start, element in xml_events.events(content):
            kind = local_name(element.tag)
            if kind in _SKIPPED_ELEMENTS:
                skipped_depth += 1 if is_start else -1
            elif skipped_depth:
                continue
            elif is_start:
                self._start_element(kind, element)
            else:
                self._end_element(kind, element)
            if self._builder.is_truncated:
                break
        self._builder.language = self._language()
        return self._builder

    def _language(self) -> str | None:
        """Return the language of most letters, as the runs or the defaults state it.

        English as a default says nothing: programs' templates have it for documents in every language.
        """
        default = self._styles.language
        if default.lower().startswith("en"):
            default = ""
        counts = Counter[str]()
        for language, letters in self._letters_by_language.items():
            counts[language or default] += letters
        return counts.most_common(1)[0][0] if counts else None

    def _start_element(self, kind: str, element: "Element") -> None:
        if kind == "p":
            self._paragraphs.append(_DocxParagraph())
        elif kind == "r":
            self._runs.append(_Run())
        elif kind == "tbl":
            self._tables.append(_DocxTable())
        elif kind == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif kind == "tc" and self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append(_DocxCell())
        elif kind in _TABLE_PROPERTIES:
            if self._tables and self._tables[-1].rows:
                _apply_to_table(self._tables[-1], kind, element)
        elif kind == "pStyle" and self._paragraphs:
            paragraph = self._paragraphs[-1]
            paragraph.level, paragraph.is_contents_entry = _resolve_style(self._styles.by_id, attribute(element, "val"))
        elif kind == "outlineLvl" and self._paragraphs:
            self._paragraphs[-1].level = _level(element)
        elif self._runs:
            self._apply_to_run(self._runs[-1], kind, element)

    def _apply_to_run(self, run: _Run, kind: str, element: "Element") -> None:
        if kind == "vertAlign":
            run.is_superscript = attribute(element, "val") == "superscript"
        elif kind == "lang":
            run.language = attribute(element, "val")
        elif kind in {"vanish", "webHidden"}:
            run.is_skipped |= attribute(element, "val") not in _FALSE_VALUES
        elif kind in {"footnoteReference", "endnoteReference"}:
            run.is_skipped = True
        elif kind in _CHARACTER_ELEMENTS:
            run.text.append(_CHARACTER_ELEMENTS[kind])

    def _end_element(self, kind: str, element: "Element") -> None:
        if kind == "t" and self._runs:
            self._runs[-1].text.append(element.text or "")
        elif kind == "r" and self._runs:
            self._close_run(self._runs.pop())
        elif kind == "p" and self._paragraphs:
            self._add(self._paragraphs.pop())
        elif kind == "tbl" and self._tables:
            self._add(self._tables.pop())

    def _close_run(self, run: _Run) -> None:
        if self._paragraphs and not run.is_skipped:
            paragraph, text = self._paragraphs[-1], "".join(run.text)
            self._letters_by_language[run.language] += sum(map(str.isalpha, text))
            if run.is_superscript:
                text = superscript_text(paragraph.last_characters, text)
            paragraph.parts.append(text)
            paragraph.last_characters = (paragraph.last_characters + text[-ANCHOR_CHARACTERS:])[-ANCHOR_CHARACTERS:]

    def _add(self, item: _DocxParagraph | _DocxTable) -> None:
        """Add to the open table cell, otherwise to the blocks."""
        if self._tables:
            if self._tables[-1].rows and self._tables[-1].rows[-1]:
                self._tables[-1].rows[-1][-1].items.append(item)
        elif isinstance(item, _DocxTable):
            self._add_table(item)
        elif not item.is_contents_entry:
            self._builder.add_paragraph(item.text, level=item.level)

    def _add_table(self, table: _DocxTable) -> None:
        """Add by the rule for tables. A table with headings or tables in it only lays out the page: add its text."""
        if any(isinstance(item, _DocxTable) or item.level for item in table.items()):
            for item in table.items():
                self._add(item)
        else:
            self._builder.add_table(table.cells())


def _apply_to_table(table: _DocxTable, kind: str, element: "Element") -> None:
    """Apply a property of the last row, or of its last cell."""
    value = attribute(element, "val")
    if kind == "tblHeader":
        if value not in _FALSE_VALUES:
            table.header_rows.add(len(table.rows) - 1)
    elif table.rows[-1] and kind == "gridSpan" and value.isdecimal():
        table.rows[-1][-1].columns = min(int(value[:4]), MAX_COLUMNS)
