"""What follows an attempt to deliver a message."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.webhooks.retries import (
    MAX_FAILING,
    MAX_JITTER,
    RETRY_DELAYS_S,
    AttemptState,
    NextStep,
    next_step,
    retry_delay_s,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ALL_FAILED = len(RETRY_DELAYS_S)


@pytest.mark.parametrize(
    ("status", "failures", "is_retried", "failing_for", "expected"),
    [
        (200, 0, True, None, NextStep.DELIVERED),
        (204, ALL_FAILED, True, MAX_FAILING, NextStep.DELIVERED),
        (301, 0, True, None, NextStep.RETRY),
        (400, 0, True, None, NextStep.RETRY),
        (500, ALL_FAILED - 1, True, MAX_FAILING, NextStep.RETRY),
        (None, 0, True, None, NextStep.RETRY),
        (None, 0, False, None, NextStep.GIVE_UP),
        (410, 0, True, None, NextStep.DISABLE_GONE),
        (410, 0, False, None, NextStep.DISABLE_GONE),
        (500, ALL_FAILED, True, timedelta(days=1), NextStep.GIVE_UP),
        (500, ALL_FAILED, True, MAX_FAILING - timedelta(seconds=1), NextStep.GIVE_UP),
        (500, ALL_FAILED, True, MAX_FAILING, NextStep.DISABLE_FAILING),
    ],
)
def test_an_attempt_is_followed_by(
    status: int | None, failures: int, is_retried: bool, failing_for: timedelta | None, expected: NextStep
) -> None:
    failing_since = None if failing_for is None else NOW - failing_for
    assert next_step(AttemptState(status, failures, is_retried, failing_since, NOW)) is expected


def test_retries_begin_after_seconds_and_end_after_about_a_day() -> None:
    delays = [retry_delay_s(number, 0.0) for number in range(1, ALL_FAILED + 1)]
    assert delays[0] == 5
    assert delays == sorted(delays)
    assert 24 <= sum(delays) / 3_600 <= 30
    assert retry_delay_s(1, 1.0) == delays[0] * (1 + MAX_JITTER)
