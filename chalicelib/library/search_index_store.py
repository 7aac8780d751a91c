"""SQL of the search index: the words of headings (title, creators, series) and passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from chalicelib.library.media_metadata import NamedMedia
from chalicelib.library.search_terms import IndexTerms
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

INDEX_VERSION = 2  # of the release that indexes words besides their stems
_IS_OUTDATED: LiteralString = (
    "(folded_name IS NULL OR index_version < 2)"  # the predicate of an index, letter by letter
)
_INDEXABLE_COLUMNS: LiteralString = (
    "owner_id, title, filename, file_metadata, own_metadata, app.text_config(language) AS config"
)


@dataclass(frozen=True, slots=True)
class IndexableMedia:
    """The columns of a media that its index entries depend on. `config` is a Postgres text search configuration."""

    owner_id: UUID
    title: str
    filename: str
    file_metadata: Mapping[str, Any] | None
    own_metadata: Mapping[str, Any]
    config: str

    @property
    def names(self) -> NamedMedia:
        return NamedMedia(self.title, self.filename, self.file_metadata, self.own_metadata)


@dataclass(frozen=True, slots=True)
class OutdatedMedia:
    """A media of any owner, whose names or words an earlier release indexed."""

    id: UUID
    owner_id: UUID


def get_indexable(connection: Connection, media_id: UUID) -> IndexableMedia | None:
    return database.fetch_one(
        connection,
        IndexableMedia,
        f"SELECT {_INDEXABLE_COLUMNS} FROM media WHERE id = %(id)s",
        {"id": media_id},
    )


def lock_outdated(connection: Connection, media_id: UUID) -> IndexableMedia | None:
    """Return a media that an earlier release indexed, and lock it; None if it has been indexed again or deleted."""
    return database.fetch_one(
        connection,
        IndexableMedia,
        f"SELECT {_INDEXABLE_COLUMNS} FROM media WHERE id = %(id)s AND {_IS_OUTDATED} FOR UPDATE",
        {"id": media_id},
    )


def list_outdated(connection: Connection, *, limit: int) -> list[OutdatedMedia]:
    """List media that an earlier release indexed, by owner."""
    return database.fetch(
        connection,
        OutdatedMedia,
        f"SELECT id, owner_id FROM media WHERE {_IS_OUTDATED} ORDER BY owner_id, id LIMIT %(limit)s",
        {"limit": limit},
    )


def complete_index(connection: Connection, media_id: UUID, folded_name: str) -> None:
    """Store the folded name of a media that is indexed, and that this release did it."""
    connection.execute(
        "UPDATE media SET folded_name = %s, index_version = %s WHERE id = %s", [folded_name, INDEX_VERSION, media_id]
    )


def is_indexed(connection: Connection, media_id: UUID) -> bool:
    row = connection.execute("SELECT EXISTS (SELECT FROM search_words WHERE media_id = %s)", [media_id]).fetchone()
    return row == (True,)


def ensure_text_config(connection: Connection, media: IndexableMedia) -> None:
    connection.execute(
        "INSERT INTO search_configs (owner_id, config) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [media.owner_id, media.config],
    )


def delete_words(connection: Connection, media_id: UUID) -> None:
    connection.execute("DELETE FROM search_words WHERE media_id = %s", [media_id])


def insert_words(
    connection: Connection,
    media: IndexableMedia,
    media_id: UUID,
    *,
    first: int,
    heading: IndexTerms,
    bodies: Sequence[IndexTerms],
) -> None:
    """Index passages, numbered from `first`. The words of the heading are stored with the first of them."""
    connection.execute(
        """INSERT INTO search_words (media_id, owner_id, number, config, words)
           SELECT %(media)s, %(owner)s, %(first)s + nth - 1, %(config)s,
                  setweight(app.to_folded_vector(%(config)s, CASE WHEN nth = 1 THEN %(heading)s ELSE '' END,
                                                 CASE WHEN nth = 1 THEN %(folded_heading)s ELSE '' END), 'A')
                  || app.to_folded_vector(%(config)s, accented, folded)
           FROM unnest(%(accented)s::text[], %(folded)s::text[]) WITH ORDINALITY AS passage (accented, folded, nth)""",
        {
            "media": media_id,
            "owner": media.owner_id,
            "first": first,
            "config": media.config,
            "heading": heading.accented,
            "folded_heading": heading.folded,
            "accented": [body.accented for body in bodies],
            "folded": [body.folded for body in bodies],
        },
    )


def replace_heading(connection: Connection, media_id: UUID, heading: IndexTerms) -> None:
    connection.execute(
        """UPDATE search_words SET words = setweight(app.to_folded_vector(config, %(heading)s, %(folded)s), 'A')
                                           || ts_filter(words, '{d}')
           WHERE media_id = %(id)s AND number = 1""",
        {"id": media_id, "heading": heading.accented, "folded": heading.folded},
    )
