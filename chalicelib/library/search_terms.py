"""Words as they are looked for: text and question are brought into one plain form before Postgres sees either.

Its own parser knows e-mail addresses, paths and hyphenated words as words of their own kind, so that "and/or" would be
found under neither word. In the plain form there are letters and digits, and spaces between words; nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

# Chinese and Japanese put no spaces between words: each character is one here, and several in a row are a phrase.
_CJK = re.compile("[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")
_ASKED = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
_LONG = re.compile(r"\S{200}")  # no question has a longer word; and an entry of the index takes 2 KB
_CURLY_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


class _Forms(dict[int, str]):
    """The plain form of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        if _CJK.match(character):
            form = f" {character} "
        elif kind[0] in "LMN":
            form = character.lower()
        else:
            form = "" if kind == "Cf" else " "  # soft hyphens and joiners stand inside words
        self[code] = form
        return form


_FORMS = _Forms()


def normalize(text: str) -> str:
    return text.translate(_FORMS)


def original_offsets(text: str, plain_places: Sequence[int]) -> list[int]:
    """Where places of `plain(text)` stand in the text."""
    widths = {character: len(_FORMS[ord(character)]) for character in set(text)}
    if set(widths.values()) <= {1}:
        return list(plain_places)
    starts = [0, *accumulate(widths[character] for character in text)]
    return [bisect_right(starts, place) - 1 for place in plain_places]


def index_terms(text: str) -> str:
    """The plain form as it is indexed. What is longer than any question cannot be found, and must not break the index."""
    return _LONG.sub(r"\g<0> ", normalize(text))


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must be there, in this order if they are a `phrase`; or that must not be."""

    words: str
    phrase: bool
    excluded: bool


def parse_query(asked: str) -> list[list[Term]]:
    """What was typed, as alternatives, each with all its terms; none where there is no word to look for.

    Quotes make a phrase, `or` an alternative, a minus excludes. What is more than one word to us ("e-mail", a row of
    Chinese characters) becomes a phrase.
    """
    alternatives: list[list[Term]] = [[]]
    for match in _ASKED.finditer(asked.translate(_CURLY_QUOTES)):
        phrase, word = match["phrase"], match["word"]
        if word is not None and word.lower() == "or":
            alternatives.append([])
            continue
        found = normalize(phrase if word is None else word).split()
        if found:
            excluded = bool(match["minus"]) if word is None else word.startswith("-")
            alternatives[-1].append(Term(" ".join(found), word is None or len(found) > 1, excluded))
    return [terms for terms in alternatives if not all(term.excluded for term in terms)]
