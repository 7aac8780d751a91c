"""The sweep's schedule: it runs once a day, and within minutes of anything that may be left undone.

Whatever can leave work undone arms the sweep before it begins: a delayed message in the account queue wakes it. After each run
the sweep arms itself as long as anything is unfinished. So the database can pause when nothing is, and work whose event was lost
is still found soon. One row for all owners says when wake-ups are due: one message is on its way, not one per request, and a
second one for work that begins too late for the first.

A message without work is harmless, work without a message is not. So the message is sent before the row is written, and both
before the work begins; no transaction waits for the queue.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.telemetry.observability import logger

PAUSE_S = 300  # between two runs while there is work
MAX_WORK_S = 90  # the time limit of `ingest`, the slowest function that arms the sweep: a wake-up comes after its work
WAKE_AFTER_S = PAUSE_S + MAX_WORK_S


class SweepMessage(BaseModel):
    """Wake the sweep."""

    kind: Literal["sweep"] = "sweep"


@dataclass
class _Memory:
    """Knowledge of this process: until when the sweep is armed for work that begins now."""

    armed_until: float = 0.0


@cache
def _memory() -> _Memory:
    return _Memory()


def arm() -> None:
    """Make sure that the sweep runs after the work that begins now. If that fails, the work goes on and the next one arms.

    Raises UnavailableError without a database.
    """
    if time.time() < _memory().armed_until:
        return
    with database.transaction(None) as connection:
        wake_in_s = get_wake_in_s(connection)
    if wake_in_s is None or wake_in_s <= MAX_WORK_S:
        try:
            wake(after_s=WAKE_AFTER_S, unless_after_s=MAX_WORK_S)
        except UnavailableError:
            logger.warning("sweep not armed")
            return
        wake_in_s = WAKE_AFTER_S
    _memory().armed_until = time.time() + wake_in_s - MAX_WORK_S


def wake(*, after_s: int, unless_after_s: int) -> None:
    """Have the sweep woken. A wake-up more than `unless_after_s` from now, set meanwhile, stays. Raises UnavailableError."""
    queues.send(Queue.ACCOUNT, SweepMessage().model_dump_json(), group="sweep", delay_s=after_s)
    with database.transaction(None) as connection:
        connection.execute(
            """
            INSERT INTO sweep_schedule AS schedule (first_wake_at, last_wake_at)
            SELECT wake_at, wake_at FROM (SELECT clock_timestamp() + make_interval(secs => %(after)s)) AS new (wake_at)
            ON CONFLICT (is_only_row) DO UPDATE
                SET first_wake_at = coalesce(schedule.first_wake_at, EXCLUDED.first_wake_at),
                    last_wake_at = EXCLUDED.last_wake_at
            WHERE schedule.last_wake_at IS NULL
                  OR schedule.last_wake_at <= clock_timestamp() + make_interval(secs => %(unless_after)s)
            """,
            {"after": after_s, "unless_after": unless_after_s},
        )


def get_wake_in_s(connection: Connection) -> float | None:
    """Return the seconds until the sweep is last woken, negative once that is overdue; None when nothing wakes it."""
    row = connection.execute(
        "SELECT extract(epoch FROM last_wake_at - clock_timestamp()) FROM sweep_schedule"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else None
