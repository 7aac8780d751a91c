"""Lines → paragraphs: which lines belong together, and how they are joined.

A page shows a new paragraph by space above it, by an indent, by another font size, or only by a short last line. All
four are checked, because each publisher prefers another. The end of a page or column is none of them: the paragraph
continues.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import combining

from chalicelib.extraction.cleanup import LINE_END_HYPHEN, strip_leaders
from chalicelib.extraction.pdf.layout import Line, Page
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, Paragraph, RunningText

PARAGRAPH_GAP = 1.18  # times the usual line gap of this font size; LaTeX stretches its paragraph gaps to 1.2 at least
DEFAULT_GAP = 1.5  # times the font size, if a font size is too rare to have a usual line gap
OTHER_SIZE = 0.08  # of the font size: type that differs by more is a heading, or text after one,
MIXED_SIZE = 0.2  # or, up to here, another typeface within a sentence
INDENT = 0.8  # times the font size
MAX_USUAL_GAP = 2.5  # times the font size: double spacing is 2.3; lines further apart are paragraphs of one line
MIN_GAP_COUNT = 3  # occurrences that make a line gap the usual one

_SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]」』]*$")
_BULLET = re.compile(r"[•▪▫◦‣●○■□➢✓✔⁃–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|[A-Z]\.)\s+\S")
_CAPITAL_START = re.compile(r"[\"'“‘«(\[]*[A-Z\d]")
_HYPHENS = (LINE_END_HYPHEN, "-", "\u2010")
_COMPOUND_PREFIXES = frozenset({"self", "half", "well"})  # of English compounds; the suffix of "self-ish" is too short
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_IDEOGRAPH = re.compile(r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(slots=True)
class _PositionedLine:
    """A line and its surroundings. `column` counts the columns of all pages; `right_edge` is where its full lines end."""

    line: Line
    page_index: int
    column: int
    text: str
    is_contents_entry: bool
    right_edge: float = 0.0


def to_paragraphs(pages: Sequence[Page]) -> RunningText:
    """Join the pages to one text of paragraphs. Words divided at the end of a line are joined again."""
    lines = list(_position_lines(pages))
    gaps = _usual_line_gaps(lines)
    builder = _TextBuilder(_count_words(lines))
    for index, line in enumerate(lines):
        before = lines[index - 1] if index else None
        after = lines[index + 1] if index + 1 < len(lines) else None
        is_new = before is None or _starts_paragraph(before, line, after, builder.first_line or before, gaps)
        builder.add(line, is_new=is_new)
    return builder.finish(len(pages))


def _count_words(lines: list[_PositionedLine]) -> Counter[str]:
    """Count each word of the text, except the halves of divided words."""
    counts: Counter[str] = Counter()
    is_divided = False
    for line in lines:
        words = [match.group().casefold() for match in _WORD.finditer(line.text)]
        if is_divided:
            words = words[1:]
        is_divided = line.text.endswith(_HYPHENS)
        counts.update(words[:-1] if is_divided else words)
    return counts


# ---- positions ----


def _position_lines(pages: Sequence[Page]) -> Iterator[_PositionedLine]:
    column_number = 0
    for page_index, page in enumerate(pages):
        column: list[_PositionedLine] = []
        for line in page.lines:
            text, is_contents_entry = strip_leaders(line.text)
            if column and line.baseline > column[-1].line.baseline + line.font_size / 2:
                yield from _set_right_edge(column)
                column = []
                column_number += 1
            column.append(_PositionedLine(line, page_index, column_number, text, is_contents_entry))
        yield from _set_right_edge(column)
        column_number += 1


def _set_right_edge(column: list[_PositionedLine]) -> list[_PositionedLine]:
    right_ends = sorted(positioned.line.right for positioned in column)
    for positioned in column:
        # The longest tenth may stick out: a rule, a table, a heading.
        positioned.right_edge = right_ends[(len(right_ends) * 9 - 1) // 10]
    return column


def _usual_line_gaps(lines: list[_PositionedLine]) -> dict[float, float]:
    """Return the most common line gap of each font size."""
    counts: dict[float, Counter[float]] = {}
    for upper, lower in pairwise(lines):
        gap = round((upper.line.baseline - lower.line.baseline) * 2) / 2
        is_possible = 0 < gap <= MAX_USUAL_GAP * lower.line.font_size
        if upper.column == lower.column and is_possible and not _is_other_size(upper.line, lower.line):
            counts.setdefault(round(lower.line.font_size), Counter())[gap] += 1
    usual_gaps = {}
    for font_size, gap_counts in counts.items():
        gap, count = gap_counts.most_common(1)[0]
        if count >= MIN_GAP_COUNT:
            usual_gaps[float(font_size)] = gap
    return usual_gaps


def _is_other_size(line: Line, other: Line) -> bool:
    return _differs(line, other, OTHER_SIZE)


def _differs(line: Line, other: Line, share: float) -> bool:
    return abs(line.font_size - other.font_size) > share * max(line.font_size, other.font_size)


# ---- paragraph starts ----


def _starts_paragraph(
    before: _PositionedLine,
    current: _PositionedLine,
    after: _PositionedLine | None,
    first: _PositionedLine,
    gaps: dict[float, float],
) -> bool:
    """Return True if `current` starts a paragraph. `first` is the first line of the paragraph that `before` is in."""
    above, line = before.line, current.line
    if above.is_standalone or line.is_standalone:
        return True
    if before.column == current.column and abs(above.baseline - line.baseline) < line.font_size / 3:
        return False  # fragments of one row
    if before.is_contents_entry or _BULLET.match(line.text):
        return True
    below = after.line if after is not None and after.column == current.column else None
    indent = INDENT * line.font_size
    ended_early = _ended_early(before, current)
    if _is_other_size(above, line) and (ended_early or _differs(above, line, MIXED_SIZE) or _ends_sentence(above.text)):
        return True
    if before.column != current.column:
        if below is not None and line.left - below.left > indent:
            return True
        return ended_early and (_ends_sentence(above.text) or _looks_like_start(line.text))
    if above.baseline - line.baseline > PARAGRAPH_GAP * gaps.get(round(line.font_size), DEFAULT_GAP * line.font_size):
        return True
    if line.left - above.left > indent:
        following = after if below is not None else None
        return _indent_starts_paragraph(before, current, following, ended_early=ended_early)
    if above.left - line.left > indent and before is not first:
        is_next_entry = abs(first.line.left - line.left) < indent / 2  # of a list with hanging indents
        return is_next_entry or _ends_sentence(above.text)
    return ended_early and (_ends_sentence(above.text) or _looks_like_start(line.text))


def _indent_starts_paragraph(
    before: _PositionedLine, current: _PositionedLine, after: _PositionedLine | None, *, ended_early: bool
) -> bool:
    """Return True if a line indented further than the one above starts a paragraph.

    Otherwise it continues a list entry with a hanging indent.
    """
    if _BULLET.match(before.line.text) or _NUMBERED.match(before.line.text):
        return ended_early and _ends_sentence(before.text)
    if after is None:
        return ended_early or _ends_sentence(before.text)
    is_indented_alone = current.line.left - after.line.left > INDENT * current.line.font_size
    return ended_early or (is_indented_alone and not _ended_early(current, after))


def _ended_early(before: _PositionedLine, current: _PositionedLine) -> bool:
    """Return True if the first word of `current` would have fitted into the line above."""
    if before.text.endswith(_HYPHENS):
        return False
    line = current.line
    character_width = (line.right - line.left) / max(len(line.text), 1)
    word_length = 1 if _IDEOGRAPH.match(line.text) else len(line.text.split(" ", 1)[0])
    return before.right_edge - before.line.right > (word_length + 1.5) * character_width


def _ends_sentence(text: str) -> bool:
    return _SENTENCE_END.search(text) is not None


def _looks_like_start(text: str) -> bool:
    return _CAPITAL_START.match(text) is not None or _NUMBERED.match(text) is not None


# ---- joining lines ----


class _TextBuilder:
    """Collects the text. Offsets are taken while it grows, so that they cannot drift from it."""

    def __init__(self, word_counts: Counter[str]) -> None:
        self._word_counts = word_counts
        self._parts: list[str] = []
        self._length = 0
        self._running_text = RunningText()
        self._open_paragraph: tuple[int, _PositionedLine] | None = None  # its offset and first line

    @property
    def first_line(self) -> _PositionedLine | None:
        """First line of the current paragraph."""
        return self._open_paragraph[1] if self._open_paragraph else None

    def add(self, line: _PositionedLine, *, is_new: bool) -> None:
        text = _BULLET.sub("", line.text, count=1) if is_new and _BULLET.match(line.text) else line.text
        if is_new:
            self._end_paragraph()
            self._append(PARAGRAPH_BREAK if self._length else "")
            self._open_paragraph = (self._length, line)
            self._start_pages(line.page_index, self._length)
            self._append(text)
            return
        is_divided = self._join(text)
        # A word divided by the end of a page belongs whole to the page it starts on.
        word, space, _ = text.partition(" ")
        self._start_pages(line.page_index, self._length + (len(word) + len(space) if is_divided else 0))
        self._append(text)

    def finish(self, page_count: int) -> RunningText:
        self._end_paragraph()
        self._running_text.text = "".join(self._parts)
        self._start_pages(page_count - 1, self._length)
        self._running_text.page_starts[0:1] = [0] if page_count else []
        return self._running_text

    def _start_pages(self, last_index: int, offset: int) -> None:
        while len(self._running_text.page_starts) <= last_index:
            self._running_text.page_starts.append(offset)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _end_paragraph(self) -> None:
        self._replace_line_end_hyphen()
        if self._open_paragraph is not None:
            start, first = self._open_paragraph
            self._running_text.paragraphs.append(
                Paragraph(start, self._length, first.page_index, first.line.baseline, first.line.font_size)
            )

    def _replace_line_end_hyphen(self) -> None:
        """Replace a line-end hyphen that divides no word with a plain one."""
        if self._parts and self._parts[-1].endswith(LINE_END_HYPHEN):
            self._parts[-1] = self._parts[-1][:-1] + "-"

    def _join(self, following: str) -> bool:
        """Prepare the end of the text for `following`; return True if both share a word."""
        last = self._parts[-1]
        if last.endswith(_HYPHENS) and last[-2:-1].isalpha() and following[:1].isalpha():
            drops_hyphen = following[:1].islower() and not self._is_compound(last[:-1], following)
            self._parts[-1] = last[:-1] + ("" if drops_hyphen else "-")
            self._length -= 1 if drops_hyphen else 0
            return True
        self._replace_line_end_hyphen()
        last = self._parts[-1]
        if last.endswith(("-", "—")) and last[-2:-1].strip() and following[:1].isalnum():
            return True
        needs_no_space = _IDEOGRAPH.match(last[-1:]) and _IDEOGRAPH.match(following)
        if not needs_no_space or combining(following[0]):  # an accent would change the last character of the line above
            self._append(" ")
        return False

    def _is_compound(self, before: str, after: str) -> bool:
        """Return True if the word keeps its hyphen.

        It is written with one elsewhere, or it never occurs as one word while both halves occur alone.
        """
        left = _WORD.match(before[::-1])  # a word read backwards is still a word
        right = _WORD.match(after)
        if left is None or right is None:
            return False
        head, tail = left.group()[::-1].casefold(), right.group().casefold()
        hyphenated, solid = self._word_counts[f"{head}-{tail}"], self._word_counts[head + tail]
        if hyphenated or solid:
            return hyphenated > solid
        if head in _COMPOUND_PREFIXES and len(tail) > 3:
            return True
        return min(len(head), len(tail)) > 2 and self._word_counts[head] > 0 and self._word_counts[tail] > 0
