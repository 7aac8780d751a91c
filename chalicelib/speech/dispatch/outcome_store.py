"""SQL for a job's segments after a call, or when their provider fails. Row-level security limits it to one owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.dispatch import doubt_store
from chalicelib.speech.messages import SegmentResultMessage
from chalicelib.speech.spoken_segment import cache_key


def complete_segment(connection: Connection, result: SegmentResultMessage) -> bool:
    """Record a segment's audio, from whichever call; return False if it already has some."""
    cursor = connection.execute(
        """UPDATE speech_segments
           SET status = 'done', voice = %(voice)s, audio_key = %(key)s, word_key = %(word_key)s,
               frame_count = %(frames)s, audio_bytes = %(bytes)s, duration_ms = %(duration)s, error = NULL, call_id = NULL,
               checks = %(checks)s, cache_key = %(cache_key)s, settled_at = now()
           WHERE job_id = %(job)s AND index = %(index)s AND status <> 'done'""",
        {
            "job": result.job_id,
            "index": result.index,
            "voice": result.voice,
            "key": result.key,
            "word_key": result.word_key,
            "frames": result.frame_count,
            "bytes": result.audio_bytes,
            "duration": result.duration_ms,
            "checks": result.checks and result.checks.model_dump_json(),
            "cache_key": replaced if (replaced := cache_key(result.key)) != result.key else None,
        },
    )
    return cursor.rowcount == 1


@dataclass(frozen=True, slots=True)
class FailedSegment:
    """The failed attempts of a segment's voice before this one, and its language if that is not the job's."""

    attempts: int
    language: str | None


def get_failed(connection: Connection, result: SegmentResultMessage) -> FailedSegment | None:
    """Return the segment of a failed call; None if the call is outdated."""
    return database.fetch_one(
        connection,
        FailedSegment,
        """SELECT tries AS attempts, language FROM speech_segments
           WHERE job_id = %(job)s AND index = %(index)s AND status = 'queued' AND call_id = %(call)s""",
        {"job": result.job_id, "index": result.index, "call": result.call_id},
    )


def requeue(
    connection: Connection, job_id: UUID, index: int, *, voice: str, attempts: int, delay: timedelta, error: str | None
) -> None:
    """Plan another call for a segment, after the delay."""
    connection.execute(
        """UPDATE speech_segments SET status = 'planned', call_id = NULL, voice = %(voice)s, tries = %(attempts)s,
                                      ready_at = clock_timestamp() + %(delay)s, error = %(error)s
           WHERE job_id = %(job)s AND index = %(index)s""",
        {"job": job_id, "index": index, "voice": voice, "attempts": attempts, "delay": delay, "error": error},
    )


def mark_unspoken(connection: Connection, job_id: UUID, index: int, error: str) -> None:
    """Finish a segment without audio: it becomes a gap in the recording. A try with faults is better than none."""
    if doubt_store.accept_candidates(connection, job_id, index=index):
        return
    connection.execute(
        """UPDATE speech_segments SET status = 'failed', call_id = NULL, audio_key = NULL, error = %(error)s, settled_at = now()
           WHERE job_id = %(job)s AND index = %(index)s AND status IN ('planned', 'queued')""",
        {"job": job_id, "index": index, "error": error},
    )


def fail_over(connection: Connection, job_id: UUID, provider: str, voice: str, *, language: str | None) -> int:
    """Move a job's pending segments in a language from a provider to another voice; return their number."""
    cursor = connection.execute(
        """UPDATE speech_segments SET voice = %(voice)s, tries = 0, ready_at = clock_timestamp()
           WHERE job_id = %(job)s AND provider = %(provider)s AND status = 'planned'
                 AND language IS NOT DISTINCT FROM %(language)s""",
        {"job": job_id, "provider": provider, "voice": voice, "language": language},
    )
    return cursor.rowcount


def mark_pending_unspoken(
    connection: Connection, job_id: UUID, error: str, *, providers: Sequence[str] | None = None
) -> int:
    """Finish a job's pending segments without audio, of these providers or of all; return their number.

    A try with faults is better than none.
    """
    accepted = doubt_store.accept_candidates(connection, job_id, providers=providers)
    cursor = connection.execute(
        """UPDATE speech_segments SET status = 'failed', audio_key = NULL, error = %(error)s, settled_at = now()
           WHERE job_id = %(job)s AND status = 'planned' AND (%(providers)s::text[] IS NULL OR provider = ANY(%(providers)s))""",
        {"job": job_id, "error": error, "providers": None if providers is None else list(providers)},
    )
    return accepted + cursor.rowcount
