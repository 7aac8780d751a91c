"""How often: GCRA in one statement, so that many functions at once never let more through than one would."""

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
    """`requests` in any `per_s` seconds, all at once if wanted."""

    name: str
    requests: int
    per_s: int


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    allowed: bool
    remaining: int
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """How one stands with a limit: `remaining` requests now, and one more in `more_in_s` or sooner."""

    limit: Limit
    remaining: int
    reset_after_s: int


_noted: ContextVar[list[RateLimitStatus]] = ContextVar("noted")


@contextmanager
def collecting() -> Iterator[list[RateLimitStatus]]:
    """Note every limit that is counted in here, also the one that refuses: an answer tells how one stands."""
    noted: list[RateLimitStatus] = []
    before = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(before)


def consume(limit: Limit, subject: str) -> None:
    """Count one request of `who`, in a transaction of its own. Raises TooOftenError with the time to wait."""
    taken = database.query_one(
        RateLimitResult,
        "SELECT allowed, remaining, retry_after_s FROM app.consume_rate_limit(%(bucket)s, %(rate)s, %(burst)s)",
        {"bucket": bucket(limit, subject), "rate": limit.requests / limit.per_s, "burst": limit.requests},
    )
    assert taken is not None  # noqa: S101 - the function answers one row
    wait_s = max(1, math.ceil(taken.retry_after_s if not taken.allowed else limit.per_s / limit.requests))
    _noted.get([]).append(RateLimitStatus(limit, taken.remaining, wait_s))
    if not taken.allowed:
        raise TooManyRequestsError(
            f"At most {limit.requests:,} {limit.name} requests in {limit.per_s} s; try again in {wait_s} s.",
            retry_after_s=wait_s,
        )


def bucket(limit: Limit, who: str) -> str:
    """Where requests of `who` are counted. It names nobody: counters outlive an account by a day."""
    return f"{limit.name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"


def delete_old(*, limit: int) -> int:
    """Forget who has not been counted for so long that all of every limit is free again. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        cursor = connection.execute(
            """DELETE FROM rate_limits WHERE key IN (
                   SELECT key FROM rate_limits WHERE arrival < now() LIMIT %s FOR UPDATE SKIP LOCKED)""",
            [limit],
        )
        return cursor.rowcount


def headers(standings: Sequence[RateLimitStatus]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` for what was counted (draft-ietf-httpapi-ratelimit-headers-10); empty for nothing.

    `q` requests in `w` seconds; `r` remain, and `t` seconds from now there is one more.
    """
    if not standings:
        return {}
    latest = {standing.limit.name: standing for standing in standings}.values()
    return {
        "RateLimit-Policy": ", ".join(f'"{s.limit.name}";q={s.limit.requests};w={s.limit.per_s}' for s in latest),
        "RateLimit": ", ".join(f'"{s.limit.name}";r={s.remaining};t={s.reset_after_s}' for s in latest),
    }
