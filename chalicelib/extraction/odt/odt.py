"""OpenDocument text (ODT) → blocks: paragraphs, lists and tables in order; notes behind the paragraph that refers to them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from chalicelib.extraction import styled_blocks
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.cleanup import superscript_text
from chalicelib.extraction.formulas import Notation
from chalicelib.extraction.inline import CITATION, EMPHASIS, FORMULA, LANGUAGE_PREFIX, LINE_BREAK, NoteMark, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.odt import document, links, styles
from chalicelib.extraction.odt.document import OdtCell, OdtItem, OdtNote, OdtParagraph, OdtTable
from chalicelib.extraction.styled_blocks import StyledBlocks
from chalicelib.extraction.table_text import MAX_COLUMNS
from chalicelib.formats import opendocument, xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import EventKind, XmlEvent
from chalicelib.formats.zip_container import ZipContainer

MAX_SPACES = 100  # of one `text:s`
MAX_MARK_CHARACTERS = 12
_INDEXES = {
    "table-of-content": BlockKind.TOC,
    "alphabetical-index": BlockKind.TOC,
    "illustration-index": BlockKind.TOC,
    "object-index": BlockKind.TOC,
    "table-index": BlockKind.TOC,
    "user-index": BlockKind.TOC,
    "bibliography": BlockKind.REFERENCE,
}
# Elements whose text is none of the document's: marks of notes, names and dates of comments, forms, templates of indexes.
_SKIPPED = frozenset({
    "note-citation", "ruby-text", "change-info", "forms", "math", "script", "event-listeners",
    "table-of-content-source", "alphabetical-index-source", "illustration-index-source", "object-index-source",
    "table-index-source", "user-index-source", "bibliography-source",
})  # fmt: skip
# Of a comment. In the namespace of the text, they are fields.
_SKIPPED_METADATA = frozenset({"creator", "date", "date-string", "creator-initials", "sender-initials"})
_TEXT_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_DESCRIPTIONS = ("svg-compatible:1.0}title", "svg-compatible:1.0}desc")
_LEFT_OUT = {"deletion": "deleted", "annotation": "comment", "hidden-text": "hidden"}
_CHARACTERS = {"tab": " ", "line-break": LINE_BREAK}
_RUNS = frozenset({"span", "bibliography-mark", *links.LINKS})
_HEADERS = frozenset({"header", "header-left", "header-first", "footer", "footer-left", "footer-first"})


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of the document. Raises FormatError."""
    builder = BlockBuilder(limit)
    builder.show_blocks()
    with ZipContainer(path) as container:
        extractor = _OdtExtractor(builder, _formula_reader(container))
        if opendocument.STYLES in container.names:
            extractor.read_styles(container.read(opendocument.STYLES))
        extractor.extract(container.read(opendocument.CONTENT))
    return builder


def _formula_reader(container: ZipContainer) -> Callable[[str], str]:
    def read(name: str) -> str:
        """Return the MathML of an object, or an empty string if it is none."""
        part = f"{name}/{opendocument.CONTENT}"
        if part not in container.names:
            return ""
        content = container.read(part)
        try:
            first = next(xml_events.mixed_events(content, doctype=True), None)
        except FormatError:
            return ""
        return content.decode("utf-8", "replace") if first is not None and first.local_name == "math" else ""

    return read


class _OdtRun(NamedTuple):
    """Open element around text. `depth` is the number of open paragraphs, `first` the index of its first piece."""

    kinds: tuple[str, ...]
    reason: str
    is_raised: bool
    link: str
    depth: int
    first: int


