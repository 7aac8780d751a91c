"""SQL for calls to voice providers. Row-level security limits it to one owner, except where a section says otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.dispatch.breaker import Breaker
from chalicelib.speech.dispatch.fair_share import InFlightCall, PendingJob
from chalicelib.speech.messages import SegmentResultMessage
from chalicelib.speech.segment_store import SEGMENT_ROW_COLUMNS, SegmentRow
from chalicelib.speech.store import JobRow

# ---- providers (shared by all owners) ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider's row, locked until the transaction ends. `now` is the database's clock."""

    now: datetime
    next_slot_at: datetime | None
    recheck_at: datetime | None
    recent: list[tuple[float, bool]]
    trip_count: int
    open_until: datetime | None
    is_disabled: bool
    reason: str | None
    probe_until: datetime | None
    busy_count: int
    paused_until: datetime | None

    @property
    def breaker(self) -> Breaker:
        return Breaker(
            recent=tuple((ended_at, failed) for ended_at, failed in self.recent),
            trip_count=self.trip_count,
            open_until=self.open_until,
            is_disabled=self.is_disabled,
            reason=self.reason,
            probe_until=self.probe_until,
            busy_count=self.busy_count,
            paused_until=self.paused_until,
        )


def lock_provider(connection: Connection, provider: str) -> ProviderState:
    """Lock a provider's row: only one worker at a time assigns its slots."""
    connection.execute("INSERT INTO speech_providers (name) VALUES (%s) ON CONFLICT DO NOTHING", [provider])
    state = database.fetch_one(
        connection,
        ProviderState,
        """SELECT clock_timestamp() AS now, arrival AS next_slot_at, wake_at AS recheck_at, recent, trips AS trip_count,
                  open_until, closed_down AS is_disabled, reason, probe_until, busy AS busy_count, paused_until
           FROM speech_providers WHERE name = %(name)s FOR UPDATE""",
        {"name": provider},
    )
    assert state is not None  # noqa: S101 - it was inserted
    return state


