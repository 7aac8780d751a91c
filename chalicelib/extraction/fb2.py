"""FictionBook 2 (FB2) → blocks: sections, verse, quotes and tables; each note behind the block that refers to it."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

from chalicelib.extraction import styled_blocks, table_text
from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS, superscript_text
from chalicelib.extraction.inline import CODE, EMPHASIS, LANGUAGE_PREFIX, LINE_BREAK, NoteMark, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.styled_blocks import MAX_HEADING_LEVEL, StyledBlocks
from chalicelib.formats import fb2, xml_events
from chalicelib.formats.xml_events import EventKind, XmlEvent

_NOTES_BODIES = frozenset({"notes", "comments", "footnotes"})
_BLOCKS = frozenset({"p", "v", "title", "subtitle", "stanza", "text-author", "date", "td", "th"})
_CELLS = frozenset({"td", "th"})
_QUOTES = frozenset({"cite", "epigraph"})
_BULLET = "•"
_EMPHASIS = frozenset({"emphasis", "strong"})
MAX_MARK_CHARACTERS = 12


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the annotation of the book and the text of all bodies. Raises FormatError."""
    content = fb2.read_markup(path)
    builder = BlockBuilder(limit)
    builder.show_blocks()
    extractor = _BookExtractor(builder, _read_notes(content))
    for event in xml_events.mixed_events(content, doctype=True):
        if builder.is_truncated:
            break
        extractor.add(event)
    extractor.finish()
    return builder


def _read_notes(content: bytes) -> dict[str, list[str]]:
    """Return the paragraphs of each note by its id, without its title, which repeats the mark."""
    notes: dict[str, list[str]] = defaultdict(list)
    note_id, is_in_notes, is_in_title = "", False, False
    for event in xml_events.mixed_events(content, doctype=True):
        name, is_start = event.local_name, event.kind is EventKind.START
        if event.kind is EventKind.TEXT:
            if note_id and notes[note_id] and not is_in_title:
                notes[note_id][-1] += event.value
        elif name == "body":
            is_in_notes, note_id = is_start and event.attribute("name") in _NOTES_BODIES, ""
        elif name == "title":
            is_in_title = is_start
        elif is_in_notes and name == "section":
            note_id = event.attribute("id") if is_start else ""
        elif note_id and is_start and name in _BLOCKS and not is_in_title:
            notes[note_id].append("")
    return {note_id: paragraphs for note_id, paragraphs in notes.items() if any(map(str.strip, paragraphs))}


@dataclass(slots=True)
class _OpenBlock:
    """The element that is read as one block; `depth` counts the elements around it."""

    name: str
    depth: int
    pieces: list[Piece] = field(default_factory=list)
    notes: list[NoteMark] = field(default_factory=list)
    spans: tuple[int, int] = (1, 1)  # columns and rows of a cell


