"""Letterspaced titles: "T H E   S T O R M" is "THE STORM"."""

import re
from collections.abc import Sequence
from statistics import median

MIN_WORD_GAP = 1.6  # times the usual gap between two letters: there a word ends

# Letters by themselves, four at least. Quotation marks and full stops belong to a letter.
_LETTERSPACED = re.compile(r"(?:[\"“‘«(]?[^\W_][.,:;!?’'”»)]?\s+){3,}[^\W_][.,:;!?’'”»)]*")
_GAP = re.compile(r"\s+")


def is_letterspaced(text: str) -> bool:
    """Return True if nothing but single letters is printed, with a space behind each."""
    return _LETTERSPACED.fullmatch(text) is not None and any(map(str.isalpha, text)) and not text.islower()


def joined(text: str, gaps: Sequence[float]) -> str:
    """Return the words. `gaps` are the widths of the white space behind each letter but the last."""
    letters = _GAP.split(text)
    if len(gaps) != len(letters) - 1:
        return text
    word_gap = MIN_WORD_GAP * median(gaps)
    return "".join(
        (*(letter + (" " if gap > word_gap else "") for letter, gap in zip(letters, gaps, strict=False)), letters[-1])
    )


def joined_by_width(text: str) -> str:
    """Return the words of plain text, in which the gap between two words is wider: two spaces or more."""
    words = ["".join(word.split()) for word in re.split(r"\s{2,}", text)]
    return " ".join(words)
