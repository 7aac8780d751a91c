"""Failed sign-ins: reported by functions without a database, recorded by the account queue's function.

Both sides are limited: a client that sends millions of invalid tokens must fill neither the queue nor the trail.

The functions that report share nothing, so each copy has limits of its own, and the number of copies bounds their sum. The
gateway bounds the copies: 200 requests a second that take 50 ms each keep ten busy, which report ten messages a minute about one
network and a hundred in all, however many tokens arrive. The trail's limits are shared, in Postgres.
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

PER_NETWORK = Limit("failed sign-in", requests=10, per_s=3_600)  # enough to show an attack
GLOBAL = Limit("failed sign-ins", requests=600, per_s=3_600)  # at most 14,400 rows a day, from however many networks
EVERYONE = "everybody"  # the stored counter is named after a hash of it


@dataclass
class LocalRateLimiter:
    """The most that one process reports in a minute: `per_network` from one network, `total` from all.

    More would be dropped by the trail's limits.
    """

    per_network: int = 1
    total: int = 10
    _counts: Counter[str] = field(default_factory=Counter)
    _started: float = 0.0

    def allows(self, network: str, now: float) -> bool:
        if now - self._started >= 60:
            self._started, self._counts = now, Counter()
        if self._counts[network] >= self.per_network or self._counts.total() >= self.total:
            return False
        self._counts[network] += 1
        return True


@cache
def _limiter() -> LocalRateLimiter:
    return LocalRateLimiter()


def report(reason: str) -> None:
    """Report a failed sign-in of the current caller. Never fails: the client must get its 401."""
    client = caller.current()
    if not _limiter().allows(caller.network(client.address), time.monotonic()):
        return
    try:
        messages.send(
            FailedSignInMessage(
                reason=reason[:100], address=client.address, agent=client.agent, request_id=client.request_id
            )
        )
    except UnavailableError as error:
        logger.warning("failed sign-in not reported", reason=error.detail)


def record(failed: FailedSignInMessage) -> None:
    """Record a failed sign-in in the platform's own trail, within the rate limits."""
    client = Caller(Actor.UNKNOWN, failed.address, failed.agent, failed.request_id)
    try:
        rate_limit.consume(PER_NETWORK, caller.network(client.address))
        rate_limit.consume(GLOBAL, EVERYONE)
    except TooManyRequestsError:
        logger.info("failed sign-in not recorded", reason=failed.reason)
        return
    with caller.acting_as(client), database.transaction(audit.PLATFORM_ID) as connection:
        audit.record(connection, audit.PLATFORM_ID, Action.SIGN_IN_FAILED, reason=failed.reason)
