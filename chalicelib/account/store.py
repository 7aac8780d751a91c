"""SQL for an account's usage."""

from __future__ import annotations

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


def get(connection: Connection) -> AccountRow | None:
    """Return None for an account that has never stored anything."""
    return database.fetch_one(
        connection,
        AccountRow,
        "SELECT stored_bytes, stored_items, created_at FROM accounts WHERE owner_id = app.current_owner_id()",
        {},
    )


def count_media_by_status(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT status, count(*)::int FROM media GROUP BY status").fetchall())


def count_contents(connection: Connection) -> ContentCounts:
    counts = database.fetch_one(
        connection,
        ContentCounts,
        """SELECT (SELECT count(*) FROM collections) AS collections, count(*) AS speech_jobs,
                  count(*) FILTER (WHERE finished_at IS NULL) AS speech_jobs_unfinished,
                  coalesce(sum(characters) FILTER (WHERE status IN ('done', 'partial')), 0)::bigint AS spoken_characters
           FROM speech_jobs""",
        {},
    )
    assert counts is not None  # noqa: S101 - an aggregate has a row
    return counts
