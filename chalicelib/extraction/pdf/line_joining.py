"""Lines → the text of a paragraph: words and addresses that a line end divides are joined again."""

import re
from collections import Counter
from collections.abc import Iterable
from unicodedata import combining

from chalicelib.extraction.cleanup import LINE_END_HYPHEN
from chalicelib.extraction.pdf.paragraph_starts import HYPHENS, IDEOGRAPH

_COMPOUND_PREFIXES = frozenset({"self", "half", "well"})  # of English compounds; the suffix of "self-ish" is too short
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ADDRESS_START = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)
_ADDRESS_DIVIDERS = ("/", "_", "=", "&", "?", "#", "%", "~", ".", "-", "+")
_ADDRESS_CONTINUATION = re.compile(r"[\w.~%+-]*[/?=&#_%]\w|[\w-]+\.(?:html?|pdf|php|aspx?)\b|[/?=&#_%]")


class LineJoiner:
    """Joins lines, with the words of the whole text as its dictionary."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self._word_counts: Counter[str] | None = None

    def join(self, before: str, following: str) -> tuple[str, bool]:
        """Return `before` as it stands in front of `following`, and whether both share a word."""
        if before.endswith(HYPHENS) and before[-2:-1].isalpha() and following[:1].isalpha():
            drops_hyphen = following[:1].islower() and not self._is_compound(before[:-1], following)
            return before[:-1] + ("" if drops_hyphen else "-"), True
        before = with_plain_hyphen(before)
        if before.endswith(("-", "—")) and before[-2:-1].strip() and following[:1].isalnum():
            return before, True
        if _divides_address(before, following):
            return before, True
        needs_no_space = IDEOGRAPH.match(before[-1:]) and IDEOGRAPH.match(following)
        if needs_no_space and not combining(
            following[0]
        ):  # an accent would change the last character of the line above
            return before, False
        return before + " ", False

    def _is_compound(self, before: str, after: str) -> bool:
        """Return True if the word keeps its hyphen.

        It is written with one elsewhere, or it never occurs as one word while both halves occur alone.
        """
        left = _WORD.match(before[::-1])  # a word read backwards is still a word
        right = _WORD.match(after)
        if left is None or right is None:
            return False
        if self._word_counts is None:
            self._word_counts = _count_words(self._texts)
        counts = self._word_counts
        head, tail = left.group()[::-1].casefold(), right.group().casefold()
        hyphenated, solid = counts[f"{head}-{tail}"], counts[head + tail]
        if hyphenated or solid:
            return hyphenated > solid
        if head in _COMPOUND_PREFIXES and len(tail) > 3:
            return True
        return min(len(head), len(tail)) > 2 and counts[head] > 0 and counts[tail] > 0


def with_plain_hyphen(text: str) -> str:
    """Return the text with a plain hyphen at its end, where a line-end hyphen divides no word."""
    return text[:-1] + "-" if text.endswith(LINE_END_HYPHEN) else text


def _divides_address(before: str, following: str) -> bool:
    """Return True if an address goes on in the next line."""
    last = before[before.rfind(" ") + 1 :].lstrip("([{<‘“\"'")
    return (
        last.endswith(_ADDRESS_DIVIDERS)
        and _ADDRESS_START.match(last) is not None
        and _ADDRESS_CONTINUATION.match(following) is not None
    ) or (_ADDRESS_START.match(last) is not None and following[:1] in "/?=&#_%")


def _count_words(texts: Iterable[str]) -> Counter[str]:
    """Count each word of the text, except the halves of divided words."""
    counted: list[str] = []
    is_divided = False
    for text in texts:
        words = _WORD.findall(text.casefold())
        if is_divided:
            words = words[1:]
        is_divided = text.endswith(HYPHENS)
        counted += words[:-1] if is_divided else words
    return Counter(counted)
