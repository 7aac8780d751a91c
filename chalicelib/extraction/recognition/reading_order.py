"""Order of recognised lines: Tesseract's, with the fragments put back that it tears out of lines of wide spaces."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from chalicelib.extraction.recognition.model import RecognizedLine

MAX_SPACE = 0.9  # times the font size: wider gaps are between columns or cells
SAME_BASELINE = 0.35  # times the font size: fragments of one line differ by less, neighbouring lines by more than 1


def merge_fragments(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Insert every line that fits between two words of another one, or continues it after a space, there.

    No line of another column can: a line has no words on both sides of one, and the gap between columns is wider.
    """
    merged = list(lines)
    for fragment in sorted(lines, key=lambda line: len(line.words)):
        others = [index for index, line in enumerate(merged) if line is not fragment]
        target = next((index for index in others if _position(merged[index], fragment) is not None), None)
        if target is not None and fragment in merged:
            position = _position(merged[target], fragment) or 0
            words = merged[target].words
            merged[target] = replace(merged[target], words=(*words[:position], *fragment.words, *words[position:]))
            merged.remove(fragment)
    return merged


def _position(line: RecognizedLine, fragment: RecognizedLine) -> int | None:
    """Return before which word of the line the fragment fits; None if it does not."""
    if abs(line.baseline - fragment.baseline) > SAME_BASELINE * line.font_size:
        return None
    left, right = fragment.words[0].left, fragment.words[-1].right
    for index, (word, following) in enumerate(pairwise(line.words), 1):
        if word.right <= left and right <= following.left:
            return index
    if 0 <= left - line.words[-1].right < MAX_SPACE * line.font_size:
        return len(line.words)
    return 0 if 0 <= line.words[0].left - right < MAX_SPACE * line.font_size else None
