"""SQL for the objects of speech jobs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.platform.db.database import Connection


def list_job_ids(connection: Connection, media_id: UUID) -> list[UUID]:
    return [row[0] for row in connection.execute("SELECT id FROM speech_jobs WHERE media_id = %s", [media_id])]


def list_media_audio_keys(connection: Connection, media_id: UUID) -> list[str]:
    rows = connection.execute(
        """SELECT DISTINCT key FROM speech_segments JOIN speech_jobs ON speech_jobs.id = job_id
           CROSS JOIN LATERAL unnest(rejected_keys || ARRAY[audio_key, word_key]) AS keys (key)
           WHERE media_id = %s AND key IS NOT NULL""",
        [media_id],
    )
    return [row[0] for row in rows]


def list_job_audio_keys(connection: Connection, job_id: UUID) -> list[str]:
    rows = connection.execute(
        """SELECT DISTINCT key FROM speech_segments
           CROSS JOIN LATERAL unnest(rejected_keys || ARRAY[audio_key, word_key]) AS keys (key)
           WHERE job_id = %s AND key IS NOT NULL""",
        [job_id],
    )
    return [row[0] for row in rows]


def list_referenced(connection: Connection, audio_keys: Sequence[str]) -> set[str]:
    """Return those of the keys that a segment refers to: its audio, or the bought audio that this was made of."""
    rows = connection.execute(
        """SELECT audio_key FROM speech_segments WHERE audio_key = ANY(%(keys)s)
           UNION SELECT word_key FROM speech_segments WHERE word_key = ANY(%(keys)s)""",
        {"keys": list(audio_keys)},
    )
    return {row[0] for row in rows}


def has_unfinished_job(connection: Connection) -> bool:
    """Return whether the owner has an unfinished job, which may reuse segments not recorded yet."""
    row = connection.execute(
        """SELECT 1 FROM speech_jobs
           WHERE owner_id = app.current_owner_id() AND status IN ('queued', 'planning', 'speaking', 'finishing') LIMIT 1"""
    ).fetchone()
    return row is not None
