"""SQL of the search index: the words of titles and passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class IndexableMedia:
    """The columns of a media that its index entries depend on. `config` is a Postgres text search configuration."""

    owner_id: UUID
    title: str
    config: str


def get_indexable(connection: Connection, media_id: UUID) -> IndexableMedia | None:
    return database.fetch_one(
        connection,
        IndexableMedia,
        "SELECT owner_id, title, app.text_config(language) AS config FROM media WHERE id = %(id)s",
        {"id": media_id},
    )


def ensure_text_config(connection: Connection, media: IndexableMedia) -> None:
    connection.execute(
        "INSERT INTO search_configs (owner_id, config) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [media.owner_id, media.config],
    )


def delete_words(connection: Connection, media_id: UUID) -> None:
    connection.execute("DELETE FROM search_words WHERE media_id = %s", [media_id])


def insert_words(
    connection: Connection, media: IndexableMedia, media_id: UUID, *, first: int, title: str, bodies: Sequence[str]
) -> None:
    """Index passages, numbered from `first`. The words of the title are stored with the first of them."""
    connection.execute(
        """INSERT INTO search_words (media_id, owner_id, number, config, words)
           SELECT %(media)s, %(owner)s, %(first)s + nth - 1, %(config)s,
                  app.to_search_vector(%(config)s, CASE WHEN nth = 1 THEN %(title)s ELSE '' END, body)
           FROM unnest(%(bodies)s::text[]) WITH ORDINALITY AS passage (body, nth)""",
        {
            "media": media_id,
            "owner": media.owner_id,
            "first": first,
            "config": media.config,
            "title": title,
            "bodies": list(bodies),
        },
    )


def replace_title(connection: Connection, media_id: UUID, title: str) -> None:
    connection.execute(
        """UPDATE search_words SET words = app.to_search_vector(config, %(title)s, '') || ts_filter(words, '{d}')
           WHERE media_id = %(id)s AND number = 1""",
        {"id": media_id, "title": title},
    )
