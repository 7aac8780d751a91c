"""Search the texts of an owner's media, and the times of the matches in recordings."""

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

MAX_RANKED = 2_000  # pages in each language, ~10 µs each. Users who find more get the best of them and can add a word


@dataclass(frozen=True, slots=True)
class _Match:
    """The match of a row: the snippet that shows it, and its position in the reading text."""

    snippet: str
    text: MatchSpan | None


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
        max_phrase_words = max(len(term.words.split()) for terms in alternatives for term in terms)
        matches = _matches(connection, page, max_phrase_words=max_phrase_words)
        words = _spoken_words(connection, page, matches)
    last = page[-1]
    next_cursor = cursor.encode_key(order, f"{last.rank!r} {last.number}", last.media_id)
    return cursor.Page(
        items=[_hit(row, match, word) for row, match, word in zip(page, matches, words, strict=True)],
        next_cursor=next_cursor if len(rows) > limit else None,
    )


def _matches(connection: database.Connection, rows: Sequence[SearchRow], *, max_phrase_words: int) -> list[_Match]:
    """Locate the match in each row: in its title, if it was found by that alone, or in its text."""
    texts = [row.title if row.title_only or row.body is None else row.body for row in rows]
    marked = store.mark_matches(
        connection, rows, [search_terms.normalize(text) for text in texts], max_phrase_words=max_phrase_words
    )
    return [
        _match(row, snippet.match_spans(text, matches)) for row, text, matches in zip(rows, texts, marked, strict=True)
    ]


def _match(row: SearchRow, spans: Sequence[MatchSpan]) -> _Match:
    if row.body is None or row.text_start is None:
        return _Match(snippet.to_html(row.title, spans), None)
    if spans and not row.title_only:
        first = spans[0]
        span = MatchSpan(row.text_start + first.start, row.text_start + first.end)
        return _Match(snippet.to_html(row.body, spans), span)
    page_start = row.text_start + len(row.body) - len(row.body.lstrip())
    return _Match(snippet.to_html(row.title, spans), MatchSpan(page_start, page_start))


def _spoken_words(
    connection: database.Connection, rows: Sequence[SearchRow], matches: Sequence[_Match]
) -> list[word_index.IndexedWord | None]:
    positions = [
        (row.media_id, -1 if match.text is None else match.text.start) for row, match in zip(rows, matches, strict=True)
    ]
    return word_index.locate_words(connection, positions)


def _hit(row: SearchRow, match: _Match, word: word_index.IndexedWord | None) -> Hit:
    return Hit(
        media_id=row.media_id,
        title=row.title,
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
