"""SQL of search. `app.search` reads the whole index; all text that is shown passes row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from chalicelib.library.search_terms import Term
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import KeysetCursor
from chalicelib.platform.db.database import Connection

# Fragments are the matches only, phrases kept together; the words around them are taken from the original text instead.
HEADLINE_OPTIONS = (
    'MaxFragments=50, MinWords=1, MaxWords={words}, StartSel="\x02", StopSel="\x03", FragmentDelimiter="\x01"'
)


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A passage that matches a query. Without a body, the media has no text and matched by its title.

    `config` is the text search configuration of the match, `query` the tsquery in that configuration.
    """

    media_id: UUID
    number: int
    rank: float
    config: str
    query: str
    title_only: bool
    title: str
    page: int | None
    text_start: int | None
    body: str | None


@dataclass(frozen=True, slots=True)
class RankPosition:
    """The sort key of a passage in a list, best first; the media's id completes it."""

    rank: float
    number: int


def search(
    connection: Connection,
    alternatives: Sequence[Sequence[Term]],
    *,
    max_ranked: int,
    after: KeysetCursor[RankPosition] | None,
    limit: int,
) -> list[SearchRow]:
    """List the best passages of ready media, after a cursor. `max_ranked` are ranked in each language."""
    from psycopg.types.json import Jsonb

    return database.fetch(
        connection,
        SearchRow,
        """
        SELECT hit.media_id, hit.number, hit.rank::float8 AS rank, hit.config, hit.asked AS query, title_only, title, page,
               text_start, body
        FROM (
            SELECT * FROM app.search(%(query)s, %(max_ranked)s)
            WHERE %(rank)s::float8 IS NULL
                  OR (-rank::float8, media_id, number) > (-%(rank)s::float8, %(media)s::uuid, %(number)s::int)
            ORDER BY rank DESC, media_id, number
        ) AS hit
        -- OFFSET 0 makes the planner look these up one by one, best first, until there are enough.
        CROSS JOIN LATERAL (SELECT title FROM media WHERE id = hit.media_id AND status = 'ready' OFFSET 0) AS ready
        LEFT JOIN LATERAL (
            SELECT nullif(page, 0) AS page, text_start, body FROM media_passages
            WHERE media_id = hit.media_id AND number = hit.number OFFSET 0
        ) AS passage ON true
        ORDER BY hit.rank DESC, hit.media_id, hit.number LIMIT %(limit)s
        """,
        {
            "query": Jsonb([[asdict(term) for term in terms] for terms in alternatives]),
            "max_ranked": max_ranked,
            "rank": after and after.key.rank,
            "media": after and after.id,
            "number": after and after.key.number,
            "limit": limit,
        },
    )


def mark_matches(
    connection: Connection, rows: Sequence[SearchRow], texts: Sequence[str], *, max_phrase_words: int
) -> list[str]:
    """Mark the matches in each row's normalized text: fragments separated by \\x01, each match between \\x02 and \\x03."""
    headlines = connection.execute(
        """SELECT ts_headline(('app.' || config)::regconfig, text, query::tsquery, %(options)s)
           FROM unnest(%(configs)s::text[], %(texts)s::text[], %(queries)s::text[]) WITH ORDINALITY
                AS hit (config, text, query, nth) ORDER BY nth""",
        {
            "options": HEADLINE_OPTIONS.format(words=max(2, max_phrase_words)),
            "configs": [row.config for row in rows],
            "texts": list(texts),
            "queries": [row.query for row in rows],
        },
    ).fetchall()
    return [str(headline) for (headline,) in headlines]
