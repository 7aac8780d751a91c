"""Failed sign-ins: seen where there is no database, written down by the account queue's function, bounded on both sides.

Whoever sends bad tokens by the million must fill neither the queue nor the trail.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from chalicelib import audit
from chalicelib.audit import messages
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.audit.model import Action
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor, Caller
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import TooManyRequestsError, UnavailableError
from chalicelib.platform.telemetry.observability import logger

PER_NETWORK = Limit("failed sign-in", requests=10, per_s=3_600)  # an attack from there shows; more of it says no more
GLOBAL = Limit("failed sign-ins", requests=600, per_s=3_600)  # 14,400 rows a day at most, however many places
EVERYONE = "everybody"


@dataclass
class LocalRateLimiter:
    """What one process reports in a minute, at most: `each` from one place, `all_` together."""

    per_network: int = 3
    total: int = 30
    _counts: Counter[str] = field(default_factory=Counter)
    _began: float = 0.0

    def allows(self, place: str, now: float) -> bool:
        if now - self._began >= 60:
            self._began, self._counts = now, Counter()
        if self._counts[place] >= self.per_network or self._counts.total() >= self.total:
            return False
        self._counts[place] += 1
        return True


@cache
def _reported() -> LocalRateLimiter:
    return LocalRateLimiter()


def report(reason: str) -> None:
    """Send a failed sign-in of the current caller on its way; never fails, so that who is refused gets the refusal."""
    who = caller.current()
    if not _reported().allows(caller.network(who.address), time.monotonic()):
        return
    try:
        messages.send(
            FailedSignInMessage(reason=reason[:100], address=who.address, agent=who.agent, request_id=who.request_id)
        )
    except UnavailableError as error:
        logger.warning("failed sign-in not reported", reason=error.detail)


def record(failed: FailedSignInMessage) -> None:
    """Write a failed sign-in into the platform's own trail, unless its place, or all together, had enough of them lately."""
    who = Caller(Actor.UNKNOWN, failed.address, failed.agent, failed.request_id)
    try:
        rate_limit.consume(PER_NETWORK, caller.network(who.address))
        rate_limit.consume(GLOBAL, EVERYONE)
    except TooManyRequestsError:
        logger.info("failed sign-in not recorded", reason=failed.reason)
        return
    with caller.acting_as(who), database.transaction(audit.PLATFORM_ID) as connection:
        audit.record(connection, audit.PLATFORM_ID, Action.SIGN_IN_FAILED, reason=failed.reason)
