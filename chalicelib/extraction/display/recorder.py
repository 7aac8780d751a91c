"""Recorder of a document's structure: what is shown, in the order of the document, while its text is extracted.

Each text of the document gets a number, a *source*, which goes through the cleaning of the text as a span. When the reading text
is complete, the spans say which part of it each source has become, if any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.extraction.display.model import (
    Attributes,
    BlockEnd,
    CloseTag,
    Event,
    OpenTag,
    ShownFormula,
    ShownPicture,
    TextRun,
    UnreadText,
    VoidTag,
)
from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan

SOURCE_PREFIX = "source:"
MAX_BLANK_LINES = 3  # of code, one behind the other
MAX_TEXTS_BETWEEN = 8  # of spaces alone, between two texts
MAX_UNREAD_CHARACTERS = 2_000  # of one text that is shown without being read

Place = tuple[str, str]  # document and fragment
Ranges = Mapping[int, Sequence[tuple[int, int]]]


class _SourceText(NamedTuple):
    number: int
    raw: str


class _SourceCode(NamedTuple):
    number: int
    raw: str


class _SourcePicture(NamedTuple):
    number: int
    digest: str
    description: str


class _SourceFormula(NamedTuple):
    number: int
    mathml: str
    latex: str
    symbols: str


class _Link(NamedTuple):
    place: Place


class _NoteMark(NamedTuple):
    place: Place


_Recorded = Event | _SourceText | _SourceCode | _SourcePicture | _SourceFormula | _Link | _NoteMark


@dataclass(slots=True)
class StructureRecorder:
    """Records elements, texts, pictures and formulas. `anchors` maps places to the indices of blocks."""

    anchors: dict[Place, int] = field(default_factory=dict)
    _recorded: list[_Recorded] = field(default_factory=list)
    _open: list[tuple[str, ...]] = field(default_factory=list)
    _sources: int = 0
    _notes: dict[Place, int] = field(default_factory=dict)
    _open_notes: int = 0

    @property
    def is_in_note(self) -> bool:
        return self._open_notes > 0

    @property
    def depth(self) -> int:
        """The number of `open` that wait for their `close`."""
        return len(self._open)

    def close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            self.close()

    def open(self, *elements: tuple[str, Attributes]) -> None:
        """Begin elements, from the outer to the inner one; `close` ends all of them. None at all keeps the levels."""
        for tag, attributes in elements:
            self._recorded.append(OpenTag(tag, attributes))
            self._open_notes += tag == "aside"
        self._open.append(tuple(tag for tag, _ in elements))

    def open_link(self, place: Place) -> None:
        self._recorded.append(_Link(place))
        self._open.append(("a",))

    def close(self) -> None:
        if not self._open:
            return
        for tag in reversed(self._open.pop()):
            self._recorded.append(CloseTag(tag))
            self._open_notes -= tag == "aside"

    def end_block(self) -> None:
        if self._recorded and not isinstance(self._recorded[-1], BlockEnd):
            self._recorded.append(BlockEnd())

    def break_line(self) -> None:
        self._recorded.append(VoidTag("br"))

    def add_text(self, raw: str) -> str:
        """Record a text that is read; return the kind of its span."""
        number = self._next()
        self._recorded.append(_SourceText(number, raw[:MAX_UNREAD_CHARACTERS]))
        return f"{SOURCE_PREFIX}{number}"

    def add_code(self, raw: str) -> str:
        """Record a text whose blank lines are shown, although they are not read; return the kind of its span."""
        number = self._next()
        self._recorded.append(_SourceCode(number, raw))
        return f"{SOURCE_PREFIX}{number}"

    def add_unread(self, text: str) -> None:
        """Record a text that is shown, but not read."""
        if text := " ".join(text[:MAX_UNREAD_CHARACTERS].split()):
            self._recorded.append(UnreadText(text))

    def add_picture(self, digest: str, description: str) -> str:
        """Record a picture; return the kind of the span of its description."""
        number = self._next()
        self._recorded.append(_SourcePicture(number, digest, description))
        return f"{SOURCE_PREFIX}{number}"

    def add_formula(self, mathml: str, latex: str, symbols: str) -> str:
        """Record a formula in one of these forms; return the kind of the span of its words."""
        number = self._next()
        self._recorded.append(_SourceFormula(number, mathml, latex, symbols))
        return f"{SOURCE_PREFIX}{number}"

    def note_number(self, place: Place) -> str:
        """Return the identity of a note, by the place that its marks lead to."""
        return f"n{self._notes.setdefault(place, len(self._notes) + 1)}"

    def add_note_mark(self, mark: str, place: Place | None, *, is_raised: bool) -> None:
        """Record a note mark. Without a place, it leads nowhere."""
        if not is_raised:
            self._recorded.append(OpenTag("sup"))
        if place is not None:
            self._recorded.append(_NoteMark(place))
        self.add_unread(mark)
        if place is not None:
            self._recorded.append(CloseTag("a"))
        if not is_raised:
            self._recorded.append(CloseTag("sup"))

    def _next(self) -> int:
        self._sources += 1
        return self._sources

    def resolve(
        self, text: str, blocks: Sequence[BlockSpan], sources: Sequence[TextSpan], block_starts: Sequence[int]
    ) -> list[Event]:
        """Return the structure with the offsets of a text. `sources` are the spans of the sources in it."""
        if not self._sources:
            return []
        return _Resolver(self, text, blocks, sources, block_starts).resolve()


class _Resolver:
    def __init__(
        self,
        recorder: StructureRecorder,
        text: str,
        blocks: Sequence[BlockSpan],
        sources: Sequence[TextSpan],
        block_starts: Sequence[int],
    ) -> None:
        self._recorder = recorder
        raw = {source.number: source.raw for source in recorder._recorded if isinstance(source, _SourceText)}
        self._ranges = _ranges(text, sources, raw)
        self._reading_text = text
        covered = _covered(blocks, self._ranges)
        # The first comes last, to be popped.
        self._missing = [block for block, is_covered in zip(blocks, covered, strict=True) if not is_covered][::-1]
        self._block_starts = block_starts
        self._notes = self._note_offsets()
        self._events: list[Event] = []
        self._boundary = 0  # index of the event behind the last block that is in no table
        self._tables = 0

    def resolve(self) -> list[Event]:
        for recorded in self._recorder._recorded:
            match recorded:
                case _SourceText(number, raw):
                    self._text(number, raw)
                case _SourceCode(number, raw):
                    self._code(number, raw)
                case _SourcePicture(number, digest, description):
                    start, end = self._whole(number)
                    self._events.append(ShownPicture(digest, description, start, end))
                case _SourceFormula(number, mathml, latex, symbols):
                    start, end = self._whole(number)
                    self._insert_missing(start)
                    self._events.append(ShownFormula(mathml, latex, symbols, start, end))
                case _Link(place):
                    self._events.append(OpenTag("a", self._target(place)))
                case _NoteMark(place):
                    note = self._recorder._notes.get(place)
                    self._events.append(
                        OpenTag("a", {"data-note": f"n{note}", "data-target": str(self._notes[note])})
                        if note is not None and note in self._notes
                        else OpenTag("a", self._target(place))
                    )
                case _:
                    self._events.append(recorded)
                    self._mark_boundary(recorded)
        self._boundary = len(self._events)
        self._insert_missing(None)
        return self._events

    def _mark_boundary(self, event: Event) -> None:
        if isinstance(event, OpenTag | CloseTag) and event.tag == "table":
            self._tables += 1 if isinstance(event, OpenTag) else -1
        if not self._tables and isinstance(event, BlockEnd | CloseTag):
            self._boundary = len(self._events)

    def _text(self, number: int, raw: str) -> None:
        ranges = self._ranges.get(number)
        if ranges is None:
            if any(map(str.isalnum, raw)):  # a header of a table's column, or a note mark without a link
                self._events.append(UnreadText(" ".join(raw.split())))
            return
        for start, end in ranges:
            if end > start:
                self._insert_missing(start)
                if raw[:1].isspace() and self._is_behind_unread() and not self._reading_text[start].isspace():
                    self._events.append(UnreadText(" "))
                self._add_run(start, end)

    def _code(self, number: int, raw: str) -> None:
        """Add the lines of code, with the blank lines between them if it is clear where they were."""
        start, end = self._whole(number)
        self._insert_missing(start)
        lines = self._reading_text[start:end].split("\n")
        blank = _blank_lines(raw)
        if len(blank) != len(lines):
            blank = [0] * len(lines)
        begin = position = start
        for count, line in zip(blank, lines, strict=True):
            if count and position > begin:
                self._events += (TextRun(begin, position), UnreadText("\n" * count))
                begin = position
            position += len(line) + 1
        if end > begin:
            self._events.append(TextRun(begin, end))

    def _add_run(self, start: int, end: int) -> None:
        last = self._events[-1] if self._events else None
        if isinstance(last, TextRun) and last.end == start:
            self._events[-1] = TextRun(last.start, end)
        else:
            self._events.append(TextRun(start, end))

    def _is_behind_unread(self) -> bool:
        content = (event for event in self._events[:-5:-1] if not isinstance(event, OpenTag | CloseTag))
        return isinstance(next(content, None), UnreadText)

    def _whole(self, number: int) -> tuple[int, int]:
        ranges = self._ranges.get(number) or [(0, 0)]
        return ranges[0][0], ranges[-1][1]

    def _insert_missing(self, before: int | None) -> None:
        """Insert the blocks before an offset that nothing shows: scene breaks, and the sizes of tables."""
        added: list[Event] = []
        while self._missing and (before is None or self._missing[-1].start < before):
            block = self._missing.pop()
            if block.kind is BlockKind.SCENE_BREAK:
                added.append(VoidTag("hr", block.start, block.end))
            else:
                added += (OpenTag("p"), TextRun(block.start, block.end), CloseTag("p"))
        self._events[self._boundary : self._boundary] = added
        self._boundary += len(added)

    def _target(self, place: Place) -> Attributes:
        index = self._recorder.anchors.get(place, self._recorder.anchors.get((place[0], "")))
        if index is None or index >= len(self._block_starts):
            return {}
        return {"data-target": str(self._block_starts[index])}

    def _note_offsets(self) -> dict[int, int]:
        """Return the offset of each note that is in the text."""
        offsets: dict[int, int] = {}
        note: int | None = None
        for recorded in self._recorder._recorded:
            if isinstance(recorded, OpenTag) and recorded.tag == "aside":
                note = int(recorded.attributes["data-note-id"][1:])
            elif isinstance(recorded, _SourceText) and note is not None and self._ranges.get(recorded.number):
                offsets.setdefault(note, self._ranges[recorded.number][0][0])
                note = None
        return offsets


def _ranges(text: str, sources: Sequence[TextSpan], raw: Mapping[int, str]) -> Ranges:
    """Return the parts of the text by source. `raw` are the texts of the document.

    The space between two parts belongs to the text that it was written in, if there is one.
    """
    ranges: dict[int, list[tuple[int, int]]] = {}
    position, previous = 0, -1
    for span in sorted(sources, key=lambda span: (span.start, span.end)):
        number = int(span.kind.removeprefix(SOURCE_PREFIX))
        start = max(span.start, position) if span.end > position else span.start
        if start == position + 1 and text[position] == " ":
            owner = _owner_of_space(previous, number, raw)
            if owner == number:
                start -= 1
            elif owner == previous:
                ranges[previous][-1] = (ranges[previous][-1][0], start)
            elif owner is not None:
                ranges[owner] = [(position, start)]
        ranges.setdefault(number, []).append((start, max(start, span.end)))
        if span.end > position:
            position, previous = span.end, number
    return ranges


def _owner_of_space(previous: int, number: int, raw: Mapping[int, str]) -> int | None:
    """Return the text that has the space between two sources. Pictures and formulas have none."""
    if raw.get(previous, "")[-1:].isspace():
        return previous
    between = range(previous + 1, min(number, previous + 1 + MAX_TEXTS_BETWEEN))
    blank = next((other for other in between if raw.get(other, "x").isspace()), None)
    if blank is not None or raw.get(number, "")[:1].isspace():
        return number if blank is None else blank
    return previous if previous in raw else number if number in raw else None


def _blank_lines(raw: str) -> list[int]:
    """Return of each line of code that is not blank how many blank lines are before it."""
    counts: list[int] = []
    count = 0
    for line in raw.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.strip():
            counts.append(min(count, MAX_BLANK_LINES))
            count = 0
        else:
            count += 1
    return counts


def _covered(blocks: Sequence[BlockSpan], ranges: Ranges) -> list[bool]:
    """Return whether each block is shown, at least in part."""
    starts = sorted(start for parts in ranges.values() for start, end in parts if end > start)
    covered = []
    index = 0
    for block in blocks:
        while index < len(starts) and starts[index] < block.start:
            index += 1
        covered.append(index < len(starts) and starts[index] < block.end)
    return covered
