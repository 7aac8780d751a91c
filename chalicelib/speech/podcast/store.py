"""SQL for podcasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class PodcastRow:
    collection_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LatestRecording:
    """The newest finished recording of a media item."""

    job_id: UUID
    media_id: UUID
    finished_at: datetime
    duration_ms: int
    size_bytes: int


def upsert(connection: Connection, owner_id: UUID, collection_id: UUID, token_hash: bytes) -> None:
    """Insert a collection's podcast, or replace its token."""
    connection.execute(
        """INSERT INTO podcasts (collection_id, owner_id, token_hash) VALUES (%s, %s, %s)
           ON CONFLICT (collection_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = now()""",
        [collection_id, owner_id, token_hash],
    )


def get_by_collection(connection: Connection, collection_id: UUID) -> PodcastRow | None:
    return database.fetch_one(
        connection,
        PodcastRow,
        "SELECT collection_id, created_at FROM podcasts WHERE collection_id = %(id)s",
        {"id": collection_id},
    )


def list_newest(connection: Connection, *, after: TimeCursor | None, limit: int) -> list[PodcastRow]:
    return database.fetch(
        connection,
        PodcastRow,
        """SELECT collection_id, created_at FROM podcasts
           WHERE %(at)s::timestamptz IS NULL OR (created_at, collection_id) < (%(at)s::timestamptz, %(id)s::uuid)
           ORDER BY created_at DESC, collection_id DESC LIMIT %(limit)s""",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def get_by_token_hash(connection: Connection, token_hash: bytes) -> PodcastRow | None:
    """Return a podcast of the transaction's owner.

    Looked up by hash, so that timing reveals nothing about the token.
    """
    return database.fetch_one(
        connection,
        PodcastRow,
        "SELECT collection_id, created_at FROM podcasts WHERE token_hash = %(hash)s",
        {"hash": token_hash},
    )


def delete(connection: Connection, collection_id: UUID) -> bool:
    """Delete a collection's podcast; return False when it has none."""
    return connection.execute("DELETE FROM podcasts WHERE collection_id = %s", [collection_id]).rowcount == 1


def list_latest_recordings(connection: Connection, media_ids: Sequence[UUID]) -> list[LatestRecording]:
    return database.fetch(
        connection,
        LatestRecording,
        """SELECT DISTINCT ON (media_id) id AS job_id, media_id, finished_at, duration_ms, recording_bytes AS size_bytes
           FROM speech_jobs
           WHERE media_id = ANY(%(media)s) AND status IN ('done', 'partial') AND recording_bytes IS NOT NULL
           ORDER BY media_id, finished_at DESC, id DESC""",
        {"media": list(media_ids)},
    )
