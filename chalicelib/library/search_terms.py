"""Normalize texts and queries to search terms before Postgres sees either.

The parser of Postgres treats e-mail addresses, paths and hyphenated words as single words: a search for "and" would not find
"and/or". Normalized text contains only letters and digits, and spaces between words.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

# Chinese and Japanese have no spaces between words: each character is a word here, and several in a row are a phrase.
_CJK = re.compile("[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")
_QUERY_TERM = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
_LONG = re.compile(r"\S{200}")  # no query has a longer word, and an index entry is limited to 2 KB
_CURLY_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


class _NormalForms(dict[int, str]):
    """The normal form of each character, computed on first use."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        if _CJK.match(character):
            form = f" {character} "
        elif kind[0] in "LMN":
            form = character.lower()
        else:
            form = "" if kind == "Cf" else " "  # soft hyphens and joiners occur inside words
        self[code] = form
        return form


_NORMAL_FORMS = _NormalForms()


def normalize(text: str) -> str:
    """Return the text in lower case, with only letters, digits and spaces."""
    return text.translate(_NORMAL_FORMS)


def original_offsets(text: str, offsets: Sequence[int]) -> list[int]:
    """Map offsets in `normalize(text)` to offsets in the text."""
    widths = {character: len(_NORMAL_FORMS[ord(character)]) for character in set(text)}
    if set(widths.values()) <= {1}:
        return list(offsets)
    starts = [0, *accumulate(widths[character] for character in text)]
    return [bisect_right(starts, offset) - 1 for offset in offsets]


def index_terms(text: str) -> str:
    """Normalize a text for the index. Words longer than any query are split: they would exceed the entry's limit."""
    return _LONG.sub(r"\g<0> ", normalize(text))


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must occur, in this order if they are a `phrase`; or must not, if `excluded`.

    Cursors contain a hash of this class's repr: renaming it or its fields would invalidate them.
    """

    words: str
    phrase: bool
    excluded: bool


def parse_query(query: str) -> list[list[Term]]:
    """Parse a query into alternatives, each a list of terms; empty if there is no word to search for.

    Quotes mark a phrase, `or` an alternative; a minus excludes. A word that normalizes to several ("e-mail", several Chinese
    characters) becomes a phrase.
    """
    alternatives: list[list[Term]] = [[]]
    for match in _QUERY_TERM.finditer(query.translate(_CURLY_QUOTES)):
        phrase, word = match["phrase"], match["word"]
        if word is not None and word.lower() == "or":
            alternatives.append([])
            continue
        words = normalize(phrase if word is None else word).split()
        if words:
            excluded = bool(match["minus"]) if word is None else word.startswith("-")
            alternatives[-1].append(Term(" ".join(words), word is None or len(words) > 1, excluded))
    return [terms for terms in alternatives if not all(term.excluded for term in terms)]
