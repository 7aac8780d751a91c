"""Lines → paragraphs: which line goes on in the next one, and how they are put together.

Paper shows a new paragraph by space above it, by an indent, by another size of type, or only by a last line that ends
early. All four are looked at, because each publisher has their own. A page or column that ends is none of them: the
paragraph goes on.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import combining

from chalicelib.extraction.cleanup import LINE_END_HYPHEN, strip_leaders
from chalicelib.extraction.pdf.layout import Line, Page

PARAGRAPH_BREAK = "\n\n"
PARAGRAPH_GAP = (
    1.18  # times the usual distance of lines of this size; LaTeX stretches its paragraph gaps to 1.2 at least
)
DEFAULT_GAP = 1.5  # times the size, where a size of type is too rare to have a usual distance
OTHER_SIZE = 0.08  # of the size: type that differs by more is a heading or its text,
MIXED_SIZE = 0.2  # or, up to here, another typeface within a sentence
INDENT = 0.8  # times the size
MAX_USUAL_GAP = 2.5  # times the size: double spacing is 2.3; lines further apart are paragraphs of one line
MIN_GAP_COUNT = 3  # times a distance must occur to be the usual one

_SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]」』]*$")
_BULLET = re.compile(r"[•▪▫◦‣●○■□➢✓✔⁃–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|[A-Z]\.)\s+\S")
_CAPITAL_START = re.compile(r"[\"'“‘«(\[]*[A-Z\d]")
_HYPHENS = (LINE_END_HYPHEN, "-", "\u2010")
_COMPOUND_PREFIXES = frozenset({"self", "half", "well"})  # of English compounds; "self-ish" is too short to be one
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_IDEOGRAPH = re.compile(r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Where a paragraph stands in the text, and where it began on paper."""

    start: int
    end: int
    page_index: int
    baseline: float
    font_size: float


@dataclass(slots=True)
class RunningText:
    """The running text. `starts[k]`: where sheet k begins in it, at the start of a word; never before sheet k - 1
    does.
    """

    text: str = ""
    page_starts: list[int] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class _PositionedLine:
    """A line with what is known of its surroundings. `block`: a column of one page; `right_edge`: where its full
    lines end.
    """

    line: Line
    page_index: int
    column: int
    text: str
    is_contents_entry: bool
    right_edge: float = 0.0


def to_paragraphs(sheets: Sequence[Page]) -> RunningText:
    """The sheets as one text of paragraphs. Words that were divided at a line's end are whole again."""
    placed = list(_position_lines(sheets))
    words = _count_words(placed)
    gaps = _usual_line_gaps(placed)
    building = _TextBuilder(words)
    for index, each in enumerate(placed):
        before = placed[index - 1] if index else None
        after = placed[index + 1] if index + 1 < len(placed) else None
        is_new = before is None or _starts_paragraph(before, each, after, building.first_line or before, gaps)
        building.add(each, is_new=is_new)
    return building.finish(len(sheets))


def _count_words(placed: list[_PositionedLine]) -> Counter[str]:
    """How often each word occurs, pieces of divided words left out."""
    words: Counter[str] = Counter()
    divided = False
    for each in placed:
        found = [match.group().casefold() for match in _WORD.finditer(each.text)]
        here = found[1:] if divided else found
        divided = each.text.endswith(_HYPHENS)
        words.update(here[:-1] if divided else here)
    return words


# ---- where lines stand ----


def _position_lines(sheets: Sequence[Page]) -> Iterator[_PositionedLine]:
    block = 0
    for number, sheet in enumerate(sheets):
        column: list[_PositionedLine] = []
        for line in sheet.lines:
            text, listed = strip_leaders(line.text)
            if column and line.baseline > column[-1].line.baseline + line.font_size / 2:
                yield from _set_right_edge(column)
                column = []
                block += 1
            column.append(_PositionedLine(line, number, block, text, listed))
        yield from _set_right_edge(column)
        block += 1


