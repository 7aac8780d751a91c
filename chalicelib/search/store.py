"""SQL of search. `app.search` looks into the index; everything that is shown comes through row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from chalicelib.library.search_terms import Term
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import KeysetCursor
from chalicelib.platform.db.database import Connection

# Fragments are the matches themselves, phrases kept together; the words around them are cut by us, from the text as it is.
HEADLINE_OPTIONS = (
    'MaxFragments=50, MinWords=1, MaxWords={words}, StartSel="\x02", StopSel="\x03", FragmentDelimiter="\x01"'
)


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A passage that answers a question. Without a body there is no text: the title alone was found.

    `config` and `asked` are the language and the question in which it was found.
    """

    media_id: UUID
    number: int
    rank: float
    config: str
    asked: str
    title_only: bool
    title: str
    page: int | None
    text_start: int | None
    body: str | None


@dataclass(frozen=True, slots=True)
class RankPosition:
    """Where a list of passages, best first, goes on; together with the media's id."""

    rank: float
    number: int


def search(
    connection: Connection,
    question: Sequence[Sequence[Term]],
    *,
    max_ranked: int,
    after: KeysetCursor[RankPosition] | None,
    limit: int,
) -> list[SearchRow]:
    """The best passages of media that are ready, going on after a place; `at_most` are ranked in each language."""
    from psycopg.types.json import Jsonb

    return database.fetch(
        connection,
        SearchRow,
        """
        SELECT hit.media_id, hit.number, hit.rank::float8 AS rank, hit.config, hit.asked, title_only, title, page, text_start,
               body
        FROM (
            SELECT * FROM app.search(%(question)s, %(at_most)s)
            WHERE %(rank)s::float8 IS NULL
                  OR (-rank::float8, media_id, number) > (-%(rank)s::float8, %(media)s::uuid, %(number)s::int)
            ORDER BY rank DESC, media_id, number
        ) AS hit
        -- OFFSET 0 holds the planner to looking these up one by one, the best first, until there are enough.
        CROSS JOIN LATERAL (SELECT title FROM media WHERE id = hit.media_id AND status = 'ready' OFFSET 0) AS ready
        LEFT JOIN LATERAL (
            SELECT nullif(page, 0) AS page, text_start, body FROM media_passages
            WHERE media_id = hit.media_id AND number = hit.number OFFSET 0
        ) AS passage ON true
        ORDER BY hit.rank DESC, hit.media_id, hit.number LIMIT %(limit)s
        """,
        {
            "question": Jsonb([[asdict(term) for term in terms] for terms in question]),
            "at_most": max_ranked,
            "rank": after and after.key.rank,
            "media": after and after.id,
            "number": after and after.key.number,
            "limit": limit,
        },
    )


def mark_matches(
    connection: Connection, found: Sequence[SearchRow], texts: Sequence[str], *, max_phrase_words: int
) -> list[str]:
    """The matches in plain texts, each between \\x02 and \\x03, with a word or two around them, apart by \\x01.

    `longest` is the number of words that a phrase may have.
    """
    rows = connection.execute(
        """SELECT ts_headline(('app.' || config)::regconfig, plain, asked::tsquery, %(options)s)
           FROM unnest(%(configs)s::text[], %(plain)s::text[], %(asked)s::text[]) WITH ORDINALITY
                AS hit (config, plain, asked, nth) ORDER BY nth""",
        {
            "options": HEADLINE_OPTIONS.format(words=max(2, max_phrase_words)),
            "configs": [hit.config for hit in found],
            "plain": list(texts),
            "asked": [hit.asked for hit in found],
        },
    ).fetchall()
    return [str(row[0]) for row in rows]
