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
from chalicelib.audit.messages import FailedSignIn
from chalicelib.audit.model import Action
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor, Caller
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import TooOftenError, UnavailableError
from chalicelib.platform.telemetry.observability import logger

FROM_ONE_PLACE = Limit(
    "failed sign-in", requests=10, per_s=3_600
)  # an attack from there shows; more of it says no more
FROM_EVERYWHERE = Limit("failed sign-ins", requests=600, per_s=3_600)  # 14,400 rows a day at most, however many places
EVERYBODY = "everybody"


@dataclass
class Minute:
    """What one process reports in a minute, at most: `each` from one place, `all_` together."""

    each: int = 3
    all_: int = 30
    _counts: Counter[str] = field(default_factory=Counter)
    _began: float = 0.0

    def allows(self, place: str, now: float) -> bool:
        if now - self._began >= 60:
            self._began, self._counts = now, Counter()
        if self._counts[place] >= self.each or self._counts.total() >= self.all_:
            return False
        self._counts[place] += 1
        return True


@cache
def _reported() -> Minute:
    return Minute()


def report(reason: str) -> None:
    """Send a failed sign-in of the current caller on its way; never fails, so that who is refused gets the refusal."""
    who = caller.current()
    if not _reported().allows(caller.network(who.address), time.monotonic()):
        return
    try:
        messages.send(
            FailedSignIn(reason=reason[:100], address=who.address, agent=who.agent, request_id=who.request_id)
        )
    except UnavailableError as error:
        logger.warning("failed sign-in not reported", reason=error.detail)


def record(failed: FailedSignIn) -> None:
    """Write a failed sign-in into the platform's own trail, unless its place, or all together, had enough of them lately."""
    who = Caller(Actor.UNKNOWN, failed.address, failed.agent, failed.request_id)
    try:
        rate_limit.take(FROM_ONE_PLACE, caller.network(who.address))
        rate_limit.take(FROM_EVERYWHERE, EVERYBODY)
    except TooOftenError:
        logger.info("failed sign-in not recorded", reason=failed.reason)
        return
    with caller.calling(who), database.transaction(audit.PLATFORM_ID) as connection:
        audit.write(connection, audit.PLATFORM_ID, Action.SIGN_IN_FAILED, reason=failed.reason)
