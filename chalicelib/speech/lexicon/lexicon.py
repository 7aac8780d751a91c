"""The pronunciations for a text: which of its words are said differently from how they are written. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.speech.lexicon.model import Pronunciation
from chalicelib.speech.voices import languages

_APOSTROPHES = "'’ʼ"  # what is typed, what is printed, and the letter: all the same word
_HYPHENS = "-‐‑"
_EQUIVALENT = {character: f"[{group}]" for group in (_APOSTROPHES, re.escape(_HYPHENS)) for character in group}
_UNIFIED = str.maketrans({character: group[0] for group in (_APOSTROPHES, _HYPHENS) for character in group})
_WORD = re.compile(r"\w+")
_WITHOUT_SPACES = frozenset({"zh", "cmn", "yue", "ja", "th", "lo", "km", "my"})  # a word there has no visible ends


class Occurrence(NamedTuple):
    """The text from `start` to `end`, and how it is pronounced."""

    start: int
    end: int
    pronunciation: Pronunciation


class Lexicon:
    """Pronunciations, those that count first in front. 1,000 entries are found in a book of a million letters in 0.3 s."""

    def __init__(self, pronunciations: Sequence[Pronunciation] = ()) -> None:
        self.pronunciations = list(pronunciations)
        self._expressions = [_expression(item) for item in self.pronunciations]
        self._by_word: dict[str, list[int]] = defaultdict(list)  # entries that begin where this word does
        self._parts: list[tuple[str, int]] = []  # of entries that may begin anywhere
        for index, item in enumerate(self.pronunciations):
            word = _WORD.match(item.written)
            if word is not None and _has_ends(item):
                self._by_word[word[0].casefold()].append(index)
            else:
                self._parts.append((_fold(item.written).split()[0], index))

    @classmethod
    def from_json(cls, text: str) -> Lexicon:
        """Parse what `to_json` returned."""
        return cls([Pronunciation.model_construct(**item) for item in json.loads(text)])

    def to_json(self) -> str:
        return json.dumps([item.model_dump(exclude_none=True) for item in self.pronunciations], ensure_ascii=False)

    def __bool__(self) -> bool:
        return bool(self.pronunciations)

    def find(self, text: str, language: str) -> list[Occurrence]:
        """Find the words of a language in a text, in order. Where two overlap, the one that comes first in the lexicon counts."""
        found: list[Occurrence] = []
        for index, matches in self._matches(text):
            item = self.pronunciations[index]
            for match in matches if applies(item, language) else ():
                start, end = match.span()
                at = bisect_left(found, start, key=lambda occurrence: occurrence.start)
                if (at == 0 or found[at - 1].end <= start) and (at == len(found) or end <= found[at].start):
                    found.insert(at, Occurrence(start, end, item))
        return found

    def of_text(self, text: str) -> Lexicon:
        """Return a lexicon of the entries that occur in a text, whatever their language."""
        return Lexicon(
            [self.pronunciations[index] for index, matches in self._matches(text) if next(matches, None) is not None]
        )

    def _matches(self, text: str) -> Iterator[tuple[int, Iterator[re.Match[str]]]]:
        """Return the entries that may occur in a text, in order, each with its matches."""
        if not self:
            return
        starts: dict[int, list[int]] = defaultdict(list)
        for word in _WORD.finditer(text):
            for index in self._by_word.get(word[0].casefold(), ()):
                starts[index].append(word.start())
        folded = _fold(text) if self._parts else ""
        anywhere = {index for part, index in self._parts if part in folded}
        for index in sorted(starts.keys() | anywhere):
            expression = self._expressions[index]
            if index in anywhere:
                yield index, expression.finditer(text)
            else:
                yield index, filter(None, (expression.match(text, start) for start in starts[index]))


def applies(pronunciation: Pronunciation, language: str) -> bool:
    """Return whether an entry is for a text of this language: `en` is for `en-GB`, `en-GB` is not for `en`."""
    entry, of_text = (tag.replace("_", "-").lower() for tag in (pronunciation.language, language))
    if entry == of_text or of_text.startswith(f"{entry}-"):
        return True
    return "-" not in entry and languages.is_same_language(entry, of_text)


def _has_ends(pronunciation: Pronunciation) -> bool:
    primary = pronunciation.language.replace("_", "-").partition("-")[0].lower()
    return pronunciation.whole_word and primary not in _WITHOUT_SPACES


def _fold(text: str) -> str:
    return text.translate(_UNIFIED).casefold()


def _expression(pronunciation: Pronunciation) -> re.Pattern[str]:
    words = unicodedata.normalize("NFC", pronunciation.written).split()
    pattern = r"\s{1,3}".join(
        "".join(_EQUIVALENT.get(letter) or re.escape(letter) for letter in word) for word in words
    )
    if _has_ends(pronunciation):
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return re.compile(pattern, re.NOFLAG if pronunciation.case_sensitive else re.IGNORECASE)
