"""Parts of a text that are not said, because the listener skips them."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.speech.normalization.model import Replacement, SpokenText

_BRACKETS = {"(": ")", "[": "]"}
_SPACES = " \t\u00a0"
_AFTER_SPACE = frozenset(".,;:!?)]…")  # no space is left before these


def leave_out(text: str, spoken: SpokenText, ranges: Sequence[tuple[int, int]]) -> SpokenText:
    """Return what is said without these parts of a text, which are in order and do not overlap.

    Their brackets and the space before them go, too. What else was to be said for a part of them is not.
    """
    parts = [Replacement(*with_brackets(text, start, end), "") for start, end in ranges]
    kept = [
        replacement
        for replacement in spoken.replacements
        if not any(replacement.start < part.end and replacement.end > part.start for part in parts)
    ]
    return SpokenText.of(text, sorted((*kept, *parts)))


def with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a range with the brackets that hold nothing else, and with a space where two would meet."""
    if start > 0 and end < len(text) and _BRACKETS.get(text[start - 1]) == text[end]:
        start, end = start - 1, end + 1
    follows_space = start > 0 and text[start - 1] in _SPACES
    if follows_space and (end == len(text) or text[end].isspace() or text[end] in _AFTER_SPACE):
        start -= 1
    elif start == 0 and end < len(text) and text[end] in _SPACES:
        end += 1
    return start, end
