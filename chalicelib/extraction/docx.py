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
from chalicelib.extraction.blocks import Script
from chalicelib.extraction.cleanup import raised
from chalicelib.extraction.zip_container import Parts, attribute, local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAIN = "word/document.xml"
TITLE = 1  # level; that of "heading 1" is 2
DEEPEST_HEADING = 6

# What is in the document but not of its text: deleted or moved away, codes of fields, formulas, the copy of a text box for
# old programs, and how Japanese is pronounced.
_SKIPPED = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "oMath", "oMathPara", "rt"})
_SIGNS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-"}
_HEADING = re.compile(r"heading ([1-6])", re.IGNORECASE)
_CONTENTS = re.compile(r"toc (?:\d|heading)|table of figures|index \d", re.IGNORECASE)
_OFF = frozenset({"0", "false", "off"})


def read(path: Path, limit: int) -> Script:
    """All paragraphs and tables of the main part."""
    with Parts(path) as container:
        main = _main(container.read("_rels/.rels"))
        styles = _styles(container.read(posixpath.join(posixpath.dirname(main), "styles.xml")))
        return _Reader(Script(limit), styles).over(container.read(main) or b"")


def _main(relations: bytes | None) -> str:
    for begins, element in zip_container.events(relations or b"<none/>"):
        if begins and attribute(element, "Type").endswith("/officeDocument"):
            return attribute(element, "Target").lstrip("/")
    return MAIN


# ---- styles ----


@dataclass(slots=True)
class _Style:
    """What a style of paragraphs says by itself. `level`: of a heading, 0 of text, None when its `base` decides."""

    base: str = ""
    level: int | None = None
    contents: bool = False


def _styles(content: bytes | None) -> dict[str, _Style]:
    found: dict[str, _Style] = {}
    style = _Style()
    for begins, element in zip_container.events(content or b"<none/>"):
        kind = local(element.tag)
        if not begins:
            continue
        if kind == "style":
            style = found[attribute(element, "styleId")] = _Style()
        elif kind == "name":
            name = attribute(element, "val")
            heading = _HEADING.fullmatch(name)
            style.level = int(heading[1]) + TITLE if heading else TITLE if name.lower() == "title" else style.level
            style.contents = _CONTENTS.fullmatch(name) is not None
        elif kind == "basedOn":
            style.base = attribute(element, "val")
        elif kind == "outlineLvl" and style.level is None:
            style.level = _level(element)
    return found


def _level(outline: "Element") -> int:
    value = attribute(outline, "val")
    return int(value) + 1 + TITLE if value.isdecimal() and int(value) < DEEPEST_HEADING else 0


def _resolved(styles: dict[str, _Style], name: str) -> tuple[int, bool]:
    """The level and whether it is a line of the table of contents, by the style or those that it is made from."""
    seen: set[str] = set()
    while name in styles and name not in seen:
        seen.add(name)
        style = styles[name]
        if style.level is not None or style.contents:
            return style.level or 0, style.contents
        name = style.base
    return 0, False


# ---- the text ----


@dataclass(slots=True)
class _Paragraph:
    text: str = ""
    level: int = 0
    contents: bool = False


@dataclass(slots=True)
class _Run:
    """Characters of one look. `unread`: hidden, or the mark of a note."""

    text: list[str] = field(default_factory=list)
    raised: bool = False
    unread: bool = False


@dataclass(slots=True)
class _Table:
    rows: list[list[list["_Paragraph | _Table"]]] = field(default_factory=list)

    def cells(self) -> Iterator[list["_Paragraph | _Table"]]:
        for row in self.rows:
            yield from row


class _Reader:
    """What is open while the document is read: paragraphs stand in text boxes of paragraphs, tables in tables."""

    def __init__(self, script: Script, styles: dict[str, _Style]) -> None:
        self._script, self._styles = script, styles
        self._paragraphs: list[_Paragraph] = []
        self._runs: list[_Run] = []
        self._tables: list[_Table] = []

    def over(self, content: bytes) -> Script:
        skipped = 0
        for begins, element in zip_container.events(content):
            kind = local(element.tag)
            if kind in _SKIPPED:
                skipped += 1 if begins else -1
            elif skipped:
                continue
            elif begins:
                self._begin(kind, element)
            else:
                self._end(kind, element)
            if self._script.cut:
                break
        return self._script

    def _begin(self, kind: str, element: "Element") -> None:
        if kind == "p":
            self._paragraphs.append(_Paragraph())
        elif kind == "r":
            self._runs.append(_Run())
        elif kind == "tbl":
            self._tables.append(_Table())
        elif kind == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif kind == "tc" and self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append([])
        elif kind == "pStyle" and self._paragraphs:
            paragraph = self._paragraphs[-1]
            paragraph.level, paragraph.contents = _resolved(self._styles, attribute(element, "val"))
        elif kind == "outlineLvl" and self._paragraphs:
            self._paragraphs[-1].level = _level(element)
        elif self._runs:
            self._look(self._runs[-1], kind, element)

    def _look(self, run: _Run, kind: str, element: "Element") -> None:
        if kind == "vertAlign":
            run.raised = attribute(element, "val") == "superscript"
        elif kind in {"vanish", "webHidden"}:
            run.unread |= attribute(element, "val") not in _OFF
        elif kind in {"footnoteReference", "endnoteReference"}:
            run.unread = True
        elif kind in _SIGNS:
            run.text.append(_SIGNS[kind])

    def _end(self, kind: str, element: "Element") -> None:
        if kind == "t" and self._runs:
            self._runs[-1].text.append(element.text or "")
        elif kind == "r" and self._runs:
            self._close(self._runs.pop())
        elif kind == "p" and self._paragraphs:
            self._place(self._paragraphs.pop())
        elif kind == "tbl" and self._tables:
            self._place(self._tables.pop())

    def _close(self, run: _Run) -> None:
        if self._paragraphs and not run.unread:
            paragraph, text = self._paragraphs[-1], "".join(run.text)
            paragraph.text += raised(paragraph.text[-3:], text) if run.raised else text

    def _place(self, item: _Paragraph | _Table) -> None:
        """Into the cell that is open, else into the script."""
        if self._tables:
            if self._tables[-1].rows and self._tables[-1].rows[-1]:
                self._tables[-1].rows[-1][-1].append(item)
        elif isinstance(item, _Table):
            self._speak(item)
        elif not item.contents:
            self._script.paragraph(item.text, level=item.level)

    def _speak(self, table: _Table) -> None:
        """By the rule of tables; one that holds headings or tables lays the page out, and is read as text."""
        if any(isinstance(item, _Table) or item.level for cell in table.cells() for item in cell):
            for cell in table.cells():
                for item in cell:
                    self._place(item)
        else:
            self._script.table(
                [
                    [" ".join(item.text for item in cell if isinstance(item, _Paragraph)) for cell in row]
                    for row in table.rows
                ]
            )