def _set_right_edge(column: list[_PositionedLine]) -> list[_PositionedLine]:
    rights = sorted(each.line.right for each in column)
    for each in column:
        each.right_edge = rights[
            (len(rights) * 9 - 1) // 10
        ]  # the longest tenth may stick out: a rule, a table, a head
    return column


def _usual_line_gaps(placed: list[_PositionedLine]) -> dict[float, float]:
    """For each size of type, the distance of lines that occurs most."""
    counts: dict[float, Counter[float]] = {}
    for upper, lower in pairwise(placed):
        gap = round((upper.line.baseline - lower.line.baseline) * 2) / 2
        possible = 0 < gap <= MAX_USUAL_GAP * lower.line.font_size
        if upper.column == lower.column and possible and not _is_other_size(upper.line, lower.line):
            counts.setdefault(round(lower.line.font_size), Counter())[gap] += 1
    usual = {}
    for size, gaps in counts.items():
        gap, times = gaps.most_common(1)[0]
        if times >= MIN_GAP_COUNT:
            usual[float(size)] = gap
    return usual


def _is_other_size(line: Line, other: Line) -> bool:
    return _differs(line, other, OTHER_SIZE)


def _differs(line: Line, other: Line, share: float) -> bool:
    return abs(line.font_size - other.font_size) > share * max(line.font_size, other.font_size)


# ---- whether a paragraph begins ----


def _starts_paragraph(
    before: _PositionedLine,
    here: _PositionedLine,
    after: _PositionedLine | None,
    first: _PositionedLine,
    gaps: dict[float, float],
) -> bool:
    """Whether `here` begins a paragraph. `first` is the first line of the one that `before` is in."""
    above, line = before.line, here.line
    if above.is_standalone or line.is_standalone:
        return True
    if before.column == here.column and abs(above.baseline - line.baseline) < line.font_size / 3:
        return False  # the same row, set in pieces
    if before.is_contents_entry or _BULLET.match(line.text):
        return True
    follows = after.line if after is not None and after.column == here.column else None
    indent = INDENT * line.font_size
    ended = _ended_early(before, here)
    if _is_other_size(above, line) and (ended or _differs(above, line, MIXED_SIZE) or _SENTENCE_END.search(above.text)):
        return True
    if before.column != here.column:
        if follows is not None and line.left - follows.left > indent:
            return True
        return ended and (_SENTENCE_END.search(above.text) is not None or _looks_like_start(line.text))
    if above.baseline - line.baseline > PARAGRAPH_GAP * gaps.get(round(line.font_size), DEFAULT_GAP * line.font_size):
        return True
    if line.left - above.left > indent:
        return _indent_starts_paragraph(before, here, after if follows is not None else None, ended)
    if above.left - line.left > indent and before is not first:
        hangs = abs(first.line.left - line.left) < indent / 2  # a list whose entries hang, and this is the next one
        return hangs or _SENTENCE_END.search(above.text) is not None
    return ended and (_SENTENCE_END.search(above.text) is not None or _looks_like_start(line.text))


def _indent_starts_paragraph(
    before: _PositionedLine, here: _PositionedLine, after: _PositionedLine | None, ended: bool
) -> bool:
    """Whether a line that stands further right than the one above begins a paragraph, or continues an entry that
    hangs.
    """
    if _BULLET.match(before.line.text) or _NUMBERED.match(before.line.text):
        return ended and _SENTENCE_END.search(before.text) is not None
    if after is None:
        return ended or _SENTENCE_END.search(before.text) is not None
    goes_back = here.line.left - after.line.left > INDENT * here.line.font_size
    return ended or (goes_back and not _ended_early(here, after))


def _ended_early(before: _PositionedLine, here: _PositionedLine) -> bool:
    """Whether the first word of this line would have fitted into the one above, which therefore ended on purpose."""
    if before.text.endswith(_HYPHENS):
        return False
    line = here.line
    width = (line.right - line.left) / max(len(line.text), 1)
    word = 1 if _IDEOGRAPH.match(line.text) else len(line.text.split(" ", 1)[0])
    return before.right_edge - before.line.right > (word + 1.5) * width


