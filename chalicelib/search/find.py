"""Finding a word or a phrase in everything one owns, and the moment at which it is heard."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.library import search_terms
from chalicelib.platform.db import cursor, database
from chalicelib.search import snippet, store
from chalicelib.search.model import Hit
from chalicelib.search.snippet import MatchSpan
from chalicelib.search.store import RankPosition, SearchRow
from chalicelib.speech import word_index

MAX_RANKED = 2_000  # pages in each language; ~10 µs each. Who finds more is answered the best of these, and adds a word


@dataclass(frozen=True, slots=True)
class _Place:
    """What is shown of a found passage."""

    snippet: str
    text: MatchSpan | None


def find_pages(owner_id: UUID, asked: str, *, after: str | None, limit: int) -> cursor.Page[Hit]:
    """The pages that answer a question, best first. Raises InvalidError for the cursor of another question."""
    question = search_terms.parse_query(asked)
    if not question:
        return cursor.Page(items=[], next_cursor=None)
    order = f"search {hashlib.sha256(repr(question).encode()).hexdigest()[:16]}"
    place = cursor.decode_key(after, order, _rank)
    with database.transaction(owner_id) as connection:
        rows = store.search(connection, question, max_ranked=MAX_RANKED, after=place, limit=limit + 1)
        found = rows[:limit]
        if not found:
            return cursor.Page(items=[], next_cursor=None)
        longest = max(len(term.words.split()) for terms in question for term in terms)
        places = _places(connection, found, longest=longest)
        heard = _heard(connection, found, places)
    last = cursor.encode_key(order, f"{found[-1].rank!r} {found[-1].number}", found[-1].media_id)
    return cursor.Page(
        items=[_hit(*each) for each in zip(found, places, heard, strict=True)],
        next_cursor=last if len(rows) > limit else None,
    )


def _places(connection: database.Connection, found: Sequence[SearchRow], *, longest: int) -> list[_Place]:
    """Where in each passage the match is; what is found in no text was found in the title."""
    texts = [hit.body or "" for hit in found] + [hit.title for hit in found]
    marked = store.mark_matches(
        connection, [*found, *found], [search_terms.normalize(text) for text in texts], max_phrase_words=longest
    )
    return [
        _place(hit, snippet.match_spans(hit.body or "", in_body), snippet.match_spans(hit.title, in_title))
        for hit, in_body, in_title in zip(found, marked, marked[len(found) :], strict=False)
    ]


def _place(hit: SearchRow, in_body: Sequence[MatchSpan], in_title: Sequence[MatchSpan]) -> _Place:
    if hit.body is None or hit.text_start is None:
        return _Place(snippet.to_html(hit.title, in_title), None)
    if in_body and not hit.title_only:
        first = in_body[0]
        return _Place(
            snippet.to_html(hit.body, in_body), MatchSpan(hit.text_start + first.start, hit.text_start + first.end)
        )
    begin = hit.text_start + len(hit.body) - len(hit.body.lstrip())
    return _Place(snippet.to_html(hit.title, in_title), MatchSpan(begin, begin))


def _heard(
    connection: database.Connection, found: Sequence[SearchRow], places: Sequence[_Place]
) -> list[word_index.IndexedWord | None]:
    asked = [
        (hit.media_id, -1 if place.text is None else place.text.start) for hit, place in zip(found, places, strict=True)
    ]
    return word_index.locate_words(connection, asked)


def _hit(hit: SearchRow, place: _Place, heard: word_index.IndexedWord | None) -> Hit:
    return Hit(
        media_id=hit.media_id,
        title=hit.title,
        page=hit.page,
        snippet=place.snippet,
        text_start=place.text and place.text.start,
        text_end=place.text and place.text.end,
        speech=heard,
    )


def _rank(text: str) -> RankPosition:
    rank, _, number = text.partition(" ")
    if not math.isfinite(float(rank)) or not 0 < int(number) < 2**31:
        raise ValueError(text)
    return RankPosition(float(rank), int(number))
