"""SQL for pending jobs and their turns. Across owners it goes through functions of the role `visionary_dispatch`.

Triggers add a job's row when a segment of it is planned, and delete it when the job stops speaking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.dispatch.fair_share import InFlightCall, PendingJob
from chalicelib.speech.store import JOB_ROW_COLUMNS, JobRow


@dataclass(frozen=True, slots=True)
class ReadyJob:
    """A job that a provider could start something of."""

    owner_id: UUID
    job_id: UUID


def list_next(
    connection: Connection, provider: str, calls: Sequence[InFlightCall], *, free: int, max_per_job: int
) -> list[PendingJob]:
    """List the jobs that may get one of the free slots: no more than the slots can serve."""
    return database.fetch(
        connection,
        PendingJob,
        """SELECT owner_id, job_id, ready AS ready_count, served_at AS last_served_at, owner_served_at
           FROM app.next_pending_jobs(%(provider)s, %(busy)s::uuid[], %(free)s, %(per_owner)s, %(per_job)s)""",
        {
            "provider": provider,
            "busy": list({call.owner_id for call in calls}),
            "free": free,
            # Beside as many jobs as slots, those that have calls: they may be at their limit.
            "per_owner": free + len({call.job_id for call in calls}),
            "per_job": max_per_job,
        },
    )


def list_ready(connection: Connection, provider: str, *, limit: int) -> list[ReadyJob]:
    """List jobs that could start something, whatever state the provider is in, longest waiting first."""
    return database.fetch(
        connection,
        ReadyJob,
        "SELECT owner_id, job_id FROM app.ready_jobs(%(provider)s, %(limit)s)",
        {"provider": provider, "limit": limit},
    )


def get_next_ready_at(connection: Connection, provider: str) -> datetime | None:
    """Return when the next of the jobs that wait becomes ready."""
    row = connection.execute("SELECT app.next_ready_at(%s)", [provider]).fetchone()
    return row[0] if row else None


def has_jobs(connection: Connection, provider: str) -> bool:
    """Return whether any job has segments for a provider."""
    is_any_ready = bool(list_ready(connection, provider, limit=1))
    return is_any_ready or get_next_ready_at(connection, provider) is not None


def lock(connection: Connection, provider: str, job_id: UUID) -> JobRow | None:
    """Lock the turn of a speaking job; None if it has none, or another transaction is changing it."""
    return database.fetch_one(
        connection,
        JobRow,
        f"""SELECT {JOB_ROW_COLUMNS} FROM speech_jobs
            JOIN (SELECT job_id FROM speech_pending_owners AS owner JOIN speech_pending_jobs AS job USING (owner_id, provider)
                  WHERE job.job_id = %(job)s AND job.provider = %(provider)s FOR UPDATE SKIP LOCKED) AS turn ON id = job_id
            WHERE status = 'speaking'""",
        {"job": job_id, "provider": provider},
    )


def update(
    connection: Connection, owner_id: UUID, provider: str, job_id: UUID, *, served_at: datetime | None = None
) -> None:
    """Write a locked turn anew from the job's planned segments; without any, delete it."""
    connection.execute(
        """WITH planned AS (
               SELECT min(ready_at) AS ready_at FROM speech_segments
               WHERE job_id = %(job)s AND provider = %(provider)s AND status = 'planned'
           ), remaining AS (
               SELECT EXISTS (SELECT FROM planned WHERE ready_at IS NOT NULL)
                      OR EXISTS (SELECT FROM speech_pending_jobs
                                 WHERE owner_id = %(owner)s AND provider = %(provider)s AND job_id <> %(job)s) AS jobs
           ), removed_job AS (
               DELETE FROM speech_pending_jobs WHERE job_id = %(job)s AND provider = %(provider)s
                                                     AND (SELECT ready_at FROM planned) IS NULL
           ), removed_owner AS (
               DELETE FROM speech_pending_owners WHERE owner_id = %(owner)s AND provider = %(provider)s
                                                       AND NOT (SELECT jobs FROM remaining)
           ), served_owner AS (
               UPDATE speech_pending_owners SET served_at = %(served)s
               WHERE owner_id = %(owner)s AND provider = %(provider)s AND (SELECT jobs FROM remaining)
                     AND %(served)s::timestamptz IS NOT NULL)
           UPDATE speech_pending_jobs SET ready_at = planned.ready_at, served_at = coalesce(%(served)s, served_at) FROM planned
           WHERE job_id = %(job)s AND provider = %(provider)s AND planned.ready_at IS NOT NULL""",
        {"job": job_id, "owner": owner_id, "provider": provider, "served": served_at},
    )


def postpone(connection: Connection, provider: str, job_id: UUID, *, until: datetime) -> None:
    """Keep dispatch away from a job until then."""
    connection.execute(
        "UPDATE speech_pending_jobs SET ready_at = %s WHERE job_id = %s AND provider = %s", [until, job_id, provider]
    )


def make_ready(connection: Connection, provider: str, job_id: UUID) -> None:
    """Allow dispatch to start a job's planned segments, if it has any."""
    connection.execute(
        """UPDATE speech_pending_jobs SET ready_at = least(ready_at, (
               SELECT min(ready_at) FROM speech_segments
               WHERE job_id = %(job)s AND provider = %(provider)s AND status = 'planned'))
           WHERE job_id = %(job)s AND provider = %(provider)s""",
        {"job": job_id, "provider": provider},
    )


def delete_outdated(connection: Connection, owner_id: UUID, job_id: UUID) -> None:
    """Delete the turns of a job that does not speak any more, unless another transaction is changing them."""
    deleted = connection.execute(
        """DELETE FROM speech_pending_jobs WHERE (job_id, provider) IN (
               SELECT job_id, provider FROM speech_pending_owners JOIN speech_pending_jobs USING (owner_id, provider)
               WHERE job_id = %s AND NOT EXISTS (SELECT FROM speech_jobs WHERE id = job_id AND status = 'speaking')
               FOR UPDATE SKIP LOCKED)""",
        [job_id],
    )
    if deleted.rowcount:  # so the owner's row is locked, and no job is being added to it
        connection.execute(
            """DELETE FROM speech_pending_owners AS owner WHERE owner_id = %s AND NOT EXISTS (
                   SELECT FROM speech_pending_jobs AS job
                   WHERE job.owner_id = owner.owner_id AND job.provider = owner.provider)""",
            [owner_id],
        )


def delete_owner(connection: Connection, owner_id: UUID) -> None:
    """Delete the turns of an owner who is being erased: nothing of theirs will start."""
    connection.execute("DELETE FROM speech_pending_owners WHERE owner_id = %s", [owner_id])
    connection.execute("DELETE FROM speech_pending_jobs WHERE owner_id = %s", [owner_id])