def _looks_like_start(text: str) -> bool:
    return _CAPITAL_START.match(text) is not None or _NUMBERED.match(text) is not None


# ---- putting lines together ----


class _TextBuilder:
    """Collects the text. Offsets are taken while it grows, so they cannot drift from it."""

    def __init__(self, words: Counter[str]) -> None:
        self._words = words
        self._parts: list[str] = []
        self._length = 0
        self._running_text = RunningText()
        self._open_paragraph: tuple[int, _PositionedLine] | None = None

    @property
    def first_line(self) -> _PositionedLine | None:
        """The first line of the current paragraph."""
        return self._open_paragraph[1] if self._open_paragraph else None

    def add(self, placed: _PositionedLine, *, is_new: bool) -> None:
        text = _BULLET.sub("", placed.text, count=1) if is_new and _BULLET.match(placed.text) else placed.text
        if is_new:
            self._end_paragraph()
            self._append(PARAGRAPH_BREAK if self._length else "")
            self._open_paragraph = (self._length, placed)
            self._start_pages(placed.page_index, self._length)
            self._append(text)
            return
        divided = self._glue(text)
        # A word divided by the end of a page belongs whole to the page it begins on.
        head, space, _ = text.partition(" ")
        self._start_pages(placed.page_index, self._length + (len(head) + len(space) if divided else 0))
        self._append(text)

    def finish(self, sheet_count: int) -> RunningText:
        self._end_paragraph()
        self._running_text.text = "".join(self._parts)
        self._start_pages(sheet_count - 1, self._length)
        self._running_text.page_starts[0:1] = [0] if sheet_count else []
        return self._running_text

    def _start_pages(self, last: int, offset: int) -> None:
        while len(self._running_text.page_starts) <= last:
            self._running_text.page_starts.append(offset)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _end_paragraph(self) -> None:
        self._drop_hyphen()
        if self._open_paragraph is not None:
            start, placed = self._open_paragraph
            self._running_text.paragraphs.append(
                Paragraph(start, self._length, placed.page_index, placed.line.baseline, placed.line.font_size)
            )

    def _drop_hyphen(self) -> None:
        """A division sign with nothing to join to becomes a plain hyphen."""
        if self._parts and self._parts[-1].endswith(LINE_END_HYPHEN):
            self._parts[-1] = self._parts[-1][:-1] + "-"

    def _glue(self, following: str) -> bool:
        """Prepare the end of the text for what follows; whether the two share a word."""
        last = self._parts[-1]
        if last.endswith(_HYPHENS) and last[-2:-1].isalpha() and following[:1].isalpha():
            joined = following[:1].islower() and not self._keeps_hyphen(last[:-1], following)
            self._parts[-1] = last[:-1] + ("" if joined else "-")
            self._length -= 1 if joined else 0
            return True
        self._drop_hyphen()
        last = self._parts[-1]
        if last.endswith(("-", "—")) and last[-2:-1].strip() and following[:1].isalnum():
            return True
        together = _IDEOGRAPH.match(last[-1:]) and _IDEOGRAPH.match(following)
        if not together or combining(following[0]):  # an accent would change the letter that the other line ends in
            self._append(" ")
        return False

    def _keeps_hyphen(self, before: str, after: str) -> bool:
        """Whether this is a compound: written with a hyphen elsewhere, or never as one word and of two that stand
        alone elsewhere.
        """
        left = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*$", before)
        right = _WORD.match(after)
        if left is None or right is None:
            return False
        head, tail = left.group().casefold(), right.group().casefold()
        compound, whole = self._words[f"{head}-{tail}"], self._words[head + tail]
        if compound or whole:
            return compound > whole
        if head in _COMPOUND_PREFIXES and len(tail) > 3:
            return True
        return min(len(head), len(tail)) > 2 and self._words[head] > 0 and self._words[tail] > 0
