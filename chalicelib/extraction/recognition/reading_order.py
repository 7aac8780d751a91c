"""Order of recognised lines: Tesseract's, with the fragments put back that it tears out of lines of wide spaces."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from chalicelib.extraction.recognition.model import RecognizedLine

MAX_LINES = 3_000  # of a page whose lines are compared with one another, which takes 1 s; a newspaper page has 1,000
MAX_SPACE = 0.9  # times the font size: wider gaps are between columns or cells,
MAX_CROSSED_SPACE = 3.0  # or, up to here, in a justified line whose neighbours have words there
SAME_BASELINE = 0.35  # times the font size: fragments of one line differ by less, neighbouring lines by more than 1
MAX_LINE_GAP = 2.0  # times the font size: a line that is further above or below is not a neighbour


def merge_fragments(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Insert every line that fits between two words of another one, or continues it after a space, there.

    The earlier place is the line's: Tesseract puts fragments behind the block that they are from.
    No line of another column can: a line has no words on both sides of one, and no neighbour crosses the gap between columns.
    """
    merged = list(lines)
    if len(merged) > MAX_LINES:
        return merged
    index = 0
    while index < len(merged):
        line = merged[index]
        for later in range(index + 1, len(merged)):
            fragment = merged[later]
            host, part = (line, fragment) if len(line.words) >= len(fragment.words) else (fragment, line)
            position = _position(host, part, lines)
            if position is not None:
                words = (*host.words[:position], *part.words, *host.words[position:])
                marks = (*host.footnote_marks, *part.footnote_marks)
                merged[index] = replace(host, words=words, footnote_marks=marks)
                del merged[later]
                break
        else:
            index += 1
    return merged


def _position(line: RecognizedLine, fragment: RecognizedLine, lines: Sequence[RecognizedLine]) -> int | None:
    """Return before which word of the line the fragment fits; None if it does not."""
    if abs(line.baseline - fragment.baseline) > SAME_BASELINE * line.font_size:
        return None
    left, right = fragment.words[0].left, fragment.words[-1].right
    for index, (word, following) in enumerate(pairwise(line.words), 1):
        if word.right <= left and right <= following.left:
            return index
    if left >= line.words[-1].right and _is_space(line.words[-1].right, left, line, lines):
        return len(line.words)
    return 0 if right <= line.words[0].left and _is_space(right, line.words[0].left, line, lines) else None


def _is_space(left: float, right: float, line: RecognizedLine, lines: Sequence[RecognizedLine]) -> bool:
    """Return True if the gap is between words, not between columns: it is narrow, or the lines above and below cross it."""
    if right - left < MAX_SPACE * line.font_size:
        return True
    if right - left > MAX_CROSSED_SPACE * line.font_size:
        return False
    crossings = []
    for direction in (1, -1):
        neighbours = [
            other
            for other in lines
            if SAME_BASELINE < direction * (other.baseline - line.baseline) / line.font_size < MAX_LINE_GAP
            and other.words[0].left < right
            and other.words[-1].right > left
        ]
        if neighbours:
            crossings.append(any(_crosses(other, left, right) for other in neighbours))
    return bool(crossings) and all(crossings)


def _crosses(line: RecognizedLine, left: float, right: float) -> bool:
    """Return True if the line goes on over the whole gap; one of a neighbouring column may begin in it, at an indent."""
    return line.words[0].left < left and line.words[-1].right > right
