"""Places of pictures in a reading text, by the letters around them: the text is not the document's, word by word."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass

from chalicelib.illustrations.model import QUOTE_CHARACTERS

MIN_LETTERS = 8  # that identify a place; with fewer, what follows the picture is looked for
WINDOW_LETTERS = 200_000  # in which a place is looked for, a chapter or two: a book has up to 5 million letters


@dataclass(slots=True)
class LetterIndex:
    """The letters and digits of a text, in lower case, with the offset behind each of them."""

    letters: str
    ends: array[int]
    cursor: int = 0  # places are looked for in the order of the document

    @classmethod
    def of(cls, text: str) -> LetterIndex:
        ends = array("I", (offset + 1 for offset, character in enumerate(text) if _is_letter(character)))
        return cls(letters_of(text), ends)

    def find(self, before: str, after: str) -> int:
        """Return the offset behind `before`, or else that of `after`; behind the last place if neither is found.

        Both are letters, as `letters_of` returns them.
        """
        end = self.cursor + WINDOW_LETTERS
        if len(before) >= MIN_LETTERS and (at := self.letters.find(before, self.cursor, end)) >= 0:
            self.cursor = at + len(before)
        elif len(after) >= MIN_LETTERS and (at := self.letters.find(after, self.cursor, end)) >= 0:
            self.cursor = at
            return self.ends[at] - 1
        return self.ends[self.cursor - 1] if self.cursor else 0

    def find_quote(self, quote: str, *, near: int) -> int | None:
        """Return the offset behind the letters of a quote; None if they are not somewhere around the offset `near`."""
        letter = bisect_left(self.ends, near)
        at = self.letters.find(quote, max(0, letter - WINDOW_LETTERS), letter + WINDOW_LETTERS)
        return None if at < 0 else self.ends[at + len(quote) - 1] if quote else 0

    def quote(self) -> str:
        """Return the letters before the last place."""
        return self.letters[max(0, self.cursor - QUOTE_CHARACTERS) : self.cursor]


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, each as one character in lower case."""
    return "".join(_lower(character) for character in text if _is_letter(character))


def _is_letter(character: str) -> bool:
    return character.isalnum()


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character
