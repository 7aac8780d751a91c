"""SQL for an account's usage and activity."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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


def list_names(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of media, collections, recordings, words of the lexicon, API keys, and webhooks; deleted ones are missing.

    A webhook is called after the server that it calls: the rest of its address may be secret.
    """
    return dict(
        connection.execute(
            """SELECT id, title FROM media WHERE id = ANY(%(ids)s) UNION ALL
               SELECT id, name FROM collections WHERE id = ANY(%(ids)s) UNION ALL
               SELECT speech_jobs.id, title FROM speech_jobs JOIN media ON media.id = media_id
               WHERE speech_jobs.id = ANY(%(ids)s) UNION ALL
               SELECT id, written FROM lexicon_entries WHERE id = ANY(%(ids)s) UNION ALL
               SELECT id, name FROM api_keys WHERE id = ANY(%(ids)s) UNION ALL
               SELECT id, substring(url FROM '^https?://([^/?#]+)') FROM webhooks WHERE id = ANY(%(ids)s)""",
            {"ids": list(ids)},
        ).fetchall()
    )
