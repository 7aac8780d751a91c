"""DOCX → script: the paragraphs of a Word document in order, tables where they stand.

Heads and feet of pages, notes and comments are parts of their own in the container and are not looked at.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.extraction import zip_container
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.cleanup import superscript_text
from chalicelib.extraction.zip_container import ZipContainer, attribute, local_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEFAULT_MAIN_PART = "word/document.xml"
TITLE_LEVEL = 1  # level; that of "heading 1" is 2
MAX_HEADING_LEVEL = 6

# What is in the document but not of its text: deleted or moved away, codes of fields, formulas, the copy of a text box for
# old programs, and how Japanese is pronounced.
_SKIPPED_ELEMENTS = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "oMath", "oMathPara", "rt"})
_CHARACTER_ELEMENTS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-"}
_HEADING_STYLE = re.compile(r"heading ([1-6])", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc (?:\d|heading)|table of figures|index \d", re.IGNORECASE)
_FALSE_VALUES = frozenset({"0", "false", "off"})


def extract(path: Path, limit: int) -> BlockBuilder:
    """All paragraphs and tables of the main part."""
    with ZipContainer(path) as container:
        main = _main_part(container.read("_rels/.rels"))
        styles = _styles(container.read(posixpath.join(posixpath.dirname(main), "styles.xml")))
        return _BodyExtractor(BlockBuilder(limit), styles).extract(container.read(main) or b"")


def _main_part(relations: bytes | None) -> str:
    for begins, element in zip_container.xml_events(relations or b"<none/>"):
        if begins and attribute(element, "Type").endswith("/officeDocument"):
            return attribute(element, "Target").lstrip("/")
    return DEFAULT_MAIN_PART


# ---- styles ----


@dataclass(slots=True)
class _Style:
    """What a style of paragraphs says by itself. `level`: of a heading, 0 of text, None when its `base` decides."""

    base: str = ""
    level: int | None = None
    is_contents_entry: bool = False


def _styles(content: bytes | None) -> dict[str, _Style]:
    found: dict[str, _Style] = {}
    style = _Style()
    for begins, element in zip_container.xml_events(content or b"<none/>"):
        kind = local_name(element.tag)
        if not begins:
            continue
        if kind == "style":
            style = found[attribute(element, "styleId")] = _Style()
        elif kind == "name":
            name = attribute(element, "val")
            heading = _HEADING_STYLE.fullmatch(name)
            style.level = (
                int(heading[1]) + TITLE_LEVEL if heading else TITLE_LEVEL if name.lower() == "title" else style.level
            )
            style.is_contents_entry = _CONTENTS_STYLE.fullmatch(name) is not None
        elif kind == "basedOn":
            style.base = attribute(element, "val")
        elif kind == "outlineLvl" and style.level is None:
            style.level = _level(element)
    return found


def _level(outline: "Element") -> int:
    value = attribute(outline, "val")
    return int(value) + 1 + TITLE_LEVEL if value.isdecimal() and int(value) < MAX_HEADING_LEVEL else 0


def _resolve_style(styles: dict[str, _Style], name: str) -> tuple[int, bool]:
    """The level and whether it is a line of the table of contents, by the style or those that it is made from."""
    seen: set[str] = set()
    while name in styles and name not in seen:
        seen.add(name)
        style = styles[name]
        if style.level is not None or style.is_contents_entry:
            return style.level or 0, style.is_contents_entry
        name = style.base
    return 0, False


# ---- the text ----


@dataclass(slots=True)
class _DocxParagraph:
    text: str = ""
    level: int = 0
    is_contents_entry: bool = False


@dataclass(slots=True)
class _Run:
    """Characters of one look. `unread`: hidden, or the mark of a note."""

    text: list[str] = field(default_factory=list)
    is_superscript: bool = False
    is_skipped: bool = False


@dataclass(slots=True)
class _DocxTable:
    rows: list[list[list["_DocxParagraph | _DocxTable"]]] = field(default_factory=list)

    def cells(self) -> Iterator[list["_DocxParagraph | _DocxTable"]]:
        for row in self.rows:
            yield from row


class _BodyExtractor:
    """What is open while the document is read: paragraphs stand in text boxes of paragraphs, tables in tables."""

    def __init__(self, script: BlockBuilder, styles: dict[str, _Style]) -> None:
        self._blocks, self._styles = script, styles
        self._paragraphs: list[_DocxParagraph] = []
        self._runs: list[_Run] = []
        self._tables: list[_DocxTable] = []

    def extract(self, content: bytes) -> BlockBuilder:
        skipped = 0
        for begins, element in zip_container.xml_events(content):
            kind = local_name(element.tag)
            if kind in _SKIPPED_ELEMENTS:
                skipped += 1 if begins else -1
            elif skipped:
                continue
            elif begins:
                self._start_element(kind, element)
            else:
                self._end_element(kind, element)
            if self._blocks.is_truncated:
                break
        return self._blocks

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
            self._tables[-1].rows[-1].append([])
        elif kind == "pStyle" and self._paragraphs:
            paragraph = self._paragraphs[-1]
            paragraph.level, paragraph.is_contents_entry = _resolve_style(self._styles, attribute(element, "val"))
        elif kind == "outlineLvl" and self._paragraphs:
            self._paragraphs[-1].level = _level(element)
        elif self._runs:
            self._apply_to_run(self._runs[-1], kind, element)

    def _apply_to_run(self, run: _Run, kind: str, element: "Element") -> None:
        if kind == "vertAlign":
            run.is_superscript = attribute(element, "val") == "superscript"
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
            paragraph.text += superscript_text(paragraph.text[-3:], text) if run.is_superscript else text

    def _add(self, item: _DocxParagraph | _DocxTable) -> None:
        """Into the cell that is open, else into the script."""
        if self._tables:
            if self._tables[-1].rows and self._tables[-1].rows[-1]:
                self._tables[-1].rows[-1][-1].append(item)
        elif isinstance(item, _DocxTable):
            self._add_table(item)
        elif not item.is_contents_entry:
            self._blocks.add_paragraph(item.text, level=item.level)

    def _add_table(self, table: _DocxTable) -> None:
        """By the rule of tables; one that holds headings or tables lays the page out, and is read as text."""
        if any(isinstance(item, _DocxTable) or item.level for cell in table.cells() for item in cell):
            for cell in table.cells():
                for item in cell:
                    self._add(item)
        else:
            self._blocks.add_table(
                [
                    [" ".join(item.text for item in cell if isinstance(item, _DocxParagraph)) for cell in row]
                    for row in table.rows
                ]
            )
