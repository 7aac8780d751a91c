"""Time budgets: the limits of all steps fit into the function's, including the virus scanner."""

import time

import pytest

from chalicelib.events import ingest as ingest_events  # noqa: F401 - registers the consumer
from chalicelib.events.consumer import CONSUMERS
from chalicelib.inspection import examine
from chalicelib.inspection.antivirus import clamd
from chalicelib.inspection.previews import view_copy
from chalicelib.platform.config import Settings
from chalicelib.platform.deadline import Deadline, DeadlineExceededError, deferred, time_limit
from chalicelib.uploads import ingest

TRANSFERS_S = 5  # 100 MB in each direction inside a region


def test_a_step_gets_its_maximum_or_the_remaining_time() -> None:
    assert Deadline(60).check(20, min_s=20) == 20
    assert 9 < Deadline(10).check(20, min_s=5) <= 10
    with pytest.raises(DeadlineExceededError, match="20 s are needed"):
        Deadline(10).check(20, min_s=20)
    assert Deadline(0).check(20, min_s=0) == 0


def test_all_steps_of_an_inspection_fit_into_the_function() -> None:
    scan_s = Settings.model_fields["clamd_timeout_s"].default + clamd.CONNECT_TIMEOUT_S
    needed = examine.WALL_S + scan_s + view_copy.WALL_S + ingest.MIN_EXTRACTION_S + TRANSFERS_S
    limit = CONSUMERS["ingest"].timeout_s
    assert needed <= limit
    assert ingest.WORK_S < limit < ingest.LEASE_S


def test_a_deferred_limit_is_raised_at_the_end_of_the_block() -> None:
    ends = []

    def work(*, fails: bool) -> None:
        with time_limit(0.01), deferred():
            time.sleep(0.05)
            ends.append(fails)
            if fails:
                raise ValueError

    for fails in (False, True):
        with pytest.raises(DeadlineExceededError):
            work(fails=fails)
    assert ends == [False, True]


def test_a_limit_after_a_deferred_block_is_raised_at_once() -> None:
    def work() -> None:
        with time_limit(0.01):
            with deferred():
                pass
            time.sleep(5)

    started = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        work()
    assert time.monotonic() - started < 5
