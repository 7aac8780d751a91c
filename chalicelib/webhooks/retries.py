"""The decision what follows an attempt: no clock, no database, no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from http import HTTPStatus

# After the first failure, the second …: a restart of the receiver is over after seconds, a deployment after minutes, an outage
# after hours. All together a day.
RETRY_DELAYS_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 37_200)
MAX_JITTER = 0.2  # of a delay is added, so that receivers that were down are not called by all at once
MAX_FAILING = timedelta(days=5)  # without any success; then the webhook is disabled


class NextStep(Enum):
    DELIVERED = auto()
    RETRY = auto()
    GIVE_UP = auto()  # this delivery
    DISABLE_GONE = auto()
    DISABLE_FAILING = auto()


@dataclass(frozen=True, slots=True)
class AttemptState:
    """A failed or successful attempt. `failures` counts the failed ones before it; `failing_since` is the webhook's."""

    status: int | None
    failures: int
    is_retried: bool
    failing_since: datetime | None
    at: datetime


def next_step(attempt: AttemptState) -> NextStep:
    """Decide what follows an attempt."""
    if attempt.status is not None and 200 <= attempt.status < 300:
        return NextStep.DELIVERED
    if attempt.status == HTTPStatus.GONE:
        return NextStep.DISABLE_GONE
    if attempt.is_retried and attempt.failures < len(RETRY_DELAYS_S):
        return NextStep.RETRY
    if attempt.failing_since is not None and attempt.at - attempt.failing_since >= MAX_FAILING:
        return NextStep.DISABLE_FAILING
    return NextStep.GIVE_UP


def retry_delay_s(failures: int, jitter: float) -> float:
    """Return how long a delivery waits after its n-th failure; `jitter` is a random number from 0 to 1."""
    return RETRY_DELAYS_S[failures - 1] * (1 + MAX_JITTER * jitter)
