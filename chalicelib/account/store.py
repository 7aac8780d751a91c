"""SQL of what an account holds, and of which tables hold it: the catalogue knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class AccountRow:
    stored_bytes: int
    stored_items: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ContentCounts:
    collections: int
    speech_jobs: int
    speech_jobs_unfinished: int
    spoken_characters: int


@dataclass(frozen=True, slots=True)
class OwnedTable:
    """A table whose rows belong to an owner, with the columns of its primary key and their types."""

    name: str
    key_columns: Sequence[tuple[str, str]]


def get(connection: Connection) -> AccountRow | None:
    return database.fetch_one(
        connection,
        AccountRow,
        "SELECT stored_bytes, stored_items, created_at FROM accounts WHERE owner_id = app.owner()",
        {},
    )


def count_media_by_status(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT status, count(*)::int FROM media GROUP BY status").fetchall())


def count_contents(connection: Connection) -> ContentCounts:
    found = database.fetch_one(
        connection,
        ContentCounts,
        """SELECT (SELECT count(*) FROM collections) AS collections, count(*) AS speech_jobs,
                  count(*) FILTER (WHERE finished_at IS NULL) AS speech_jobs_unfinished,
                  coalesce(sum(characters) FILTER (WHERE status IN ('done', 'partial')), 0)::bigint AS spoken_characters
           FROM speech_jobs""",
        {},
    )
    assert found is not None  # noqa: S101 - an aggregate has a row
    return found


def list_owned_tables(connection: Connection) -> list[OwnedTable]:
    """Every table whose rows belong to an owner, by name."""
    rows = connection.execute(
        """SELECT owned.relname, array_agg(ARRAY[part.attname, format_type(part.atttypid, part.atttypmod)]
                                           ORDER BY array_position(key.indkey::int2[], part.attnum))
           FROM pg_class AS owned
           JOIN pg_attribute AS owner ON owner.attrelid = owned.oid AND owner.attname = 'owner_id'
           JOIN pg_index AS key ON key.indrelid = owned.oid AND key.indisprimary
           JOIN pg_attribute AS part ON part.attrelid = owned.oid AND part.attnum = ANY (key.indkey)
           WHERE owned.relnamespace = 'public'::regnamespace AND owned.relkind = 'r'
           GROUP BY owned.relname ORDER BY owned.relname"""
    )
    return [OwnedTable(name, [(column, kind) for column, kind in key]) for name, key in rows]


def list_foreign_keys(connection: Connection) -> list[tuple[str, str]]:
    """Which table's rows name rows of which other one."""
    rows = connection.execute(
        """SELECT DISTINCT child.relname, parent.relname
           FROM pg_constraint JOIN pg_class AS child ON child.oid = conrelid JOIN pg_class AS parent ON parent.oid = confrelid
           WHERE contype = 'f' AND conrelid <> confrelid"""
    )
    return [(child, parent) for child, parent in rows]
