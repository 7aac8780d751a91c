"""SQL for speech jobs, as the workers use it. Row-level security limits every statement to the transaction's owner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.lease import Lease
from chalicelib.speech.lexicon.lexicon import Lexicon
from chalicelib.speech.model import Quote


@dataclass(frozen=True, slots=True)
class JobRow(Lease):
    """A job as its workers see it; the fencing token is that of the latest claim."""

    media_id: UUID
    voice: str
    language: str
    text_start: int
    text_end: int
    skip: list[str]
    pause_scale: float
    status: str
    attempts: int
    text_version: int
    passage_voices: dict[str, str]

    def voice_for(self, language: str | None) -> str:
        """Return the voice that was chosen for passages in a language; None is that of the text."""
        return self.passage_voices.get(language or "", self.voice)


JOB_ROW_COLUMNS: LiteralString = """
    id, owner_id, fence AS fencing_token, media_id, voice, language, text_start, text_end, skip, pause_scale,
    status, attempts, passage_voices,
    coalesce(text_version, (SELECT media.text_version FROM media WHERE media.id = media_id)) AS text_version
"""


def insert(
    connection: Connection,
    owner_id: UUID,
    job_id: UUID,
    media_id: UUID,
    *,
    language: str,
    text_start: int,
    text_end: int,
    skip: Sequence[str],
    pause_scale: float,
    lexicon: Lexicon,
    quote: Quote,
    billable_characters: int,
) -> None:
    connection.execute(
        """INSERT INTO speech_jobs (id, owner_id, media_id, voice, passage_voices, language, text_start, text_end, skip,
                                    pause_scale, characters, cached_characters, paid_characters, estimated_cost, currency,
                                    lexicon)
           VALUES (%(id)s, %(owner)s, %(media)s, %(voice)s, %(passage_voices)s, %(language)s, %(start)s, %(end)s, %(skip)s,
                   %(pause_scale)s, %(characters)s, %(cached)s, %(billable)s, %(cost)s, %(currency)s, %(lexicon)s)""",
        {
            "id": job_id,
            "owner": owner_id,
            "media": media_id,
            "voice": quote.voice,
            "passage_voices": json.dumps(quote.passage_voices),
            "language": language,
            "start": text_start,
            "end": text_end,
            "skip": list(skip),
            "pause_scale": pause_scale,
            "characters": quote.characters,
            "cached": quote.cached_characters,
            "billable": billable_characters,
            "cost": quote.estimated_cost,
            "currency": quote.currency,
            "lexicon": lexicon.to_json(),
        },
    )


def claim(connection: Connection, job_id: UUID, *, from_status: str, to_status: str, lease_s: int) -> JobRow | None:
    """Claim a job in `from_status`, or in `to_status` when its worker's lease has expired."""
    return database.fetch_one(
        connection,
        JobRow,
        f"""
        UPDATE speech_jobs SET status = %(to)s, fence = fence + 1, attempts = attempts + 1, updated_at = now(),
                               lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND status IN (%(from)s, %(to)s)
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING {JOB_ROW_COLUMNS}
        """,
        {"id": job_id, "from": from_status, "to": to_status, "lease": lease_s},
    )


def release(connection: Connection, job: JobRow) -> None:
    """Release the lease after a failure, so that a redelivered message need not wait until it expires."""
    connection.execute(
        "UPDATE speech_jobs SET lease_until = NULL, updated_at = now() WHERE id = %s AND fence = %s",
        [job.id, job.fencing_token],
    )


def get_lease_remaining_s(connection: Connection, job_id: UUID, *, status: str) -> float | None:
    """Return how long the lease on a job in this status still runs, if any."""
    row = connection.execute(
        """SELECT extract(epoch FROM lease_until - clock_timestamp())::float FROM speech_jobs
           WHERE id = %s AND status = %s AND lease_until > clock_timestamp()""",
        [job_id, status],
    ).fetchone()
    return float(row[0]) if row else None


