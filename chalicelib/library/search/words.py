"""Words as they are looked for: text and question are brought into one plain form before Postgres sees either.

Its own parser knows e-mail addresses, paths and hyphenated words as words of their own kind, so that "and/or" would be
found under neither word. In the plain form there are letters and digits, and spaces between words; nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

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


def plain(text: str) -> str:
    return text.translate(_FORMS)


def places(text: str, plain_places: Sequence[int]) -> list[int]:
    """Where places of `plain(text)` stand in the text."""
    starts = [0, *accumulate(len(_FORMS[ord(character)]) for character in text)]
    return [bisect_right(starts, place) - 1 for place in plain_places]


def indexed(text: str) -> str:
    """The plain form as it is indexed. What is longer than any question cannot be found, and must not break the index."""
    return _LONG.sub(r"\g<0> ", plain(text))


class Question(NamedTuple):
    """A question in the form that `websearch_to_tsquery` reads.

    `candidates` is the same with less said: a superset of what answers it, which an index without word order can find.
    """

    exact: str
    candidates: str


def question(asked: str) -> Question | None:
    """What was typed; None when there is no word to look for.

    Quotes make a phrase, `or` an alternative, a minus excludes. What is more than one word to us ("e-mail", a row of
    Chinese characters) becomes a phrase.
    """
    alternatives: list[list[tuple[str, list[str]]]] = [[]]
    for match in _ASKED.finditer(asked.translate(_CURLY_QUOTES)):
        phrase, word = match["phrase"], match["word"]
        if word is not None and word.lower() == "or":
            alternatives.append([])
            continue
        minus = match["minus"] if word is None else "-" * word.startswith("-")
        found = plain(word if word is not None else phrase).split()
        if found:
            quoted = f'"{" ".join(found)}"' if word is None or len(found) > 1 else found[0]
            alternatives[-1].append((minus + quoted, [] if minus else found))
    wanted = [terms for terms in alternatives if any(words for _, words in terms)]
    if not wanted:
        return None
    return Question(
        exact=" or ".join(" ".join(term for term, _ in terms) for terms in wanted),
        candidates=" or ".join(" ".join(word for _, words in terms for word in words) for terms in wanted),
    )
