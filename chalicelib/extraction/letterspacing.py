"""Letterspaced titles: "T H E  S T O R M" is read as "THE STORM"."""

import re
from collections.abc import Collection
from itertools import pairwise

MIN_LETTERS = 4  # fewer are initials, or a list
MAX_CHARACTERS = 240  # of a title with a space behind each letter
MAX_WORD_CHARACTERS = 30
ONE_LETTER_WORDS = frozenset("aeioyàéóú")

_LETTERSPACED = re.compile(r"[^\W_](?: [^\W_]){3,119}[.:!?]?")
_WORD = re.compile(r"[^\W_]{1,30}")


def is_letterspaced(text: str) -> bool:
    """Return whether a text is single letters and spaces, in capitals and not in the order of the alphabet."""
    if len(text) > MAX_CHARACTERS or not _LETTERSPACED.fullmatch(text):
        return False
    letters = "".join(filter(str.isalpha, text))
    return (
        len(letters) >= MIN_LETTERS
        and letters.isupper()
        and any(ord(following) - ord(letter) != 1 for letter, following in pairwise(letters))
    )


def words_of(text: str) -> set[str]:
    """Return the words of a text in lower case, which divide its letterspaced titles."""
    return {word.casefold() for word in _WORD.findall(text)}


def close_up(text: str, vocabulary: Collection[str]) -> str:
    """Return a letterspaced text as the fewest words of the vocabulary; as one word if it is not made of them."""
    letters = text.replace(" ", "")
    fewest: list[tuple[int, int] | None] = [(0, 0)]  # number of words up to each letter, and where the last one starts
    for end in range(1, len(letters) + 1):
        candidates = [
            (count[0] + 1, start)
            for start in range(max(0, end - MAX_WORD_CHARACTERS), end)
            if (count := fewest[start]) is not None and _is_word(letters[start:end].casefold(), vocabulary)
        ]
        fewest.append(min(candidates, default=None))
    words: list[str] = []
    end = len(letters)
    while end and (last := fewest[end]) is not None:
        words.append(letters[last[1] : end])
        end = last[1]
    return " ".join(reversed(words)) if not end else letters


def _is_word(text: str, vocabulary: Collection[str]) -> bool:
    word = text.rstrip(".:!?")
    return word in vocabulary and (len(word) > 1 or word in ONE_LETTER_WORDS or word.isdigit())