def lock(connection: Connection, job_id: UUID) -> JobRow | None:
    """Lock a job until the transaction ends: its segments finish one at a time."""
    return database.fetch_one(
        connection, JobRow, f"SELECT {JOB_ROW_COLUMNS} FROM speech_jobs WHERE id = %(id)s FOR UPDATE", {"id": job_id}
    )


def get_lexicon(connection: Connection, job_id: UUID) -> Lexicon:
    """Return the pronunciations that a job was requested with."""
    row = connection.execute("SELECT lexicon::text FROM speech_jobs WHERE id = %s", [job_id]).fetchone()
    return Lexicon.from_json(row[0]) if row else Lexicon()


def get_speaking(connection: Connection, job_id: UUID) -> JobRow | None:
    return database.fetch_one(
        connection,
        JobRow,
        f"SELECT {JOB_ROW_COLUMNS} FROM speech_jobs WHERE id = %(id)s AND status = 'speaking'",
        {"id": job_id},
    )


def complete(
    connection: Connection, job: JobRow, status: str, *, error: str | None = None, duration_ms: int | None = None
) -> None:
    """Complete a claim with the job's next status. Raises LeaseLostError."""
    lease.write(
        connection,
        job,
        """
        UPDATE speech_jobs
        SET status = %(status)s, error = %(error)s, duration_ms = %(duration)s, lease_until = NULL, attempts = 0,
            updated_at = now(), moved_at = now(),
            finished_at = CASE WHEN %(status)s IN ('done', 'partial', 'failed', 'cancelled') THEN now() END
        WHERE id = %(id)s AND fence = %(fence)s
        """,
        {"status": status, "error": error, "duration": duration_ms},
    )


def force_status(connection: Connection, job_id: UUID, status: str) -> None:
    """Set a locked job's status and revoke any worker's lease: the worker's later writes change nothing."""
    connection.execute(
        """UPDATE speech_jobs SET status = %(status)s, fence = fence + 1, lease_until = NULL, attempts = 0, error = NULL,
                                  duration_ms = NULL, updated_at = now(), moved_at = now(),
                                  finished_at = CASE WHEN %(status)s = 'cancelled' THEN now() END
           WHERE id = %(id)s""",
        {"id": job_id, "status": status},
    )


def delete(connection: Connection, job_id: UUID) -> None:
    connection.execute("DELETE FROM speech_jobs WHERE id = %s", [job_id])


def touch(connection: Connection, job_id: UUID, *, has_progressed: bool = False) -> None:
    """Keep the sweep away from a job for a while. `has_progressed`: a segment finished."""
    connection.execute(
        "UPDATE speech_jobs SET updated_at = now(), moved_at = CASE WHEN %s THEN now() ELSE moved_at END WHERE id = %s",
        [has_progressed, job_id],
    )


def get_billable_characters(connection: Connection, job_id: UUID) -> int:
    row = connection.execute("SELECT paid_characters FROM speech_jobs WHERE id = %s", [job_id]).fetchone()
    return int(row[0]) if row else 0


def set_billable_characters(connection: Connection, job_id: UUID, characters: int) -> None:
    connection.execute("UPDATE speech_jobs SET paid_characters = %s WHERE id = %s", [characters, job_id])


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[JobRow]:
    """List unfinished jobs of all owners that have not changed for `idle_s`, oldest first."""
    return database.fetch(
        connection,
        JobRow,
        f"""SELECT {JOB_ROW_COLUMNS} FROM speech_jobs
            WHERE status IN ('queued', 'planning', 'speaking', 'finishing')
                  AND updated_at < now() - make_interval(secs => %(idle)s)
            ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def is_stalled(connection: Connection, job_id: UUID, *, for_s: int) -> bool:
    """Return whether no segment of a job has finished for `for_s`."""
    row = connection.execute(
        "SELECT moved_at < now() - make_interval(secs => %s) FROM speech_jobs WHERE id = %s", [for_s, job_id]
    ).fetchone()
    return bool(row and row[0])
