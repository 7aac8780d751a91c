"""SQL of search. `app.rank_passages` reads the whole index; all text that is shown passes row-level security."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chalicelib.library.media_metadata import NamedMedia
from chalicelib.library.search_terms import Term
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import KeysetCursor
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A passage that matches a query, in its body or, if it is the first, in the media's heading: its title,
    creators and series. Media without text have no body.

    `config` is the text search configuration of the match, `query` the tsquery in that configuration.
    """

    media_id: UUID
    number: int
    rank: float
    config: str
    query: str
    title: str
    filename: str
    file_metadata: Mapping[str, Any] | None
    own_metadata: Mapping[str, Any]
    page: int | None
    text_start: int | None
    body: str | None

    @property
    def names(self) -> NamedMedia:
        return NamedMedia(self.title, self.filename, self.file_metadata, self.own_metadata)

    @property
    def heading(self) -> str:
        """Title, creators and series, as they are indexed."""
        return self.names.heading


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
        SELECT hit.media_id, hit.number, hit.rank::float8 AS rank, hit.config, hit.query, title, filename,
               file_metadata, own_metadata, page, text_start, body
        FROM (
            SELECT * FROM app.rank_passages(%(query)s, %(max_ranked)s)
            WHERE %(rank)s::float8 IS NULL
                  OR (-rank::float8, media_id, number) > (-%(rank)s::float8, %(media)s::uuid, %(number)s::int)
            ORDER BY rank DESC, media_id, number
        ) AS hit
        -- OFFSET 0 makes the planner look these up one by one, best first, until there are enough.
        CROSS JOIN LATERAL (
            SELECT title, filename, file_metadata, own_metadata FROM media WHERE id = hit.media_id AND status = 'ready' OFFSET 0
        ) AS ready
        LEFT JOIN LATERAL (
            SELECT nullif(page, 0) AS page, text_start, body FROM media_passages
            WHERE media_id = hit.media_id AND number = hit.number OFFSET 0
        ) AS passage ON true
        ORDER BY hit.rank DESC, hit.media_id, hit.number LIMIT %(limit)s
        """,
        {
            "query": Jsonb([[to_json(term) for term in terms] for terms in alternatives]),
            "max_ranked": max_ranked,
            "rank": after and after.key.rank,
            "media": after and after.id,
            "number": after and after.key.number,
            "limit": limit,
        },
    )


def to_json(term: Term) -> dict[str, Any]:
    """Return a term as `app.to_search_query` takes it."""
    return {
        "words": term.words,
        "phrase": term.phrase,
        "excluded": term.excluded,
        "folded": term.folded,
        "prefix": term.prefix,
    }


def list_stems(connection: Connection, words: Mapping[str, Collection[str]]) -> dict[str, dict[str, frozenset[str]]]:
    """Return the stems of words by text search configuration; `words` has them by configuration, too."""
    rows = connection.execute(
        """SELECT config, word, tsvector_to_array(to_tsvector(('app.' || config)::regconfig, word))
           FROM unnest(%(configs)s::text[], %(words)s::text[]) AS of_config (config, word)""",
        {
            "configs": [config for config, of_config in words.items() for _ in of_config],
            "words": [word for of_config in words.values() for word in of_config],
        },
    ).fetchall()
    stems: dict[str, dict[str, frozenset[str]]] = {config: {} for config in words}
    for config, word, lexemes in rows:
        stems[config][word] = frozenset(lexemes)
    return stems
