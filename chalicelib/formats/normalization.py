"""Unicode normalization of untrusted text, in time that grows with its length."""

import re
from unicodedata import category, normalize

# Of one letter. Unicode's Stream-Safe Text Format (UAX #15) has this limit; no spelling comes near it.
MAX_MARKS = 30
_POSSIBLY_MANY_MARKS = re.compile(rf"[^\w\s]{{{MAX_MARKS + 1},}}")  # a mark is neither a letter nor a space


def to_nfc(text: str) -> str:
    """Return the text in NFC. Marks of a letter beyond MAX_MARKS are dropped: to sort them takes the square of their number."""
    return text if text.isascii() else normalize("NFC", _POSSIBLY_MANY_MARKS.sub(_without_excess_marks, text))


def _without_excess_marks(match: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in match[0]:
        marks = marks + 1 if category(character).startswith("M") else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)
