"""SQL of speech. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from chalicelib.platform import database
from chalicelib.platform.cursor import Place
from chalicelib.platform.database import Connection
from chalicelib.speech.decide import Counts
from chalicelib.speech.model import Job, SegmentResult
from chalicelib.speech.segments import Segment

JOB_COLUMNS: LiteralString = """
    job.id, job.media_id, job.voice, job.status, job.characters, job.duration_ms, job.error, job.created_at, job.finished_at,
    jsonb_build_object('done', spoken.settled, 'total', spoken.total) AS progress,
    spoken.billed_characters, spoken.providers, spoken.gaps
"""
JOB_SEGMENTS: LiteralString = """
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status IN ('done', 'failed')) AS settled, count(*) AS total,
               coalesce(sum(billed_characters), 0)::int AS billed_characters,
               coalesce((SELECT jsonb_object_agg(provider, segments) FROM (
                   SELECT split_part(voice, ':', 1) AS provider, count(*) AS segments FROM speech_segments
                   WHERE job_id = job.id AND status = 'done' GROUP BY 1) AS by_provider), '{}') AS providers,
               coalesce(jsonb_agg(jsonb_build_object('text_start', text_start, 'text_end', text_end, 'reason', error)
                                  ORDER BY index) FILTER (WHERE status = 'failed'), '[]') AS gaps
        FROM speech_segments WHERE job_id = job.id
    ) AS spoken
"""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as its workers see it."""

    id: UUID
    owner_id: UUID
    media_id: UUID
    voice: str
    language: str
    text_start: int
    text_end: int
    status: str
    fence: int


@dataclass(frozen=True, slots=True)
class SegmentRow:
    index: int
    text_start: int
    text_end: int
    pause_ms: int
    status: str
    voice: str
    audio_key: str | None
    frame_count: int | None
    audio_bytes: int | None
    duration_ms: int | None


JOB_ROW: LiteralString = "id, owner_id, media_id, voice, language, text_start, text_end, status, fence"
SEGMENT_ROW: LiteralString = (
    "index, text_start, text_end, pause_ms, status, voice, audio_key, frame_count, audio_bytes, duration_ms"
)


def insert_job(
    connection: Connection,
    owner_id: UUID,
    job_id: UUID,
    media_id: UUID,
    voice: str,
    language: str,
    start: int,
    end: int,
) -> bool:
    """False when a first try wrote the job already."""
    cursor = connection.execute(
        """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, text_start, text_end, characters)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING""",
        [job_id, owner_id, media_id, voice, language, start, end, end - start],
    )
    return cursor.rowcount == 1


def find_job(connection: Connection, job_id: UUID) -> Job | None:
    return database.fetch_one(
        connection,
        Job,
        f"SELECT {JOB_COLUMNS} FROM speech_jobs AS job {JOB_SEGMENTS} WHERE job.id = %(id)s",
        {"id": job_id},
    )


