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

from chalicelib.extraction.cleanup import HYPHEN, without_leaders
from chalicelib.extraction.pdf.layout import Line, Sheet

BREAK = "\n\n"
WIDE_GAP = 1.18  # times the usual distance of lines of this size; LaTeX stretches its paragraph gaps to 1.2 at least
USUAL_GAP = 1.5  # times the size, where a size of type is too rare to have a usual distance
OTHER_SIZE = 0.08  # of the size: type that differs by more is a heading or its text,
MIXED_SIZE = 0.2  # or, up to here, another typeface within a sentence
INDENT = 0.8  # times the size
WIDEST_USUAL_GAP = 2.5  # times the size: double spacing is 2.3; lines further apart are paragraphs of one line
COMMON_GAP = 3  # times a distance must occur to be the usual one

_SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]」』]*$")
_BULLET = re.compile(r"[•▪▫◦‣●○■□➢✓✔⁃–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|[A-Z]\.)\s+\S")
_OPENS = re.compile(r"[\"'“‘«(\[]*[A-Z\d]")
_DIVISIONS = (HYPHEN, "-", "\u2010")
_FIRST_HALVES = frozenset({"self", "half", "well"})  # of English compounds; "self-ish" is too short to be one
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_IDEOGRAPH = re.compile(r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Where a paragraph stands in the text, and where it began on paper."""

    start: int
    end: int
    sheet: int
    base: float
    size: float


@dataclass(slots=True)
class Flow:
    """The running text. `starts[k]`: where sheet k begins in it, at the start of a word; never before sheet k - 1
    does.
    """

    text: str = ""
    starts: list[int] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class _Placed:
    """A line with what is known of its surroundings. `block`: a column of one page; `right_edge`: where its full
    lines end.
    """

    line: Line
    sheet: int
    block: int
    text: str
    listed: bool
    right_edge: float = 0.0


def flow(sheets: Sequence[Sheet]) -> Flow:
    """The sheets as one text of paragraphs. Words that were divided at a line's end are whole again."""
    placed = list(_place(sheets))
    words = _whole_words(placed)
    gaps = _usual_gaps(placed)
    building = _Builder(words)
    for index, each in enumerate(placed):
        before = placed[index - 1] if index else None
        after = placed[index + 1] if index + 1 < len(placed) else None
        is_new = before is None or _begins(before, each, after, building.first or before, gaps)
        building.add(each, is_new=is_new)
    return building.finish(len(sheets))


def _whole_words(placed: list[_Placed]) -> Counter[str]:
    """How often each word occurs, pieces of divided words left out."""
    words: Counter[str] = Counter()
    divided = False
    for each in placed:
        found = [match.group().casefold() for match in _WORD.finditer(each.text)]
        here = found[1:] if divided else found
        divided = each.text.endswith(_DIVISIONS)
        words.update(here[:-1] if divided else here)
    return words


# ---- where lines stand ----


def _place(sheets: Sequence[Sheet]) -> Iterator[_Placed]:
    block = 0
    for number, sheet in enumerate(sheets):
        column: list[_Placed] = []
        for line in sheet.lines:
            text, listed = without_leaders(line.text)
            if column and line.base > column[-1].line.base + line.size / 2:
                yield from _with_edge(column)
                column = []
                block += 1
            column.append(_Placed(line, number, block, text, listed))
        yield from _with_edge(column)
        block += 1


def _with_edge(column: list[_Placed]) -> list[_Placed]:
    rights = sorted(each.line.right for each in column)
    for each in column:
        each.right_edge = rights[
            (len(rights) * 9 - 1) // 10
        ]  # the longest tenth may stick out: a rule, a table, a head
    return column


def _usual_gaps(placed: list[_Placed]) -> dict[float, float]:
    """For each size of type, the distance of lines that occurs most."""
    counts: dict[float, Counter[float]] = {}
    for upper, lower in pairwise(placed):
        gap = round((upper.line.base - lower.line.base) * 2) / 2
        possible = 0 < gap <= WIDEST_USUAL_GAP * lower.line.size
        if upper.block == lower.block and possible and not _other_size(upper.line, lower.line):
            counts.setdefault(round(lower.line.size), Counter())[gap] += 1
    usual = {}
    for size, gaps in counts.items():
        gap, times = gaps.most_common(1)[0]
        if times >= COMMON_GAP:
            usual[float(size)] = gap
    return usual


def _other_size(line: Line, other: Line) -> bool:
    return _differs(line, other, OTHER_SIZE)


def _differs(line: Line, other: Line, share: float) -> bool:
    return abs(line.size - other.size) > share * max(line.size, other.size)


# ---- whether a paragraph begins ----


def _begins(before: _Placed, here: _Placed, after: _Placed | None, first: _Placed, gaps: dict[float, float]) -> bool:
    """Whether `here` begins a paragraph. `first` is the first line of the one that `before` is in."""
    above, line = before.line, here.line
    if above.alone or line.alone:
        return True
    if before.block == here.block and abs(above.base - line.base) < line.size / 3:
        return False  # the same row, set in pieces
    if before.listed or _BULLET.match(line.text):
        return True
    follows = after.line if after is not None and after.block == here.block else None
    indent = INDENT * line.size
    ended = _ended_early(before, here)
    if _other_size(above, line) and (ended or _differs(above, line, MIXED_SIZE) or _SENTENCE_END.search(above.text)):
        return True
    if before.block != here.block:
        if follows is not None and line.left - follows.left > indent:
            return True
        return ended and (_SENTENCE_END.search(above.text) is not None or _opens(line.text))
    if above.base - line.base > WIDE_GAP * gaps.get(round(line.size), USUAL_GAP * line.size):
        return True
    if line.left - above.left > indent:
        return _indent_begins(before, here, after if follows is not None else None, ended)
    if above.left - line.left > indent and before is not first:
        hangs = abs(first.line.left - line.left) < indent / 2  # a list whose entries hang, and this is the next one
        return hangs or _SENTENCE_END.search(above.text) is not None
    return ended and (_SENTENCE_END.search(above.text) is not None or _opens(line.text))


def _indent_begins(before: _Placed, here: _Placed, after: _Placed | None, ended: bool) -> bool:
    """Whether a line that stands further right than the one above begins a paragraph, or continues an entry that
    hangs.
    """
    if _BULLET.match(before.line.text) or _NUMBERED.match(before.line.text):
        return ended and _SENTENCE_END.search(before.text) is not None
    if after is None:
        return ended or _SENTENCE_END.search(before.text) is not None
    goes_back = here.line.left - after.line.left > INDENT * here.line.size
    return ended or (goes_back and not _ended_early(here, after))


def _ended_early(before: _Placed, here: _Placed) -> bool:
    """Whether the first word of this line would have fitted into the one above, which therefore ended on purpose."""
    if before.text.endswith(_DIVISIONS):
        return False
    line = here.line
    width = (line.right - line.left) / max(len(line.text), 1)
    word = 1 if _IDEOGRAPH.match(line.text) else len(line.text.split(" ", 1)[0])
    return before.right_edge - before.line.right > (word + 1.5) * width


def _opens(text: str) -> bool:
    return _OPENS.match(text) is not None or _NUMBERED.match(text) is not None


# ---- putting lines together ----


class _Builder:
    """Collects the text. Offsets are taken while it grows, so they cannot drift from it."""

    def __init__(self, words: Counter[str]) -> None:
        self._words = words
        self._parts: list[str] = []
        self._length = 0
        self._flow = Flow()
        self._begun: tuple[int, _Placed] | None = None

    @property
    def first(self) -> _Placed | None:
        """The first line of the current paragraph."""
        return self._begun[1] if self._begun else None

    def add(self, placed: _Placed, *, is_new: bool) -> None:
        text = _BULLET.sub("", placed.text, count=1) if is_new and _BULLET.match(placed.text) else placed.text
        if is_new:
            self._end_paragraph()
            self._append(BREAK if self._length else "")
            self._begun = (self._length, placed)
            self._open_sheets(placed.sheet, self._length)
            self._append(text)
            return
        divided = self._glue(text)
        # A word divided by the end of a page belongs whole to the page it begins on.
        head, space, _ = text.partition(" ")
        self._open_sheets(placed.sheet, self._length + (len(head) + len(space) if divided else 0))
        self._append(text)

    def finish(self, sheet_count: int) -> Flow:
        self._end_paragraph()
        self._flow.text = "".join(self._parts)
        self._open_sheets(sheet_count - 1, self._length)
        self._flow.starts[0:1] = [0] if sheet_count else []
        return self._flow

    def _open_sheets(self, last: int, offset: int) -> None:
        while len(self._flow.starts) <= last:
            self._flow.starts.append(offset)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _end_paragraph(self) -> None:
        self._drop_hyphen()
        if self._begun is not None:
            start, placed = self._begun
            self._flow.paragraphs.append(
                Paragraph(start, self._length, placed.sheet, placed.line.base, placed.line.size)
            )

    def _drop_hyphen(self) -> None:
        """A division sign with nothing to join to becomes a plain hyphen."""
        if self._parts and self._parts[-1].endswith(HYPHEN):
            self._parts[-1] = self._parts[-1][:-1] + "-"

    def _glue(self, following: str) -> bool:
        """Prepare the end of the text for what follows; whether the two share a word."""
        last = self._parts[-1]
        if last.endswith(_DIVISIONS) and last[-2:-1].isalpha() and following[:1].isalpha():
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
        if head in _FIRST_HALVES and len(tail) > 3:
            return True
        return min(len(head), len(tail)) > 2 and self._words[head] > 0 and self._words[tail] > 0
