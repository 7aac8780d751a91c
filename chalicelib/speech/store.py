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
from chalicelib.speech.model import Job, Quote
from chalicelib.speech.segments import Segment

JOB_COLUMNS: LiteralString = """
    job.id, job.media_id, job.voice, job.status, job.characters, job.cached_characters, job.estimated_cost, job.currency,
    job.duration_ms, job.error, job.created_at, job.finished_at,
    jsonb_build_object('done', spoken.settled, 'total', spoken.total) AS progress,
    spoken.billed_characters, spoken.cost, spoken.providers, spoken.gaps
"""
JOB_SEGMENTS: LiteralString = """
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status IN ('done', 'failed')) AS settled, count(*) AS total,
               coalesce(sum(billed_characters), 0)::int AS billed_characters, coalesce(sum(cost), 0) AS cost,
               coalesce((SELECT jsonb_object_agg(provider, segments) FROM (
                   SELECT provider, count(*) AS segments FROM speech_segments
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
    attempts: int


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


@dataclass(frozen=True, slots=True)
class Cached:
    """Audio that an owner has bought."""

    audio_key: str
    frame_count: int
    audio_bytes: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment of a plan, and its audio when the owner has it."""

    segment: Segment
    cached: Cached | None


JOB_ROW: LiteralString = "id, owner_id, media_id, voice, language, text_start, text_end, status, fence, attempts"
SEGMENT_ROW: LiteralString = (
    "index, text_start, text_end, pause_ms, status, voice, audio_key, frame_count, audio_bytes, duration_ms"
)


def insert_job(
    connection: Connection,
    owner_id: UUID,
    job_id: UUID,
    media_id: UUID,
    *,
    language: str,
    begin: int,
    end: int,
    quote: Quote,
    paid_characters: int,
) -> None:
    """`paid_characters` are those that will be on the bill."""
    connection.execute(
        """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, text_start, text_end, characters,
                                    cached_characters, paid_characters, estimated_cost, currency)
           VALUES (%(id)s, %(owner)s, %(media)s, %(voice)s, %(language)s, %(begin)s, %(end)s, %(characters)s,
                   %(cached)s, %(paid)s, %(cost)s, %(currency)s)""",
        {
            "id": job_id,
            "owner": owner_id,
            "media": media_id,
            "voice": quote.voice,
            "language": language,
            "begin": begin,
            "end": end,
            "characters": quote.characters,
            "cached": quote.cached_characters,
            "paid": paid_characters,
            "cost": quote.estimated_cost,
            "currency": quote.currency,
        },
    )


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
        UPDATE speech_jobs SET status = %(working)s, fence = fence + 1, attempts = attempts + 1, updated_at = now(),
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