def newest_jobs(connection: Connection, *, after: Place | None, limit: int) -> list[Job]:
    """Newest first, going on after a place."""
    return database.fetch(
        connection,
        Job,
        f"""SELECT {JOB_COLUMNS} FROM (
                SELECT * FROM speech_jobs
                WHERE %(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)
                ORDER BY created_at DESC, id DESC LIMIT %(limit)s
            ) AS job {JOB_SEGMENTS} ORDER BY job.created_at DESC, job.id DESC""",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def claim_job(connection: Connection, job_id: UUID, *, waiting: str, working: str, lease_s: int) -> JobRow | None:
    """Take a job that waits in one state into the next, or from a worker whose lease ran out."""
    return database.fetch_one(
        connection,
        JobRow,
        f"""
        UPDATE speech_jobs SET status = %(working)s, fence = fence + 1, updated_at = now(),
                               lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND status IN (%(waiting)s, %(working)s)
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING {JOB_ROW}
        """,
        {"id": job_id, "waiting": waiting, "working": working, "lease": lease_s},
    )


def lock_job(connection: Connection, job_id: UUID) -> JobRow | None:
    """The job, held until the end of the transaction: its segments are settled one at a time."""
    return database.fetch_one(
        connection, JobRow, f"SELECT {JOB_ROW} FROM speech_jobs WHERE id = %(id)s FOR UPDATE", {"id": job_id}
    )


def move_job(
    connection: Connection,
    job_id: UUID,
    status: str,
    *,
    fence: int,
    error: str | None = None,
    duration_ms: int | None = None,
) -> bool:
    """Settle a claim with the job's next state. False when the claim was lost meanwhile; then nothing was written."""
    cursor = connection.execute(
        """
        UPDATE speech_jobs
        SET status = %(status)s, error = %(error)s, duration_ms = %(duration)s, lease_until = NULL, updated_at = now(),
            finished_at = CASE WHEN %(status)s IN ('done', 'partial', 'failed', 'cancelled') THEN now() END
        WHERE id = %(id)s AND fence = %(fence)s
        """,
        {"id": job_id, "status": status, "error": error, "duration": duration_ms, "fence": fence},
    )
    return cursor.rowcount == 1


def insert_segments(connection: Connection, job: JobRow, segments: Sequence[Segment]) -> None:
    """Write the plan; what an earlier try wrote stays, cutting is deterministic."""
    connection.execute(
        """
        INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, voice)
        SELECT %(job)s, %(owner)s, i, s, e, p, %(voice)s
        FROM unnest(%(indexes)s::int[], %(starts)s::int[], %(ends)s::int[], %(pauses)s::int[]) AS planned (i, s, e, p)
        ON CONFLICT (job_id, index) DO NOTHING
        """,
        {
            "job": job.id,
            "owner": job.owner_id,
            "voice": job.voice,
            "indexes": [segment.index for segment in segments],
            "starts": [segment.start for segment in segments],
            "ends": [segment.end for segment in segments],
            "pauses": [segment.pause_ms for segment in segments],
        },
    )


def take_planned(connection: Connection, job_id: UUID, *, limit: int) -> list[SegmentRow]:
    """Mark the next segments as sent and answer them, in order."""
    rows = database.fetch(
        connection,
        SegmentRow,
        f"""
        UPDATE speech_segments SET status = 'queued', queued_at = now()
        WHERE job_id = %(job)s AND index IN (
            SELECT index FROM speech_segments WHERE job_id = %(job)s AND status = 'planned' ORDER BY index LIMIT %(limit)s)
        RETURNING {SEGMENT_ROW}
        """,
        {"job": job_id, "limit": limit},
    )
    return sorted(rows, key=lambda row: row.index)


def settle_segment(connection: Connection, result: SegmentResult) -> bool:
    """Write down what became of a segment, once; False for a result that came again or too late."""
    cursor = connection.execute(
        """
        UPDATE speech_segments
        SET status = CASE WHEN %(error)s::text IS NULL THEN 'done' ELSE 'failed' END, error = %(error)s,
            audio_key = CASE WHEN %(error)s::text IS NULL THEN %(key)s END, frame_count = %(frames)s, audio_bytes = %(bytes)s,
            duration_ms = %(duration)s, billed_characters = billed_characters + %(billed)s, settled_at = now()
        WHERE job_id = %(job)s AND index = %(index)s AND status = 'queued' AND voice = %(voice)s
        """,
        {
            "job": result.job_id,
            "index": result.index,
            "voice": result.voice,
            "key": result.key,
            "frames": result.frame_count,
            "bytes": result.audio_bytes,
            "duration": result.duration_ms,
            "billed": result.billed_characters,
            "error": result.error,
        },
    )
    return cursor.rowcount == 1


def touch(connection: Connection, job_id: UUID) -> None:
    """The job moves: the sweep has no business with it."""
    connection.execute("UPDATE speech_jobs SET updated_at = now() WHERE id = %s", [job_id])


def change_voice(connection: Connection, failed: SegmentResult, voice: str) -> SegmentRow | None:
    """Let another voice try a segment that is on its way; None when that was done already."""
    return database.fetch_one(
        connection,
        SegmentRow,
        f"""UPDATE speech_segments SET voice = %(voice)s, queued_at = now(),
                   billed_characters = billed_characters + %(billed)s
            WHERE job_id = %(job)s AND index = %(index)s AND status = 'queued' AND voice = %(failed)s
            RETURNING {SEGMENT_ROW}""",
        {
            "job": failed.job_id,
            "index": failed.index,
            "voice": voice,
            "failed": failed.voice,
            "billed": failed.billed_characters,
        },
    )


def first_error(connection: Connection, job_id: UUID) -> str | None:
    row = connection.execute(
        "SELECT error FROM speech_segments WHERE job_id = %s AND error IS NOT NULL ORDER BY index LIMIT 1", [job_id]
    ).fetchone()
    return str(row[0]) if row else None


def count(connection: Connection, job_id: UUID) -> Counts:
    found = database.fetch_one(
        connection,
        Counts,
        """SELECT count(*) FILTER (WHERE status = 'planned') AS planned, count(*) FILTER (WHERE status = 'queued') AS queued,
                  count(*) FILTER (WHERE status = 'done') AS done, count(*) FILTER (WHERE status = 'failed') AS failed
           FROM speech_segments WHERE job_id = %(job)s""",
        {"job": job_id},
    )
    return found or Counts(0, 0, 0, 0)


def segments(connection: Connection, job_id: UUID) -> list[SegmentRow]:
    return database.fetch(
        connection,
        SegmentRow,
        f"SELECT {SEGMENT_ROW} FROM speech_segments WHERE job_id = %(job)s ORDER BY index",
        {"job": job_id},
    )


def late_segments(connection: Connection, job_id: UUID, *, older_than_s: int) -> list[SegmentRow]:
    """Segments on their way for so long that their message must be lost; marked as sent anew."""
    return database.fetch(
        connection,
        SegmentRow,
        f"""UPDATE speech_segments SET queued_at = now()
            WHERE job_id = %(job)s AND status = 'queued' AND queued_at < now() - make_interval(secs => %(age)s)
            RETURNING {SEGMENT_ROW}""",
        {"job": job_id, "age": older_than_s},
    )


def stuck_jobs(connection: Connection, *, idle_s: int, limit: int) -> list[JobRow]:
    """Jobs of all owners that should have moved by now, oldest first."""
    return database.fetch(
        connection,
        JobRow,
        f"""SELECT {JOB_ROW} FROM speech_jobs
            WHERE status IN ('queued', 'planning', 'speaking', 'finishing')
                  AND updated_at < now() - make_interval(secs => %(idle)s)
            ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )
