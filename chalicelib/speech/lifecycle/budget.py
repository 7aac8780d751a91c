"""An owner's budget for speech: billable characters per day and per month, and unfinished jobs.

Checked before anything is paid for. It counts what was billed, what calls in flight may be billed, and what unfinished jobs
may be, with as much spoken again because of faults as a job may have. Days and months are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, ForbiddenError


@dataclass(frozen=True, slots=True)
class CharacterUsage:
    """An owner's characters, and unfinished jobs. `reserved`: what these may be billed in addition to what they were."""

    day: int
    month: int
    reserved: int
    unfinished: int
    day_ends: datetime
    month_ends: datetime


def check(connection: Connection, owner_id: UUID, characters: int) -> None:
    """Check that the owner may buy this many more characters. Locks the account, so that concurrent requests count.

    Raises ForbiddenError (`budget_exceeded`), and ConflictError (`too_many_jobs`).
    """
    connection.execute("SELECT 1 FROM accounts WHERE owner_id = %s FOR UPDATE", [owner_id])
    usage = get_usage(connection)
    if usage.unfinished >= settings().speech_jobs_at_once:
        raise ConflictError(
            f"You have {usage.unfinished} unfinished speech jobs, and the limit is {settings().speech_jobs_at_once}. "
            "Wait until one is finished, or cancel one.",
            code="too_many_jobs",
        )
    _check_characters(usage, characters)


def check_characters(connection: Connection, owner_id: UUID, characters: int) -> None:
    """Check that the owner may buy this many more characters outside of jobs. Locks the account.

    Raises ForbiddenError (`budget_exceeded`).
    """
    connection.execute("SELECT 1 FROM accounts WHERE owner_id = %s FOR UPDATE", [owner_id])
    _check_characters(get_usage(connection), characters)


def _check_characters(usage: CharacterUsage, characters: int) -> None:
    if characters:
        _check("day", characters, settings().speech_characters_per_day, usage.day + usage.reserved, usage.day_ends)
        _check(
            "month", characters, settings().speech_characters_per_month, usage.month + usage.reserved, usage.month_ends
        )


def get_usage(connection: Connection) -> CharacterUsage:
    """Return what the transaction's owner has bought and reserved."""
    usage = database.fetch_one(
        connection,
        CharacterUsage,
        """
        WITH days AS (
            SELECT date_trunc('day', now(), 'UTC') AS day, date_trunc('month', now(), 'UTC') AS month
        ), open_jobs AS (
            SELECT job.id, greatest(0, job.paid_characters - coalesce(sum(segment.billed_characters), 0)) AS reserved
            FROM speech_jobs AS job LEFT JOIN speech_segments AS segment ON segment.job_id = job.id
            WHERE job.owner_id = app.current_owner_id() AND job.status IN ('queued', 'planning', 'speaking', 'finishing')
            GROUP BY job.id
        ), calls AS (
            SELECT begun_at, CASE WHEN outcome IS NULL AND job_id NOT IN (SELECT id FROM open_jobs) THEN characters
                                  ELSE billed_characters END AS spent
            FROM speech_calls, days WHERE owner_id = app.current_owner_id() AND begun_at >= days.month
        )
        SELECT coalesce((SELECT sum(spent) FROM calls WHERE begun_at >= days.day), 0)::bigint AS day,
               coalesce((SELECT sum(spent) FROM calls), 0)::bigint AS month,
               coalesce((SELECT sum(reserved) FROM open_jobs), 0)::bigint AS reserved,
               (SELECT count(*) FROM open_jobs)::int AS unfinished,
               days.day + interval '1 day' AS day_ends,
               date_trunc('month', days.month + interval '32 days', 'UTC') AS month_ends
        FROM days
        """,
        {},
    )
    assert usage is not None  # noqa: S101 - `days` has one row
    return usage


def _check(period: str, requested: int, limit: int, used: int, renews_at: datetime) -> None:
    remaining = max(0, limit - used)
    if requested > remaining:
        raise ForbiddenError(
            f"This needs up to {requested:,} characters, but only {remaining:,} of your {limit:,} per {period} are left. "
            f"Your budget renews at {renews_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}; "
            "or request a part of the text with start and end.",
            code="budget_exceeded",
        )