def find_speaking(connection: Connection, job_id: UUID) -> JobRow | None:
    return database.fetch_one(
        connection,
        JobRow,
        f"SELECT {JOB_ROW} FROM speech_jobs WHERE id = %(id)s AND status = 'speaking'",
        {"id": job_id},
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
        SET status = %(status)s, error = %(error)s, duration_ms = %(duration)s, lease_until = NULL, attempts = 0,
            updated_at = now(), moved_at = now(),
            finished_at = CASE WHEN %(status)s IN ('done', 'partial', 'failed', 'cancelled') THEN now() END
        WHERE id = %(id)s AND fence = %(fence)s
        """,
        {"id": job_id, "status": status, "error": error, "duration": duration_ms, "fence": fence},
    )
    return cursor.rowcount == 1


def interrupt(connection: Connection, job_id: UUID, status: str) -> None:
    """Put a job that is held into another state, whoever is working on it: what they write later is void."""
    connection.execute(
        """UPDATE speech_jobs SET status = %(status)s, fence = fence + 1, lease_until = NULL, attempts = 0, error = NULL,
                                  duration_ms = NULL, updated_at = now(), moved_at = now(),
                                  finished_at = CASE WHEN %(status)s = 'cancelled' THEN now() END
           WHERE id = %(id)s""",
        {"id": job_id, "status": status},
    )


def remove(connection: Connection, job_id: UUID) -> None:
    connection.execute("DELETE FROM speech_jobs WHERE id = %s", [job_id])


def touch(connection: Connection, job_id: UUID, *, moved: bool = False) -> None:
    """The sweep has no business with the job for a while; `moved`: because something was settled."""
    connection.execute(
        "UPDATE speech_jobs SET updated_at = now(), moved_at = CASE WHEN %s THEN now() ELSE moved_at END WHERE id = %s",
        [moved, job_id],
    )


def insert_segments(connection: Connection, job: JobRow, pieces: Sequence[Piece]) -> None:
    """Write the plan; what an earlier try wrote stays, cutting is deterministic. What is in the cache is done already."""
    connection.execute(
        """
        INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, voice, status,
                                     audio_key, frame_count, audio_bytes, duration_ms, settled_at)
        SELECT %(job)s, %(owner)s, i, s, e, p, %(voice)s, CASE WHEN k IS NULL THEN 'planned' ELSE 'done' END,
               k, f, b, d, CASE WHEN k IS NOT NULL THEN now() END
        FROM unnest(%(indexes)s::int[], %(starts)s::int[], %(ends)s::int[], %(pauses)s::int[], %(keys)s::text[],
                    %(frames)s::int[], %(bytes)s::int[], %(durations)s::int[]) AS planned (i, s, e, p, k, f, b, d)
        ON CONFLICT (job_id, index) DO NOTHING
        """,
        {
            "job": job.id,
            "owner": job.owner_id,
            "voice": job.voice,
            "indexes": [piece.segment.index for piece in pieces],
            "starts": [piece.segment.start for piece in pieces],
            "ends": [piece.segment.end for piece in pieces],
            "pauses": [piece.segment.pause_ms for piece in pieces],
            "keys": [piece.cached and piece.cached.audio_key for piece in pieces],
            "frames": [piece.cached and piece.cached.frame_count for piece in pieces],
            "bytes": [piece.cached and piece.cached.audio_bytes for piece in pieces],
            "durations": [piece.cached and piece.cached.duration_ms for piece in pieces],
        },
    )


def cached(connection: Connection, keys: Sequence[str]) -> dict[str, Cached]:
    """What the owner has of this audio, by key: in any reading that was not deleted."""
    found = database.fetch(
        connection,
        Cached,
        """SELECT DISTINCT ON (audio_key) audio_key, frame_count, audio_bytes, duration_ms FROM speech_segments
           WHERE owner_id = app.owner() AND audio_key = ANY(%(keys)s) AND status = 'done' ORDER BY audio_key""",
        {"keys": list(keys)},
    )
    return {each.audio_key: each for each in found}


def plan_failed_again(connection: Connection, job_id: UUID, voice: str) -> None:
    """Let what was given up be spoken after all."""
    connection.execute(
        """UPDATE speech_segments SET status = 'planned', voice = %(voice)s, tries = 0, ready_at = now(), error = NULL,
                                      settled_at = NULL
           WHERE job_id = %(job)s AND status = 'failed'""",
        {"job": job_id, "voice": voice},
    )


def plan_lost_again(connection: Connection, job_id: UUID, index: int) -> None:
    """The audio of a segment is not there any more, or not what it was."""
    connection.execute(
        """UPDATE speech_segments SET status = 'planned', tries = 0, ready_at = now(), audio_key = NULL, settled_at = NULL
           WHERE job_id = %s AND index = %s AND status = 'done'""",
        [job_id, index],
    )


def characters_left(connection: Connection, job_id: UUID) -> tuple[int, int]:
    """The characters of segments that have no audio, and those on the bill so far."""
    row = connection.execute(
        """SELECT coalesce(sum(text_end - text_start) FILTER (WHERE status <> 'done'), 0)::int,
                  coalesce(sum(billed_characters), 0)::int FROM speech_segments WHERE job_id = %s""",
        [job_id],
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def expected_to_pay(connection: Connection, job_id: UUID) -> int:
    row = connection.execute("SELECT paid_characters FROM speech_jobs WHERE id = %s", [job_id]).fetchone()
    return int(row[0]) if row else 0


def expect_to_pay(connection: Connection, job_id: UUID, characters: int) -> None:
    connection.execute("UPDATE speech_jobs SET paid_characters = %s WHERE id = %s", [characters, job_id])


def providers_waited_for(connection: Connection, job_id: UUID) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT provider FROM speech_segments WHERE job_id = %s AND status = 'planned' ORDER BY 1", [job_id]
    )
    return [row[0] for row in rows]


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


def has_stood_still(connection: Connection, job_id: UUID, *, for_s: int) -> bool:
    row = connection.execute(
        "SELECT moved_at < now() - make_interval(secs => %s) FROM speech_jobs WHERE id = %s", [for_s, job_id]
    ).fetchone()
    return bool(row and row[0])
