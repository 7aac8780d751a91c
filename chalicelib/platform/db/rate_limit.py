"""Rate limits: a sliding window in one statement, so that concurrent functions never allow more requests than one would.

Postgres counts the requests in slots of a tenth of the window, and allows one while eleven slots that follow one another have
fewer than the limit. So no window ever contains more, whether they come in a burst or evenly. An even flow of 10/11 of the limit
is never refused.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from chalicelib.platform.db import database
from chalicelib.platform.errors import TooManyRequestsError


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` in any `per_s` seconds, in one burst if need be."""

    name: str
    requests: int
    per_s: int


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    """`remaining` requests now, and one more in `next_s`."""

    allowed: bool
    remaining: int
    next_s: float


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """The state of a limit: `remaining` requests now, and one more in `reset_after_s`."""

    limit: Limit
    remaining: int
    reset_after_s: int


_collected: ContextVar[list[RateLimitStatus]] = ContextVar("collected")


@contextmanager
def collecting() -> Iterator[list[RateLimitStatus]]:
    """Collect the state of every limit consumed in the block, even exceeded ones. Responses have it as headers."""
    statuses: list[RateLimitStatus] = []
    token = _collected.set(statuses)
    try:
        yield statuses
    finally:
        _collected.reset(token)


def consume(limit: Limit, subject: str) -> None:
    """Count one request of a subject, in a transaction of its own. Raises TooManyRequestsError with the time to wait."""
    result = database.query_one(
        RateLimitResult,
        "SELECT allowed, remaining, next_s FROM app.count_request(%(bucket)s, %(requests)s, %(per_s)s)",
        {"bucket": bucket(limit, subject), "requests": limit.requests, "per_s": limit.per_s},
    )
    assert result is not None  # noqa: S101 - the function returns one row
    wait_s = max(1, math.ceil(result.next_s))
    _collected.get([]).append(RateLimitStatus(limit, result.remaining, wait_s))
    if not result.allowed:
        raise TooManyRequestsError(
            f"At most {limit.requests:,} {limit.name} requests in {limit.per_s} s; try again in {wait_s} s.",
            retry_after_s=wait_s,
        )


def bucket(limit: Limit, subject: str) -> str:
    """Return the key of a subject's counter: a hash, because counters outlive an account by a day."""
    return f"{limit.name}/{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def delete_old(*, limit: int) -> int:
    """Delete counters whose limits are fully available again; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        cursor = connection.execute(
            """DELETE FROM rate_limits WHERE key IN (
                   SELECT key FROM rate_limits WHERE arrival < now() LIMIT %s FOR UPDATE SKIP LOCKED)""",
            [limit],
        )
        return cursor.rowcount


def headers(statuses: Sequence[RateLimitStatus]) -> dict[str, str]:
    """Return `RateLimit-Policy` and `RateLimit` of these limits (draft-ietf-httpapi-ratelimit-headers-10), if there are any.

    `q` requests in `w` seconds; `r` remain, and `t` seconds from now there is one more.
    """
    if not statuses:
        return {}
    latest = {status.limit.name: status for status in statuses}.values()
    return {
        "RateLimit-Policy": ", ".join(f'"{s.limit.name}";q={s.limit.requests};w={s.limit.per_s}' for s in latest),
        "RateLimit": ", ".join(f'"{s.limit.name}";r={s.remaining};t={s.reset_after_s}' for s in latest),
    }
