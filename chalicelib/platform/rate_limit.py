"""How often: GCRA in one statement, so that many functions at once never let more through than one would."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.platform import database
from chalicelib.platform.errors import TooOftenError


@dataclass(frozen=True, slots=True)
class Limit:
    """`requests` in any `per_s` seconds, all at once if wanted."""

    name: str
    requests: int
    per_s: int


@dataclass(frozen=True, slots=True)
class Taken:
    allowed: bool
    remaining: int
    retry_after_s: float


def take(limit: Limit, who: str) -> Taken:
    """Count one request of `who`, in a transaction of its own. Raises TooOftenError with the time to wait."""
    with database.transaction(None) as connection:
        taken = database.fetch_one(
            connection,
            Taken,
            "SELECT allowed, remaining, retry_after_s FROM app.take(%(bucket)s, %(rate)s, %(burst)s)",
            {"bucket": f"{limit.name}:{who}", "rate": limit.requests / limit.per_s, "burst": limit.requests},
        )
    if taken is None or not taken.allowed:
        wait_s = taken.retry_after_s if taken else limit.per_s
        raise TooOftenError(
            f"At most {limit.requests} {limit.name} requests in {limit.per_s} s; try again in {wait_s:.0f} s.",
            retry_after_s=wait_s,
        )
    return taken
