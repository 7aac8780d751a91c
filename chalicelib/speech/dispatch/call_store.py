"""SQL for calls to voice providers. Row-level security limits it to one owner, except for `list_in_flight`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.dispatch.fair_share import InFlightCall
from chalicelib.speech.messages import SegmentResultMessage
from chalicelib.speech.store import JobRow


@dataclass(frozen=True, slots=True)
class ClaimedSegment:
    """A segment with its call, which starts at `starts_at` and holds its slot until `lease_until`.

    `pauses` are pairs of an offset in the segment and ms.
    """

    call_id: UUID
    starts_at: datetime
    lease_until: datetime
    index: int
    text_start: int
    text_end: int
    pause_ms: int
    pauses: list[int]
    voice: str
    language: str | None
    respoken: int = 0


def list_in_flight(connection: Connection, provider: str) -> list[InFlightCall]:
    """List the calls of all owners that hold one of the provider's slots."""
    return database.fetch(
        connection,
        InFlightCall,
        "SELECT id, owner_id, job_id, index, lease_until FROM app.in_flight_calls(%(provider)s)",
        {"provider": provider},
    )


def list_of_job(connection: Connection, job_id: UUID, provider: str) -> list[InFlightCall]:
    """List the calls that a job's queued segments are in."""
    return database.fetch(
        connection,
        InFlightCall,
        """SELECT call.id, call.owner_id, call.job_id, call.index, call.lease_until
           FROM speech_segments AS segment JOIN speech_calls AS call ON call.id = segment.call_id
           WHERE segment.job_id = %(job)s AND segment.provider = %(provider)s AND segment.status = 'queued'
                 AND call.outcome IS NULL""",
        {"job": job_id, "provider": provider},
    )


def count_queued(connection: Connection, job_id: UUID, provider: str) -> int:
    """Return how many of a job's segments are in a call to the provider."""
    row = connection.execute(
        "SELECT count(*) FROM speech_segments WHERE job_id = %s AND provider = %s AND status = 'queued'",
        [job_id, provider],
    ).fetchone()
    return int(row[0]) if row else 0


def count_first_segments(connection: Connection, owner_id: UUID) -> int:
    """Return how many first segments of the owner's jobs are in a call."""
    row = connection.execute(
        "SELECT count(*) FROM speech_segments WHERE owner_id = %s AND status = 'queued' AND index < 2", [owner_id]
    ).fetchone()
    return int(row[0]) if row else 0


def claim_segments(
    connection: Connection, job: JobRow, provider: str, *, lease_s: float, limit: int, within_s: float = 0
) -> list[ClaimedSegment]:
    """Claim a job's next segments that are ready, or will be `within_s`, in order, and record their calls."""
    call_ids = [UUID(str(uuid7())) for _ in range(limit)]
    return database.fetch(
        connection,
        ClaimedSegment,
        """
        WITH ready AS MATERIALIZED (  -- once: a subquery may be evaluated again for every row, and its limit with it
            SELECT index FROM speech_segments
            WHERE job_id = %(job)s AND provider = %(provider)s AND status = 'planned'
                  AND ready_at <= clock_timestamp() + make_interval(secs => %(within)s)
            ORDER BY index LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), numbered AS (
            SELECT index AS next, row_number() OVER (ORDER BY index) AS number FROM ready
        ), claimed AS (
            UPDATE speech_segments SET status = 'queued', queued_at = now(), call_id = (%(calls)s::uuid[])[number]
            FROM numbered WHERE job_id = %(job)s AND index = next
            RETURNING call_id, greatest(ready_at, clock_timestamp()) AS starts_at,
                      clock_timestamp() + make_interval(secs => %(lease)s) AS lease_until,
                      index, text_start, text_end, pause_ms, pauses, voice, language, respoken
        ), calls AS (
            INSERT INTO speech_calls (id, owner_id, job_id, index, provider, voice, characters, lease_until)
            SELECT call_id, %(owner)s, %(job)s, index, %(provider)s, voice, text_end - text_start, lease_until FROM claimed
        )
        SELECT call_id, starts_at, lease_until, index, text_start, text_end, pause_ms, pauses, voice, language, respoken
        FROM claimed ORDER BY index
        """,
        {
            "job": job.id,
            "owner": job.owner_id,
            "provider": provider,
            "limit": limit,
            "within": within_s,
            "calls": call_ids,
            "lease": lease_s,
        },
    )


def mark_answered(connection: Connection, call_id: UUID) -> bool:
    """Release the slot of a call that has no result yet; return False if done before."""
    cursor = connection.execute(
        "UPDATE speech_calls SET answered_at = clock_timestamp() WHERE id = %s AND outcome IS NULL AND answered_at IS NULL",
        [call_id],
    )
    return cursor.rowcount == 1


def complete_call(connection: Connection, result: SegmentResultMessage, *, cost: float) -> bool:
    """Release the slot and record the call's cost; return False if done before."""
    cursor = connection.execute(
        """WITH ended AS (
               UPDATE speech_calls SET outcome = %(outcome)s, billed_characters = %(billed)s, cost = %(cost)s,
                                       ended_at = clock_timestamp()
               WHERE id = %(call)s AND (outcome IS NULL OR outcome = 'lost') RETURNING 1
           ), billed AS (
               UPDATE speech_segments SET billed_characters = billed_characters + %(billed)s, cost = cost + %(cost)s
               WHERE job_id = %(job)s AND index = %(index)s AND EXISTS (SELECT FROM ended))
           SELECT 1 FROM ended""",
        {
            "call": result.call_id,
            "outcome": result.outcome.value,
            "billed": result.billed_characters,
            "cost": cost,
            "job": result.job_id,
            "index": result.index,
        },
    )
    return cursor.fetchone() is not None


def mark_expired(connection: Connection, call: InFlightCall) -> int | None:
    """Release the slot of an expired call, and requeue its segment unless it has finished.

    Return the segment's number of attempts; None when the segment is not in this call any more, or its result is just coming.
    """
    row = connection.execute(
        """WITH unended AS (
               SELECT id FROM speech_calls WHERE id = %(call)s AND outcome IS NULL FOR UPDATE SKIP LOCKED
           ), expired AS (
               UPDATE speech_calls SET outcome = 'lost', ended_at = clock_timestamp()
               FROM unended WHERE speech_calls.id = unended.id RETURNING 1)
           UPDATE speech_segments SET status = 'planned', call_id = NULL, tries = tries + 1
           WHERE job_id = %(job)s AND index = %(index)s AND status = 'queued' AND call_id = %(call)s
                 AND EXISTS (SELECT FROM expired)
           RETURNING tries""",
        {"call": call.id, "job": call.job_id, "index": call.index},
    ).fetchone()
    return int(row[0]) if row else None