class _OdtExtractor:
    """Walks the content. Stacks hold what is open: paragraphs may contain text boxes and notes, cells may contain tables."""

    def __init__(self, builder: BlockBuilder, formula_of: Callable[[str], str]) -> None:
        self._builder, self._formula_of = builder, formula_of
        self._blocks = StyledBlocks(builder)
        self._styles = styles.OdtStyles()
        self._letters_by_language: Counter[str] = Counter()
        self._open: list[str] = []
        self._skipped = 0  # depth of elements that are skipped
        self._paragraphs: list[OdtParagraph] = []
        self._tables: list[OdtTable] = []
        self._runs: list[_OdtRun] = []
        self._notes: list[OdtNote | None] = []  # None: outside of a paragraph
        self._marks: list[int] = []  # indices of their marks' pieces
        self._note_count = 0
        self._is_in_mark = False
        self._reasons: list[str] = []
        self._kinds: list[BlockKind] = []
        self._frames: list[bool] = []  # of each, whether a formula was read in it
        self._description: list[str] | None = None

    def read_styles(self, content: bytes) -> None:
        """Read the styles, and note headers and footers as left out."""
        header = 0
        text: list[str] = []
        for event in xml_events.mixed_events(content, doctype=True):
            if event.kind is EventKind.TEXT:
                if header:
                    text.append(event.value)
                continue
            name, is_start = event.local_name, event.kind is EventKind.START
            if is_start:
                self._styles.start_element(event)
            else:
                self._styles.end_element(name)
            if name in _HEADERS and event.value.endswith(f"style:1.0}}{name}"):
                header += 1 if is_start else -1
            elif name == "p" and not is_start and text:
                self._builder.leave_out(BlockKind.PARAGRAPH, "running_header", "".join(text))
                text = []

    def extract(self, content: bytes) -> None:
        for event in xml_events.mixed_events(content, doctype=True):
            if self._builder.is_truncated:
                break
            if event.kind is EventKind.TEXT:
                self._add_text(event.value)
            elif _is_skipped(event):
                self._skipped += 1 if event.kind is EventKind.START else -1
                self._is_in_mark = event.local_name == "note-citation" and self._skipped == 1
            elif self._skipped:
                continue
            elif event.kind is EventKind.START:
                self._open.append(event.local_name)
                self._start(event.local_name, event)
            else:
                self._end(event.local_name)
                self._open.pop()
        self._blocks.flush()
        self._builder.language = self._language()

    def _language(self) -> str | None:
        counts = Counter[str]()
        for language, letters in self._letters_by_language.items():
            counts[language or self._styles.language] += letters
        return counts.most_common(1)[0][0] or None if counts else None

    # ---- elements ----

    def _start(self, name: str, event: XmlEvent) -> None:
        self._styles.start_element(event)
        if name in {"p", "h"}:
            self._paragraphs.append(self._new_paragraph(name, event))
        elif name in _RUNS:
            self._start_run(name, event)
        elif name in links.ANCHORS and self._paragraphs and event.attribute("name"):
            self._paragraphs[-1].pieces.append(Piece("", anchor=event.attribute("name")))
        elif name == "table":
            self._tables.append(OdtTable())
        elif name == "table-row" and self._tables:
            self._tables[-1].rows.append([])
        elif name == "table-cell" and self._tables and self._tables[-1].rows:
            columns, rows = _count(event, "number-columns-spanned"), _count(event, "number-rows-spanned")
            self._tables[-1].rows[-1].append(OdtCell([], "table-header-rows" in self._open, columns, rows))
        elif name in _INDEXES:
            self._kinds.append(_INDEXES[name])
        elif name in _LEFT_OUT or (name == "section" and event.attribute("display") == "none"):
            self._reasons.append(_LEFT_OUT.get(name, "hidden"))
            if name == "hidden-text" and event.attribute("string-value"):
                self._builder.leave_out(BlockKind.PARAGRAPH, "hidden", event.attribute("string-value"))
        elif name == "section":
            self._reasons.append("")
        elif name == "note":
            self._start_note()
        elif name == "frame":
            self._frames.append(False)
        elif name == "object":
            self._add_formula(opendocument.part_name(event.attribute("href")))
        elif event.value.endswith(_DESCRIPTIONS) and self._frames:
            self._description = []
        elif name == "hidden-paragraph" and self._paragraphs and event.attribute("is-hidden") == "true":
            self._paragraphs[-1].reason = "hidden"
        elif name == "s":
            self._add_text(" " * min(_count(event, "c"), MAX_SPACES))
        elif name in _CHARACTERS:
            self._add_text(_CHARACTERS[name])

    def _end(self, name: str) -> None:
        self._styles.end_element(name)
        if name in {"p", "h"}:
            paragraph = self._paragraphs.pop()
            if name == "h":
                paragraph.pieces.insert(0, Piece("", anchor=links.outline_anchor(paragraph.text)))
            self._add(paragraph)
        elif name in _RUNS:
            self._end_run()
        elif name == "note":
            self._end_note()
        elif name == "table" and self._tables:
            self._add(self._tables.pop())
        elif name in _INDEXES:
            self._kinds.pop()
        elif name in _LEFT_OUT or name == "section":
            self._reasons.pop()
        elif name == "frame":
            self._frames.pop()
        elif name in {"title", "desc"} and self._description is not None:
            text, self._description = "".join(self._description), None
            if not self._frames[-1]:
                self._add(OdtParagraph(BlockKind.FIGURE, pieces=[Piece(text)]))

    def _new_paragraph(self, name: str, event: XmlEvent) -> OdtParagraph:
        style = self._styles.resolve("paragraph", event.attribute("style-name"))
        reason = next((reason for reason in reversed(self._reasons) if reason), "hidden" if style.is_hidden else "")
        kind, level = style.kind, style.level
        if name == "h":
            level = styled_blocks.outline_heading_level(_count(event, "outline-level"))
        if self._kinds:
            kind, level = self._kinds[-1], 0
        elif "note-body" in self._open:
            kind, level = BlockKind.FOOTNOTE, 0
        elif kind is None and "list-item" in self._open:
            kind = BlockKind.LIST_ITEM
        elif kind is not None and kind is not BlockKind.QUOTE:
            level = 0
        return OdtParagraph(kind or BlockKind.PARAGRAPH, level, style.language, reason, style.is_rule)

    def _add(self, item: OdtItem) -> None:
        """Add to the open note, behind the open paragraph, to the open cell, or to the blocks."""
        if isinstance(item, OdtParagraph) and item.kind is BlockKind.PARAGRAPH and _is_formula(item):
            item.kind = BlockKind.FORMULA
        note = self._notes[-1] if self._notes else None
        around = self._around("note") if note is not None else self._around()
        if around == "note" and note is not None:
            note.items.append(item)
        elif around in {"p", "h"} and self._paragraphs:
            self._paragraphs[-1].followers.append(item)
        elif around == "table-cell" and self._tables and self._tables[-1].rows and self._tables[-1].rows[-1]:
            self._tables[-1].rows[-1][-1].items.append(item)
        else:
            document.add(self._blocks, item)

    def _around(self, *others: str) -> str:
        """Return the name of the innermost paragraph or cell, or other element, that is around what begins or ends."""
        names = {"p", "h", "table-cell", *others}
        return next((name for name in reversed(self._open[:-1]) if name in names), "")

    # ---- notes ----

    def _start_note(self) -> None:
        note = None
        if self._paragraphs:
            styled_blocks.close_up_before_mark(self._paragraphs[-1].pieces)
        if self._around() in {"p", "h"}:
            self._note_count += 1
            note = OdtNote(str(self._note_count))
            self._marks.append(len(self._paragraphs[-1].pieces))
            self._paragraphs[-1].pieces.append(Piece("", note_mark=NoteMark("", note.name)))
        self._notes.append(note)

    def _end_note(self) -> None:
        note = self._notes.pop()
        if note is None:
            return
        note.mark = " ".join(note.mark.split())
        self._paragraphs[-1].pieces[self._marks.pop()] = Piece("", note_mark=NoteMark(note.mark, note.name))
        if note.items:
            self._add(note)

    def _add_formula(self, part: str) -> None:
        source = self._formula_of(part)
        if source and self._paragraphs:
            self._paragraphs[-1].pieces.append(self._builder.formula(source, Notation.MATHML))
            if self._frames:
                self._frames[-1] = True

    # ---- text ----

    def _start_run(self, name: str, event: XmlEvent) -> None:
        style = self._styles.resolve("text", event.attribute("style-name") if name == "span" else "")
        kinds = [CITATION] if name == "bibliography-mark" else []
        kinds += [EMPHASIS] if style.is_emphasis else []
        kinds += [f"{LANGUAGE_PREFIX}{style.language}"] if style.language else []
        reason = "hidden" if style.is_hidden else "deleted" if style.is_struck else ""
        first = len(self._paragraphs[-1].pieces) if self._paragraphs else 0
        self._runs.append(
            _OdtRun(tuple(kinds), reason, style.is_raised, links.target(event), len(self._paragraphs), first)
        )

    def _end_run(self) -> None:
        run = self._runs.pop()
        if not self._paragraphs or not (run.reason or run.is_raised):
            return
        paragraph = self._paragraphs[-1]
        pieces = paragraph.pieces[run.first :]
        if any(FORMULA in piece.kinds for piece in pieces):
            return
        del paragraph.pieces[run.first :]
        texts = [piece for piece in pieces if not piece.is_mark]
        text = "".join(piece.text for piece in texts)
        if run.reason:
            self._builder.leave_out(BlockKind.PARAGRAPH, run.reason, text)
            paragraph.pieces += [piece for piece in pieces if piece.anchor]
            return
        raised = superscript_text(paragraph.text_before(), text)
        paragraph.pieces += [piece for piece in pieces if piece.is_mark]  # the text is behind them, to be closed up
        paragraph.pieces.append(replace(texts[0], text=raised) if texts else Piece(raised))

    def _add_text(self, text: str) -> None:
        if self._skipped:
            note = self._notes[-1] if self._notes else None
            if self._is_in_mark and note is not None:
                note.mark = (note.mark + text)[:MAX_MARK_CHARACTERS]
            return
        if self._description is not None:
            self._description.append(text)
        elif self._paragraphs:
            paragraph = self._paragraphs[-1]
            kinds = tuple(dict.fromkeys(kind for run in self._runs for kind in run.kinds))
            targets = [run.link for run in self._runs if run.link and run.depth == len(self._paragraphs)][-1:]
            languages = [kind for kind in kinds if kind.startswith(LANGUAGE_PREFIX)][-1:]
            if not languages and paragraph.language:
                languages = [f"{LANGUAGE_PREFIX}{paragraph.language}"]
            others = [kind for kind in kinds if not kind.startswith(LANGUAGE_PREFIX)]
            paragraph.pieces.append(Piece(text, (*others, *languages), "".join(targets)))
            tag = languages[0].removeprefix(LANGUAGE_PREFIX) if languages else ""
            self._letters_by_language[tag] += sum(map(str.isalpha, text))


def _is_skipped(event: XmlEvent) -> bool:
    name = event.local_name
    return name in _SKIPPED or (name in _SKIPPED_METADATA and not event.value.startswith(_TEXT_NAMESPACE))


def _is_formula(paragraph: OdtParagraph) -> bool:
    pieces = [piece for piece in paragraph.pieces if piece.text.strip()]
    return bool(pieces) and all(FORMULA in piece.kinds for piece in pieces)


def _count(event: XmlEvent, name: str) -> int:
    value = event.attribute(name)
    return min(max(int(value[:6]), 1), MAX_COLUMNS) if value.isdecimal() else 1