class _BookExtractor:
    """Adds the blocks of a book to a builder, one event after the other."""

    def __init__(self, builder: BlockBuilder, notes: dict[str, list[str]]) -> None:
        self._builder, self._notes = builder, notes
        self._blocks = StyledBlocks(builder)
        self._added_notes: set[str] = set()
        self._open: list[str] = []
        self._languages: list[str] = []
        self._note_ids: list[str] = []  # of the open sections of a body with notes
        self._is_in_notes = False
        self._block: _OpenBlock | None = None
        self._rows: list[list[RawCell]] = []
        self._raised: list[str] | None = None  # an open superscript
        self._deleted: list[str] | None = None  # open text that is struck through
        self._marks: list[tuple[str, list[str]]] = []  # open links to notes, by the notes' ids, with their texts
        self._links: list[str] = []  # other open links
        self._anchors: list[str] = []  # before the next block

    def add(self, event: XmlEvent) -> None:
        if event.kind is EventKind.TEXT:
            self._add_text(event.value)
        elif event.kind is EventKind.START:
            self._open.append(event.local_name)
            if (name := event.attribute("id")) and not self._is_in_notes:
                self._anchors.append(name)
            self._languages.append(event.attribute("lang"))
            self._start(event.local_name, event)
        else:
            self._end(event.local_name)
            self._open.pop()
            self._languages.pop()

    def finish(self) -> None:
        """Add what is still open."""
        self._blocks.flush()

    # ---- elements ----

    def _start(self, name: str, event: XmlEvent) -> None:
        if name in _BLOCKS and self._block is None:
            self._block = _OpenBlock(name, len(self._open), spans=(_span(event, "colspan"), _span(event, "rowspan")))
            self._block.pieces += [Piece("", anchor=anchor) for anchor in self._anchors]
            self._anchors.clear()
        elif name == "body":
            self._is_in_notes = event.attribute("name") in _NOTES_BODIES
        elif name == "section":
            self._note_ids.append(event.attribute("id") if self._is_in_notes else "")
        elif name == "table":
            self._rows = []
        elif name == "tr":
            self._rows.append([])
        elif name == "image":
            self._add_picture(event.attribute("alt") or event.attribute("title"))
        elif name == "sup":
            self._raised = []
        elif name == "strikethrough":
            self._deleted = []
        elif name == "a":
            self._start_link(event)

    def _end(self, name: str) -> None:
        if self._block is not None and len(self._open) == self._block.depth:
            block, self._block = self._block, None
            self._add_block(block)
        elif name in _BLOCKS:  # a line of a title or a stanza
            self._append(LINE_BREAK)
        elif name == "section":
            self._note_ids.pop()
        elif name == "table":
            self._blocks.add_table(self._rows)
        elif name == "sup" and self._raised is not None:
            text, self._raised = "".join(self._raised), None
            self._append(superscript_text(self._text_before(), text))
        elif name == "strikethrough" and self._deleted is not None:
            text, self._deleted = "".join(self._deleted), None
            self._builder.leave_out(BlockKind.PARAGRAPH, "deleted", text)
        elif name == "a":
            self._end_link()

    def _start_link(self, event: XmlEvent) -> None:
        address = event.attribute("href")
        note_id = address.removeprefix("#")
        if self._block is not None and (event.attribute("type") == "note" or note_id in self._notes or self._marks):
            styled_blocks.close_up_before_mark(self._block.pieces)
            self._marks.append((note_id, []))
        else:
            self._links.append(address)

    def _end_link(self) -> None:
        if not self._marks:
            self._links.pop()
            return
        note_id, texts = self._marks.pop()
        mark = NoteMark("".join("".join(texts).split())[:MAX_MARK_CHARACTERS], note_id)
        if self._block is not None:
            self._block.notes.append(mark)
            self._block.pieces.append(Piece("", note_mark=mark))

    def _add_picture(self, description: str) -> None:
        if self._block is not None:
            self._append(description)
        elif "coverpage" not in self._open:
            self._blocks.add([Piece(description)], BlockKind.FIGURE)

    # ---- text ----

    def _add_text(self, text: str) -> None:
        if self._marks:
            self._marks[-1][1].append(text)
            return
        if self._deleted is not None:
            self._deleted.append(text)
        elif self._raised is not None:
            self._raised.append(text)
        elif self._block is not None:
            self._append(text)
        elif self._open[-2:] == ["title-info", "lang"]:
            self._builder.language = (self._builder.language or "") + text.strip()
        elif "body" in self._open:  # outside of all paragraphs, in books that were written by hand
            self._blocks.add([Piece(text)], BlockKind.PARAGRAPH)

    def _append(self, text: str) -> None:
        if self._block is None or not text:
            return
        kinds = [EMPHASIS] if not _EMPHASIS.isdisjoint(self._open) else []
        kinds += [CODE] if "code" in self._open else []
        kinds += [f"{LANGUAGE_PREFIX}{tag}" for tag in self._languages[::-1] if tag][:1]
        self._block.pieces.append(Piece(text, tuple(kinds), self._links[-1] if self._links else ""))

    def _text_before(self) -> str:
        pieces = self._block.pieces[-ANCHOR_CHARACTERS:] if self._block is not None else []
        return "".join(piece.text for piece in pieces)[-ANCHOR_CHARACTERS:]

    # ---- blocks ----

    def _add_block(self, block: _OpenBlock) -> None:
        if block.name in _CELLS:
            if self._rows:
                self._rows[-1].append(RawCell(block.pieces, block.name == "th", *block.spans))
        elif "description" in self._open:
            if "annotation" in self._open:
                self._blocks.add(block.pieces, BlockKind.FRONT_MATTER)
        elif self._is_in_notes:
            self._add_note_block(block)
        elif block.name in {"title", "subtitle"}:
            level = len(self._note_ids) + (
                1 if self._open[-2:-1] in (["section"], ["body"]) and block.name == "title" else 2
            )
            self._blocks.add(block.pieces, BlockKind.HEADING, min(level, MAX_HEADING_LEVEL))
        elif block.name == "p" and _text(block).lstrip().startswith(_BULLET):  # the format has no lists
            first = next(index for index, piece in enumerate(block.pieces) if piece.text.strip())
            text = block.pieces[first]
            block.pieces[first] = replace(text, text=text.text.lstrip(f"{_BULLET}\u00a0 "))
            self._blocks.add(block.pieces, BlockKind.LIST_ITEM)
        else:
            self._blocks.add(block.pieces, self._kind(block))
        for mark in block.notes:
            self._add_note(mark)

    def _kind(self, block: _OpenBlock) -> BlockKind:
        if block.name in {"stanza", "v"}:
            return BlockKind.VERSE
        if block.pieces and all(CODE in piece.kinds for piece in block.pieces if piece.text.strip()):
            return BlockKind.CODE
        return BlockKind.PARAGRAPH if _QUOTES.isdisjoint(self._open) else BlockKind.QUOTE

    def _add_note_block(self, block: _OpenBlock) -> None:
        """Add a paragraph of a note that no block refers to. The titles repeat the marks."""
        if block.name == "title":
            self._builder.leave_out(BlockKind.HEADING, "navigation", _text(block))
        elif self._added_notes.isdisjoint(self._note_ids):
            self._blocks.add(block.pieces, BlockKind.FOOTNOTE)

    def _add_note(self, mark: NoteMark) -> None:
        paragraphs = self._notes.get(mark.note)
        if not paragraphs or mark.note in self._added_notes:
            return
        self._added_notes.add(mark.note)
        self._blocks.begin_note(mark.note)
        shown_mark = [Piece("", note_mark=NoteMark(mark.text))]
        for paragraph in paragraphs:
            self._blocks.add([*shown_mark, Piece(paragraph)], BlockKind.FOOTNOTE)
            shown_mark = []
        self._blocks.end_note()


def _span(event: XmlEvent, name: str) -> int:
    value = event.attribute(name)
    return min(max(int(value), 1), table_text.MAX_COLUMNS) if value.isdecimal() and len(value) < 9 else 1


def _text(block: _OpenBlock) -> str:
    return "".join(piece.text for piece in block.pieces)
