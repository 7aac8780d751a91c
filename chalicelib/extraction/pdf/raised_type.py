"""Raised type within a printed line: footnote marks are removed, exponents become superscripts."""

import re
from collections.abc import Callable, Iterator

MAX_CONTEXT_CHARACTERS = 200  # in front of raised type: the word or the term that it belongs to

_FIGURES = r"\d{1,3}"
_LABEL = rf"(?:{_FIGURES}|[*†‡§¶]{{1,3}}|[a-z](?![^\W\d_]))"
# One mark, or several: "4,5", "1–3", "[12]", "a,b". Behind a word or punctuation, perhaps with a space between.
_CANDIDATE = re.compile(rf"(?<=\S) ?([\[(]?(?:{_LABEL}|[-−+]{_FIGURES})(?: ?[,–-] ?{_LABEL})*[\])]?)(?![^\W_])")
# Searched first: it takes a tenth of the time.
_CANDIDATE_CHARACTER = re.compile(r"[\d*†‡§¶]|[^\W\d_] ?[a-z](?![^\W_])")
LEADING_MARK = re.compile(rf"({_FIGURES}|[*†‡§¶]|[a-z](?![^\W\d_]))")

_WORD = re.compile(r"[^\W\d_]+")
_PUNCTUATION_BEFORE = re.compile(r"[.,;:!?\]”’\"»)]$")
_OPERATOR = re.compile(r"[=+−*/^·×]")
_VOWEL = re.compile(r"[aeiouyäöüàâéèêëîïôœûùáíóúãõåæøAEIOUY]|[^\x00-\u024f]")
_UNITS = frozenset(["m", "cm", "mm", "km", "dm", "nm", "µm", "ft", "in", "yd", "mi", "ms"])
_FUNCTIONS = frozenset(
    ["sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "sinh", "cosh", "tanh", "det", "dim"]
)
_MARK = re.compile(rf"[\[(]?{_LABEL}(?: ?[,–-] ?{_LABEL})*[\])]?")
_LETTER_MARK = re.compile(r"[\[(]?[a-h](?: ?[,–-] ?[a-h])*[\])]?")
_ONE_LABEL = re.compile(rf"{_FIGURES}|[*†‡§¶]{{1,3}}|[a-z]")
_SUPERSCRIPTS = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")


def find(text: str, start: int, end: int, is_raised: Callable[[int], bool]) -> Iterator[re.Match[str]]:
    """Return where raised type is in the text; group 1 is the type without the space before it.

    `is_raised` is asked for the characters at both ends of what may be raised.
    """
    if not _CANDIDATE_CHARACTER.search(text, start, end):
        return
    while (match := _CANDIDATE.search(text, start, end)) is not None:
        if is_raised(match.start(1)) and is_raised(match.end(1) - 1):
            yield match
            start = match.end()
        else:
            start = match.start(1) + 1  # of "103", only the 3 may be raised


def spoken(before: str, raised: str) -> str:
    """Return "" for a footnote mark, else the raised type as superscripts. `before` is the line's text before it."""
    if _MARK.fullmatch(raised) and _takes_mark(before.rstrip(), is_letter=_LETTER_MARK.fullmatch(raised) is not None):
        return ""
    return raised.translate(_SUPERSCRIPTS)


def labels(raised: str) -> list[str]:
    """Return the single marks of "4,5"."""
    return _ONE_LABEL.findall(raised)


def _takes_mark(before: str, *, is_letter: bool) -> bool:
    """Return True if what is printed before raised type is the end of a word or sentence, not of a term or unit."""
    if _PUNCTUATION_BEFORE.search(before):
        return not (before.endswith(")") and _OPERATOR.search(before, before.rfind("(") + 1))  # "(a + b)"
    match = _WORD.match(before[::-1])  # a word read backwards is still a word
    word = match.group()[::-1] if match else ""
    if len(word) < (3 if is_letter else 2) or word in _UNITS or word in _FUNCTIONS:
        return False
    return _VOWEL.search(word) is not None or len(word) > 4
