"""Search the texts of an owner's media, and the times of the matches in recordings."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.library import search_terms
from chalicelib.library.search_terms import Term
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.search import matches, snippet, store
from chalicelib.search.matches import MatchSpan, Query, Word
from chalicelib.search.model import Hit
from chalicelib.search.store import RankPosition, SearchRow
from chalicelib.speech import word_index

MAX_RANKED = 2_000  # pages in each language, ~1 µs each. Users who find more get the best of them and can add a word


@dataclass(frozen=True, slots=True)
class _Match:
    """The match of a row: the snippet that shows it, its position in the reading text, and whether all of the query was found."""

    snippet: str
    text: MatchSpan | None
    is_explained: bool


def find_pages(owner_id: UUID, query: str, *, after: str | None, limit: int) -> cursor.Page[Hit]:
    """Find pages that match a query, best first. Raises UnprocessableContentError for the cursor of another query."""
    alternatives = search_terms.parse_query(query)
    if not alternatives:
        return cursor.Page(items=[], next_cursor=None)
    order = f"search {hashlib.sha256(repr(alternatives).encode()).hexdigest()[:16]}"
    start = cursor.decode_key(after, order, _parse_rank)
    with database.transaction(owner_id) as connection:
        rows = store.search(connection, alternatives, max_ranked=MAX_RANKED, after=start, limit=limit + 1)
        page = rows[:limit]
        if not page:
            return cursor.Page(items=[], next_cursor=None)
        found = _find_matches(connection, page, alternatives)
        words = _spoken_words(connection, page, found)
    last = page[-1]
    next_cursor = cursor.encode_key(order, f"{last.rank!r} {last.number}", last.media_id)
    return cursor.Page(
        items=[_hit(row, match, word) for row, match, word in zip(page, found, words, strict=True)],
        next_cursor=next_cursor if len(rows) > limit else None,
    )


def _find_matches(
    connection: Connection, rows: Sequence[SearchRow], alternatives: Sequence[Sequence[Term]]
) -> list[_Match]:
    """Locate the match in each row, in its text or else in its heading."""
    found = _find_in_words(connection, rows, alternatives, matches.beginnings(alternatives))
    unexplained = [row for row, matched in zip(rows, found, strict=True) if not matched.is_explained]
    if unexplained:
        again = iter(_find_in_words(connection, unexplained, alternatives, None))
        found = [matched if matched.is_explained else next(again) for matched in found]
    return found


def _find_in_words(
    connection: Connection,
    rows: Sequence[SearchRow],
    alternatives: Sequence[Sequence[Term]],
    beginnings: Sequence[str] | None,
) -> list[_Match]:
    words = [
        (
            matches.list_words(row.body or "", beginnings),
            matches.list_words(row.heading, beginnings) if row.number == 1 else [],
        )
        for row in rows
    ]
    forms = {config: matches.forms(alternatives) for config in {row.config for row in rows}}
    for row, (in_body, in_heading) in zip(rows, words, strict=True):
        forms[row.config].update(form for word in (*in_body, *in_heading) for form in (word.accented, word.folded))
    stems = store.list_stems(connection, forms)
    queries = {
        config: matches.parse_terms(alternatives, stems[config], query)
        for config, query in {(row.config, row.query) for row in rows}
    }
    return [
        _match(row, in_body, in_heading, queries[row.config])
        for row, (in_body, in_heading) in zip(rows, words, strict=True)
    ]


def _match(row: SearchRow, body_words: Sequence[Word], heading_words: Sequence[Word], query: Query) -> _Match:
    body, heading = query.find(body_words, row.body or ""), query.find(heading_words, row.heading)
    is_explained = query.is_satisfied(body.terms | heading.terms)
    if row.body is None or row.text_start is None:
        return _Match(_heading_snippet(row, heading.spans), None, is_explained)
    if body.spans and (query.is_satisfied(body.terms) or not query.is_satisfied(heading.terms)):
        first = body.spans[0]
        span = MatchSpan(row.text_start + first.start, row.text_start + first.end)
        return _Match(snippet.to_html(row.body, body.spans), span, is_explained)
    page_start = row.text_start + len(row.body) - len(row.body.lstrip())
    return _Match(_heading_snippet(row, heading.spans), MatchSpan(page_start, page_start), is_explained)


def _heading_snippet(row: SearchRow, spans: Sequence[MatchSpan]) -> str:
    """Return the title; with creators and series if the match is in them."""
    is_in_title = all(span.end <= len(row.title) for span in spans)
    return snippet.to_html(row.title if is_in_title else row.heading, spans)


def _spoken_words(
    connection: Connection, rows: Sequence[SearchRow], found: Sequence[_Match]
) -> list[word_index.IndexedWord | None]:
    positions = [
        (row.media_id, -1 if match.text is None else match.text.start) for row, match in zip(rows, found, strict=True)
    ]
    return word_index.locate_words(connection, positions)


def _hit(row: SearchRow, match: _Match, word: word_index.IndexedWord | None) -> Hit:
    names = row.names
    return Hit(
        media_id=row.media_id,
        title=row.title,
        creators=names.creators,
        series=names.series,
        page=row.page,
        snippet=match.snippet,
        text_start=match.text and match.text.start,
        text_end=match.text and match.text.end,
        speech=word,
    )


def _parse_rank(text: str) -> RankPosition:
    rank, _, number = text.partition(" ")
    if not math.isfinite(float(rank)) or not 0 < int(number) < 2**31:
        raise ValueError(text)
    return RankPosition(float(rank), int(number))
