"""SQL for segments whose audio has faults: their best try so far, and their further calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.messages import SegmentResultMessage


@dataclass(frozen=True, slots=True)
class DoubtfulSegment:
    """A segment in a call, and the further calls that it and its whole job have had. `fault_count` is of its best try."""

    language: str | None
    respoken: int
    job_respoken: int
    job_segments: int
    fault_count: int | None


def get(connection: Connection, result: SegmentResultMessage) -> DoubtfulSegment | None:
    """Return a segment's further calls; None if the call is outdated."""
    return database.fetch_one(
        connection,
        DoubtfulSegment,
        """SELECT language, respoken, jsonb_array_length(candidate #> '{checks,faults}') AS fault_count,
                  (SELECT sum(respoken) FROM speech_segments WHERE job_id = %(job)s)::int AS job_respoken,
                  (SELECT count(*) FROM speech_segments WHERE job_id = %(job)s)::int AS job_segments
           FROM speech_segments
           WHERE job_id = %(job)s AND index = %(index)s AND status = 'queued' AND call_id = %(call)s""",
        {"job": result.job_id, "index": result.index, "call": result.call_id},
    )


def keep(connection: Connection, result: SegmentResultMessage, *, is_best: bool) -> None:
    """Remember a try with faults, so that its objects are deleted with the job; the best one may be accepted."""
    connection.execute(
        """UPDATE speech_segments
           SET candidate = CASE WHEN %(best)s THEN %(result)s::jsonb ELSE candidate END,
               rejected_keys = rejected_keys || %(keys)s::text[]
           WHERE job_id = %(job)s AND index = %(index)s""",
        {
            "best": is_best,
            "result": result.model_dump_json(),
            "keys": [result.key, *([result.word_key] if result.word_key else [])],
            "job": result.job_id,
            "index": result.index,
        },
    )


def respeak(connection: Connection, job_id: UUID, index: int, voice: str) -> None:
    """Plan another call for a segment at once."""
    connection.execute(
        """UPDATE speech_segments SET status = 'planned', call_id = NULL, voice = %(voice)s, tries = 0,
                                      respoken = respoken + 1, ready_at = clock_timestamp(), error = NULL
           WHERE job_id = %(job)s AND index = %(index)s""",
        {"job": job_id, "index": index, "voice": voice},
    )


def accept_candidates(
    connection: Connection, job_id: UUID, *, index: int | None = None, providers: Sequence[str] | None = None
) -> int:
    """Finish unfinished segments with the best of their tries, in doubt; return how many had one.

    Of one segment, or of those that wait for these providers, or of all that wait.
    """
    cursor = connection.execute(
        """UPDATE speech_segments
           SET status = 'done', is_doubtful = true, voice = candidate ->> 'voice', audio_key = candidate ->> 'key',
               word_key = candidate ->> 'word_key', frame_count = (candidate ->> 'frame_count')::int,
               audio_bytes = (candidate ->> 'audio_bytes')::int, duration_ms = (candidate ->> 'duration_ms')::int,
               checks = candidate -> 'checks', error = NULL, call_id = NULL, settled_at = now()
           WHERE job_id = %(job)s AND candidate IS NOT NULL
                 AND ((index = %(index)s AND status IN ('planned', 'queued'))
                      OR (%(index)s::int IS NULL AND status = 'planned'
                          AND (%(providers)s::text[] IS NULL OR provider = ANY(%(providers)s))))""",
        {"job": job_id, "index": index, "providers": None if providers is None else list(providers)},
    )
    return cursor.rowcount
