"""Locate the matches of a query in a text. Pure.

Words match by their stems, in either form, as in the index; the last word of a query also by its beginning. Stems come from
Postgres, but only those of words that begin like a word of the query: stemmers of most languages change the ends of words. If
these do not explain a hit, all words are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.library import search_terms
from chalicelib.library.search_terms import Term

MAX_WORD_GAP = 2  # characters between words of one match: a space, a hyphen, a comma and a space
_ANY_WORD = re.compile(r" \S+")
_LEXEME = re.compile("'([^']+)'")

Stems = Mapping[str, frozenset[str]]  # of each form of a word
Alternatives = Sequence[Sequence[Term]]


class MatchSpan(NamedTuple):
    start: int
    end: int


class Word(NamedTuple):
    """A word of a text in both forms, and its span. `follows`: no other word is between it and the one before it in the list."""

    accented: str
    folded: str
    span: MatchSpan
    follows: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches in a text, in order, and the terms that they are of."""

    spans: list[MatchSpan]
    terms: frozenset[Term]


def list_words(text: str, beginnings: Iterable[str] | None = None) -> list[Word]:
    """List the words of a text, in order; if there are `beginnings`, those that begin with one of them when folded."""
    folded = f" {search_terms.fold(text)}"
    pattern = _ANY_WORD if beginnings is None else re.compile(f" (?:{'|'.join(beginnings)})\\S*")
    found = list(pattern.finditer(folded))
    spans = search_terms.original_spans(text, [(match.start(), match.end() - 1) for match in found])
    words: list[Word] = []
    end = 0
    for match, (start, stop) in zip(found, spans, strict=True):
        folded_word = match[0][1:]
        original = text[start:stop]
        accented = folded_word if original.isascii() else " ".join(search_terms.normalize(original).split())
        follows = not folded[end : match.start()].strip()
        words.append(Word(accented, folded_word, MatchSpan(start, stop), follows))
        end = match.end()
    return words


def beginnings(alternatives: Alternatives) -> list[str]:
    """Return how words begin that may be forms of words of the query."""
    words = {word for terms in alternatives for term in terms if not term.excluded for word in term.folded.split()}
    return sorted({word[: 3 if len(word) > 4 else 2] + ("(?!\\S)" if len(word) == 1 else "") for word in words})


def forms(alternatives: Alternatives) -> set[str]:
    """Return the words of the query in both forms."""
    return {word for terms in alternatives for term in terms for word in (*term.words.split(), *term.folded.split())}


@dataclass(frozen=True, slots=True)
class Query:
    """A query in one language: the terms of each alternative that are to be found, with the stems of each of their words."""

    alternatives: list[dict[Term, list[frozenset[str]]]]
    stems: Stems

    def is_satisfied(self, found: frozenset[Term]) -> bool:
        return any(terms and found.issuperset(terms) for terms in self.alternatives)

    def find(self, words: Sequence[Word], text: str) -> Matches:
        """Find the terms in the words of a text."""
        stems = [self.stems[word.accented] | self.stems[word.folded] for word in words]
        found = [
            (term, MatchSpan(words[first].span.start, words[first + len(sought) - 1].span.end))
            for terms in self.alternatives
            for term, sought in terms.items()
            for first in range(len(words) - len(sought) + 1)
            if all(map(frozenset.intersection, stems[first : first + len(sought) - 1], sought))
            and _is_last_word(term, words[first + len(sought) - 1], stems[first + len(sought) - 1] & sought[-1])
            and all(word.follows for word in words[first + 1 : first + len(sought)])
        ]
        return Matches(_merge({span for _, span in found}, text), frozenset(term for term, _ in found))


def _is_last_word(term: Term, word: Word, shared_stems: frozenset[str]) -> bool:
    return bool(shared_stems) or (term.prefix is not None and word.folded.startswith(term.prefix))


def parse_terms(alternatives: Alternatives, stems: Stems, query: str) -> Query:
    """Prepare a query for a language. `query` is its tsquery: words that are not in it are stop words, which are not sought."""
    lexemes = frozenset(_LEXEME.findall(query))
    stems_of_terms = {
        term: _stems_of_words(term, stems) for terms in alternatives for term in terms if not term.excluded
    }
    return Query(
        [
            {
                term: stems_of_terms[term]
                for term in terms
                if term in stems_of_terms and all(of_word & lexemes for of_word in stems_of_terms[term])
            }
            for terms in alternatives
        ],
        stems,
    )


def _stems_of_words(term: Term, stems: Stems) -> list[frozenset[str]]:
    accented, folded = term.words.split(), term.folded.split()
    if len(accented) != len(folded):
        return [stems[word] for word in folded]
    return [stems[word] | stems[folded_word] for word, folded_word in zip(accented, folded, strict=True)]


def _merge(spans: Iterable[MatchSpan], text: str) -> list[MatchSpan]:
    """Sort spans, and join those that overlap or have no word between them."""
    merged: list[MatchSpan] = []
    for span in sorted(spans):
        gap = text[merged[-1].end : span.start] if merged else None
        if gap is not None and len(gap) <= MAX_WORD_GAP and not search_terms.fold(gap).strip():
            merged[-1] = MatchSpan(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
