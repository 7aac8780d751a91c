"""SQL for the content of an account's export: rows as JSON, and the objects to include."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.owned_tables import OwnedTable


@dataclass(frozen=True, slots=True)
class StoredMedia:
    id: UUID
    owner_id: UUID
    filename: str
    media_type: str
    size_bytes: int
    original_withheld: bool


@dataclass(frozen=True, slots=True)
class StoredRecording:
    id: UUID
    owner_id: UUID
    duration_ms: int


def list_rows(
    connection: Connection,
    table: OwnedTable,
    after: Sequence[str] | None,
    *,
    omitted_columns: Sequence[str],
    limit: int,
) -> list[tuple[str, list[str]]]:
    """List the owner's rows of a table behind the key `after`, by key: each as JSON without some columns, with its key."""
    from psycopg import sql

    columns = [sql.Identifier("t", name) for name, _ in table.key_columns]
    kinds = [sql.SQL("%s::" + kind) for _, kind in table.key_columns]  # the catalogue's names of types
    comma = sql.SQL(", ")
    statement = sql.SQL(
        """SELECT (to_jsonb(t) - %s::text[])::text, ARRAY[{texts}] FROM {table} AS t
           WHERE owner_id = app.current_owner_id() AND {beyond} ORDER BY {columns} LIMIT %s"""
    ).format(
        texts=comma.join(sql.SQL("{}::text").format(column) for column in columns),
        table=sql.Identifier(table.name),
        columns=comma.join(columns),
        beyond=sql.SQL("true")
        if after is None
        else sql.SQL("({}) > ({})").format(comma.join(columns), comma.join(kinds)),
    )
    return connection.execute(statement, [omitted_columns, *(after or ()), limit]).fetchall()


def list_media(connection: Connection, after: UUID | None, *, limit: int) -> list[StoredMedia]:
    return database.fetch(
        connection,
        StoredMedia,
        """SELECT id, owner_id, filename, media_type, size_bytes, original_withheld FROM media
           WHERE status IN ('ready', 'trashed') AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
           ORDER BY id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )


def list_recordings(connection: Connection, after: UUID | None, *, limit: int) -> list[StoredRecording]:
    return database.fetch(
        connection,
        StoredRecording,
        """SELECT id, owner_id, duration_ms FROM speech_jobs
           WHERE status IN ('done', 'partial') AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
           ORDER BY id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )
