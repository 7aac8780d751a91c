"""Rate limits say what they allow: at most so many requests in any window, and one more when they say so."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.platform.db import rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import TooManyRequestsError
from tests.integration.conftest import Cloud

START = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
COUNT = "SELECT allowed, remaining, next_s FROM app.count_request(%s, %s, %s, %s)"
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = count()

# Seconds between requests as parts of the window: bursts, an even flow, pauses of a slot, of about a window, and longer.
GAPS = st.one_of(
    st.just(0.0),
    st.floats(0, 0.02),
    st.floats(0.09, 0.11),
    st.floats(0.88, 1.12),
    st.sampled_from([0.1, 0.5, 0.9, 1.0, 1.1]),
    st.floats(0, 3),
)


class Counter:
    """A counter in Postgres, with requests at stated times."""

    def __init__(self, connection: psycopg.Connection[Any], requests: int, per_s: int) -> None:
        self.connection, self.requests, self.per_s = connection, requests, per_s
        self.key = f"test/{next(NUMBERS)}"
        self.allowed_at: list[datetime] = []

    def request(self, at: datetime) -> tuple[bool, int, float]:
        """Return whether a request is allowed, how many remain, and the seconds until there is one more."""
        row = self.connection.execute(COUNT, [self.key, self.requests, self.per_s, at]).fetchone()
        assert row is not None
        if row[0]:
            self.allowed_at.append(at)
        return row[0], row[1], row[2]

    def max_in_a_window(self) -> int:
        """Return the most requests that were allowed in any window, with both of its ends."""
        window = timedelta(seconds=self.per_s)
        return max(sum(start <= at <= start + window for at in self.allowed_at) for start in self.allowed_at)


@pytest.fixture
def connection(cloud: Cloud) -> Iterator[psycopg.Connection[Any]]:
    with cloud.owner.transaction(force_rollback=True):
        yield cloud.owner


@QUIET
@given(requests=st.integers(1, 12), per_s=st.sampled_from([1, 7, 60, 3_600, 86_400]), gaps=st.lists(GAPS, max_size=60))
def test_no_window_contains_more_requests_than_the_limit(
    connection: psycopg.Connection[Any], requests: int, per_s: int, gaps: list[float]
) -> None:
    counter, at = Counter(connection, requests, per_s), START
    counter.request(at)
    for gap in gaps:
        at += timedelta(seconds=gap * per_s)
        allowed, remaining, next_s = counter.request(at)
        assert 0 <= remaining < requests
        assert 0 < next_s <= 1.1 * per_s
        assert allowed or remaining == 0
    assert counter.max_in_a_window() <= requests


@QUIET
@given(requests=st.integers(1, 12), per_s=st.sampled_from([1, 60, 3_600]), gaps=st.lists(GAPS, max_size=30))
def test_a_request_after_the_stated_wait_is_allowed(
    connection: psycopg.Connection[Any], requests: int, per_s: int, gaps: list[float]
) -> None:
    counter, at = Counter(connection, requests, per_s), START
    for gap in [0.0, *gaps]:
        at += timedelta(seconds=gap * per_s)
        allowed, remaining, next_s = counter.request(at)
        if allowed and remaining:
            continue
        at += timedelta(seconds=next_s, microseconds=1)
        assert counter.request(at)[0]
    assert counter.max_in_a_window() <= requests


def test_all_requests_may_come_at_once_and_the_burst_after_a_window(connection: psycopg.Connection[Any]) -> None:
    counter = Counter(connection, 120, 60)
    assert [counter.request(START)[:2] for _ in range(122)] == [(True, n) for n in range(119, -1, -1)] + [
        (False, 0)
    ] * 2
    last = START + timedelta(seconds=60)
    assert counter.request(last)[0] is False  # within the window of the first
    assert counter.request(last + timedelta(seconds=6))[:2] == (True, 119)


def test_an_even_flow_of_ten_elevenths_of_the_limit_is_never_refused(connection: psycopg.Connection[Any]) -> None:
    counter = Counter(connection, 20, 60)
    assert all(counter.request(START + timedelta(seconds=3.3 * number))[0] for number in range(200))


def test_a_limit_that_was_lowered_applies_to_earlier_requests(connection: psycopg.Connection[Any]) -> None:
    counter = Counter(connection, 10, 60)
    for second in range(10):
        counter.request(START + timedelta(seconds=6 * second))
    counter.requests = 3
    at = START + timedelta(seconds=60)
    allowed, remaining, next_s = counter.request(at)
    assert (allowed, remaining, next_s) == (False, 0, 48)  # once all but the last two have left
    assert counter.request(at + timedelta(seconds=48))[0]


def test_a_clock_that_goes_back_allows_nothing_more(connection: psycopg.Connection[Any]) -> None:
    counter = Counter(connection, 2, 60)
    at = START + timedelta(hours=1)
    assert [counter.request(moment)[0] for moment in (at, START, START, at)] == [True, True, False, False]


def test_concurrent_requests_share_one_limit(cloud: Cloud) -> None:
    assert cloud
    limit = Limit("test", requests=20, per_s=3_600)

    def is_allowed(_: int) -> bool:
        try:
            rate_limit.consume(limit, "alice")
        except TooManyRequestsError:
            return False
        return True

    with ThreadPoolExecutor(8) as clients:
        assert sum(clients.map(is_allowed, range(100))) == 20


def test_a_refusal_says_what_is_allowed_and_when(cloud: Cloud) -> None:
    assert cloud
    limit = Limit("test", requests=2, per_s=600)
    with rate_limit.collecting() as statuses:
        rate_limit.consume(limit, "alice")
        rate_limit.consume(limit, "alice")
        with pytest.raises(TooManyRequestsError) as refused:
            rate_limit.consume(limit, "alice")
    wait_s = int(refused.value.headers["Retry-After"])
    assert 600 <= wait_s <= 660
    assert refused.value.detail == f"At most 2 test requests in 600 s; try again in {wait_s} s."
    assert [status.remaining for status in statuses] == [1, 0, 0]
    assert rate_limit.headers(statuses) == {
        "RateLimit-Policy": '"test";q=2;w=600',
        "RateLimit": f'"test";r=0;t={statuses[-1].reset_after_s}',
    }


def test_counters_are_deleted_once_their_limit_is_fully_available(cloud: Cloud, sweeping: Any) -> None:
    short, long = Limit("short", requests=2, per_s=1), Limit("long", requests=2, per_s=60)
    rate_limit.consume(short, "alice")
    rate_limit.consume(long, "alice")
    cloud.owner.execute("SELECT pg_sleep(1.2)")
    with sweeping():
        assert rate_limit.delete_old(limit=10) == 1
    rows = cloud.owner.execute("SELECT key FROM rate_limits").fetchall()
    assert rows == [(rate_limit.bucket(long, "alice"),)]