def update_provider(
    connection: Connection,
    provider: str,
    breaker: Breaker,
    *,
    next_slot_at: datetime | None,
    recheck_at: datetime | None,
) -> None:
    connection.execute(
        """UPDATE speech_providers
           SET recent = %(recent)s, trips = %(trip_count)s, open_until = %(open_until)s, closed_down = %(is_disabled)s,
               reason = %(reason)s, probe_until = %(probe_until)s, busy = %(busy_count)s, paused_until = %(paused_until)s,
               arrival = %(next_slot_at)s, wake_at = %(recheck_at)s
           WHERE name = %(name)s""",
        {
            **asdict(breaker),
            "recent": json.dumps(breaker.recent),
            "name": provider,
            "next_slot_at": next_slot_at,
            "recheck_at": recheck_at,
        },
    )


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A provider that gets no calls until then, and the reason."""

    name: str
    open_until: datetime
    is_disabled: bool
    reason: str | None


def list_open_breakers(connection: Connection) -> list[OpenBreaker]:
    return database.fetch(
        connection,
        OpenBreaker,
        """SELECT name, open_until, closed_down AS is_disabled, reason FROM speech_providers
           WHERE open_until IS NOT NULL ORDER BY name""",
        {},
    )


# ---- across owners -----------------------------------------------------------------------------------------------------


def list_in_flight(connection: Connection, provider: str) -> list[InFlightCall]:
    return database.fetch(
        connection,
        InFlightCall,
        "SELECT id, owner_id, job_id, index, lease_until FROM app.in_flight_calls(%(provider)s)",
        {"provider": provider},
    )


def list_pending(connection: Connection, provider: str, *, max_per_job: int) -> list[PendingJob]:
    return database.fetch(
        connection,
        PendingJob,
        """SELECT owner_id, job_id, ready AS ready_count, more_at AS next_ready_at, served_at AS last_served_at
           FROM app.pending_jobs(%(provider)s, %(max_per_job)s)""",
        {"provider": provider, "max_per_job": max_per_job},
    )


# ---- calls -------------------------------------------------------------------------------------------------------------


def claim_segments(
    connection: Connection, job: JobRow, provider: str, *, lease_s: float, limit: int
) -> list[tuple[SegmentRow, UUID, datetime]]:
    """Claim a job's next ready segments, in order: each with its call and the call's `lease_until`."""
    rows = database.fetch(
        connection,
        SegmentRow,
        f"""
        WITH ready AS MATERIALIZED (  -- once: a subquery may be evaluated again for every row, and its limit with it
            SELECT index AS next FROM speech_segments
            WHERE job_id = %(job)s AND provider = %(provider)s AND status = 'planned' AND ready_at <= clock_timestamp()
            ORDER BY index LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        UPDATE speech_segments SET status = 'queued', queued_at = now() FROM ready
        WHERE job_id = %(job)s AND index = next
        RETURNING {SEGMENT_ROW_COLUMNS}
        """,
        {"job": job.id, "provider": provider, "limit": limit},
    )
    claimed = []
    for row in sorted(rows, key=lambda row: row.index):
        call_id = UUID(str(uuid7()))
        inserted = connection.execute(
            """WITH call AS (
                   INSERT INTO speech_calls (id, owner_id, job_id, index, provider, voice, characters, lease_until)
                   VALUES (%(id)s, %(owner)s, %(job)s, %(index)s, %(provider)s, %(voice)s, %(characters)s,
                           clock_timestamp() + make_interval(secs => %(lease)s))
                   RETURNING lease_until
               ), segment AS (
                   UPDATE speech_segments SET call_id = %(id)s WHERE job_id = %(job)s AND index = %(index)s)
               SELECT lease_until FROM call""",
            {
                "id": call_id,
                "owner": job.owner_id,
                "job": job.id,
                "index": row.index,
                "provider": provider,
                "voice": row.voice,
                "characters": row.text_end - row.text_start,
                "lease": lease_s,
            },
        ).fetchone()
        assert inserted is not None  # noqa: S101 - the statement inserts it
        claimed.append((row, call_id, inserted[0]))
    return claimed


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

    Return the segment's number of attempts; None when the segment is not in this call any more.
    """
    row = connection.execute(
        """WITH expired AS (
               UPDATE speech_calls SET outcome = 'lost', ended_at = clock_timestamp()
               WHERE id = %(call)s AND outcome IS NULL RETURNING 1)
           UPDATE speech_segments SET status = 'planned', call_id = NULL, tries = tries + 1
           WHERE job_id = %(job)s AND index = %(index)s AND status = 'queued' AND call_id = %(call)s
                 AND EXISTS (SELECT FROM expired)
           RETURNING tries""",
        {"call": call.id, "job": call.job_id, "index": call.index},
    ).fetchone()
    return int(row[0]) if row else None


def delete_old(*, limit: int) -> int:
    """Delete calls of months that no budget counts, of all owners. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        cursor = connection.execute(
            """DELETE FROM speech_calls WHERE id IN (
                   SELECT id FROM speech_calls WHERE begun_at < now() - interval '62 days' LIMIT %s)""",
            [limit],
        )
        return cursor.rowcount


# ---- segments after a call ---------------------------------------------------------------------------------------------


def complete_segment(connection: Connection, result: SegmentResultMessage) -> bool:
    """Record a segment's audio, from whichever call; return False if it already has some."""
    cursor = connection.execute(
        """UPDATE speech_segments
           SET status = 'done', voice = %(voice)s, audio_key = %(key)s, frame_count = %(frames)s, audio_bytes = %(bytes)s,
               duration_ms = %(duration)s, error = NULL, call_id = NULL, settled_at = now()
           WHERE job_id = %(job)s AND index = %(index)s AND status <> 'done'""",
        {
            "job": result.job_id,
            "index": result.index,
            "voice": result.voice,
            "key": result.key,
            "frames": result.frame_count,
            "bytes": result.audio_bytes,
            "duration": result.duration_ms,
        },
    )
    return cursor.rowcount == 1


def get_attempts(connection: Connection, result: SegmentResultMessage) -> int | None:
    """Return the failed attempts of the segment's voice; None if the call is outdated."""
    row = connection.execute(
        "SELECT tries FROM speech_segments WHERE job_id = %s AND index = %s AND status = 'queued' AND call_id = %s",
        [result.job_id, result.index, result.call_id],
    ).fetchone()
    return int(row[0]) if row else None


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
    """Finish a segment without audio: it becomes a gap in the recording."""
    connection.execute(
        """UPDATE speech_segments SET status = 'failed', call_id = NULL, audio_key = NULL, error = %(error)s, settled_at = now()
           WHERE job_id = %(job)s AND index = %(index)s AND status IN ('planned', 'queued')""",
        {"job": job_id, "index": index, "error": error},
    )


def fail_over(connection: Connection, job_id: UUID, provider: str, voice: str) -> int:
    """Move a job's pending segments from a provider to another voice; return their number."""
    cursor = connection.execute(
        """UPDATE speech_segments SET voice = %(voice)s, tries = 0, ready_at = clock_timestamp()
           WHERE job_id = %(job)s AND provider = %(provider)s AND status = 'planned'""",
        {"job": job_id, "provider": provider, "voice": voice},
    )
    return cursor.rowcount


def mark_pending_unspoken(
    connection: Connection, job_id: UUID, error: str, *, providers: Sequence[str] | None = None
) -> int:
    """Finish a job's pending segments without audio, of these providers or of all; return their number."""
    cursor = connection.execute(
        """UPDATE speech_segments SET status = 'failed', audio_key = NULL, error = %(error)s, settled_at = now()
           WHERE job_id = %(job)s AND status = 'planned' AND (%(providers)s::text[] IS NULL OR provider = ANY(%(providers)s))""",
        {"job": job_id, "error": error, "providers": None if providers is None else list(providers)},
    )
    return cursor.rowcount
