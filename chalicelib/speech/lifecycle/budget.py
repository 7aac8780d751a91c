"""What an owner may have read aloud: characters on the bill per day and per month, and jobs at once.

It is asked before anything is paid. What counts is what was billed, what calls under way may be billed, and what
unfinished jobs will be. Days and months are UTC's.
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
    """Characters, and jobs. `promised` is what unfinished jobs will be billed beyond what they were."""

    day: int
    month: int
    reserved: int
    unfinished: int
    day_ends: datetime
    month_ends: datetime


def check(connection: Connection, owner_id: UUID, characters: int) -> None:
    """Whether so many more characters may be bought; holds the account until the transaction ends, so that two requests count.

    Raises ForbiddenError (`budget_exceeded`), and ConflictError (`too_many_jobs`).
    """
    connection.execute("SELECT 1 FROM accounts WHERE owner_id = %s FOR UPDATE", [owner_id])
    spending = get_usage(connection)
    if spending.unfinished >= settings().speech_jobs_at_once:
        raise ConflictError(
            f"{spending.unfinished} readings are under way, and at most {settings().speech_jobs_at_once} may be; "
            "wait for one of them, or cancel one.",
            code="too_many_jobs",
        )
    if characters:
        _check(
            "day", characters, settings().speech_characters_per_day, spending.day + spending.reserved, spending.day_ends
        )
        _check(
            "month",
            characters,
            settings().speech_characters_per_month,
            spending.month + spending.reserved,
            spending.month_ends,
        )


def get_usage(connection: Connection) -> CharacterUsage:
    """What the transaction's owner has spent and promised."""
    found = database.fetch_one(
        connection,
        CharacterUsage,
        """
        WITH days AS (
            SELECT date_trunc('day', now(), 'UTC') AS day, date_trunc('month', now(), 'UTC') AS month
        ), open_jobs AS (
            SELECT job.id, greatest(0, job.paid_characters - coalesce(sum(segment.billed_characters), 0)) AS promised
            FROM speech_jobs AS job LEFT JOIN speech_segments AS segment ON segment.job_id = job.id
            WHERE job.owner_id = app.owner() AND job.status IN ('queued', 'planning', 'speaking', 'finishing')
            GROUP BY job.id
        ), calls AS (
            SELECT begun_at, CASE WHEN outcome IS NULL AND job_id NOT IN (SELECT id FROM open_jobs) THEN characters
                                  ELSE billed_characters END AS spent
            FROM speech_calls, days WHERE owner_id = app.owner() AND begun_at >= days.month
        )
        SELECT coalesce((SELECT sum(spent) FROM calls WHERE begun_at >= days.day), 0)::bigint AS day,
               coalesce((SELECT sum(spent) FROM calls), 0)::bigint AS month,
               coalesce((SELECT sum(promised) FROM open_jobs), 0)::bigint AS promised,
               (SELECT count(*) FROM open_jobs)::int AS unfinished,
               days.day + interval '1 day' AS day_ends,
               date_trunc('month', days.month + interval '32 days', 'UTC') AS month_ends
        FROM days
        """,
        {},
    )
    assert found is not None  # noqa: S101 - there is a today
    return found


def _check(period: str, wanted: int, allowed: int, spent: int, ends: datetime) -> None:
    left = max(0, allowed - spent)
    if wanted > left:
        raise ForbiddenError(
            f"This would buy {wanted:,} characters, and of the {allowed:,} a {period} {left:,} are left. "
            f"More are there from {ends.astimezone(UTC):%Y-%m-%dT%H:%MZ}; or ask for a part with start and end.",
            code="budget_exceeded",
        )
