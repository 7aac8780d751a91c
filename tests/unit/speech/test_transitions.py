"""What a segment and its job do next, and who gets the next call: every case of the pure decisions."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.dispatch.fair_share import (
    MAX_IN_FLIGHT_PER_JOB,
    InFlightCall,
    PendingJob,
    allocate_slots,
    next_slot_at,
    start_times,
)
from chalicelib.speech.transitions import (
    MAX_ATTEMPTS,
    JobProgress,
    NextAction,
    RetryDecision,
    decide_retry,
    next_action,
    next_voice,
    retry_delay_s,
)
from chalicelib.speech.voices.model import CallOutcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

STEPS = [
    (JobProgress(has_unfinished=True, has_audio=False), NextAction.WAIT),
    (JobProgress(has_unfinished=True, has_audio=True), NextAction.WAIT),
    (JobProgress(has_unfinished=False, has_audio=True), NextAction.FINISH),
    (JobProgress(has_unfinished=False, has_audio=False), NextAction.FAIL),
]


@pytest.mark.parametrize(("standing", "step"), STEPS)
def test_a_job_goes_on_as_its_segments_stand(standing: JobProgress, step: NextAction) -> None:
    assert next_action(standing) is step


FATES = [
    (CallOutcome.SPOKEN, 0, False, True, RetryDecision.COMPLETE),
    (CallOutcome.BUSY, 0, False, True, RetryDecision.RETRY),
    (CallOutcome.BUSY, MAX_ATTEMPTS, False, False, RetryDecision.RETRY),  # not the segment's fault, however often
    (
        CallOutcome.DISABLED,
        MAX_ATTEMPTS,
        False,
        False,
        RetryDecision.RETRY,
    ),  # the breaker decides for all that waits there
    (CallOutcome.DOWN, 1, False, True, RetryDecision.RETRY),
    (CallOutcome.DOWN, MAX_ATTEMPTS, False, True, RetryDecision.NEXT_VOICE),
    (CallOutcome.DOWN, MAX_ATTEMPTS, False, False, RetryDecision.MARK_UNSPOKEN),
    (CallOutcome.DOWN, MAX_ATTEMPTS, True, False, RetryDecision.RETRY),  # an outage that goes on
    (CallOutcome.UNKNOWN_VOICE, 0, False, True, RetryDecision.NEXT_VOICE),
    (CallOutcome.UNKNOWN_VOICE, 0, False, False, RetryDecision.MARK_UNSPOKEN),
    (CallOutcome.REJECTED, 0, False, True, RetryDecision.NEXT_VOICE),
    (CallOutcome.REJECTED, 0, False, False, RetryDecision.MARK_UNSPOKEN),
]


@pytest.mark.parametrize(("outcome", "tries", "probe", "has_next_voice", "expected"), FATES)
def test_a_segment_is_tried_again_turned_over_or_given_up(
    outcome: CallOutcome, tries: int, probe: bool, has_next_voice: bool, expected: RetryDecision
) -> None:
    assert decide_retry(outcome, attempts=tries, probe=probe, has_next_voice=has_next_voice) is expected


def test_a_segment_rests_longer_each_time() -> None:
    assert [retry_delay_s(tries) for tries in range(4)] == [0.0, 1.0, 2.0, 4.0]


def test_a_segment_goes_from_provider_to_provider_and_then_ends() -> None:
    order = ("speechify:geffen_32", "polly:Joanna", "espeak:en-us")
    assert next_voice(order[0], order) == order[1]
    assert next_voice(order[1], order) == order[2]
    assert next_voice(order[2], order) is None
    assert next_voice("somebody:else", order) is None


def job(owner: int, number: int, *, ready: int, served: int | None = None) -> PendingJob:
    served_at = None if served is None else NOW + timedelta(seconds=served)
    return PendingJob(UUID(int=owner), UUID(int=1_000 * owner + number), ready, None, served_at)


def calls(*jobs: tuple[PendingJob, int]) -> list[InFlightCall]:
    return [InFlightCall(uuid4(), j.owner_id, j.job_id, n, NOW) for j, count in jobs for n in range(count)]


def test_the_next_slot_goes_to_who_has_the_fewest_calls_under_way() -> None:
    long, short = job(1, 1, ready=12, served=0), job(2, 1, ready=3)
    given = allocate_slots(4, [long, short], calls((long, 8)))
    assert given == {short.job_id: 3, long.job_id: 1}


def test_an_owner_gains_nothing_by_asking_for_many_readings_at_once() -> None:
    many = [job(1, number, ready=12) for number in range(5)]
    one = job(2, 1, ready=12)
    given = allocate_slots(12, [*many, one], [])
    assert given[one.job_id] == 6


def test_a_job_has_no_more_than_its_window_while_another_one_waits() -> None:
    long, other = job(1, 1, ready=MAX_IN_FLIGHT_PER_JOB + 1), job(2, 1, ready=1)
    given = allocate_slots(30, [long, other], calls((long, 5)))
    assert given == {long.job_id: MAX_IN_FLIGHT_PER_JOB - 5, other.job_id: 1}


def test_a_job_alone_goes_beyond_its_window_by_one_call_at_a_time_while_there_are_slots() -> None:
    alone, resting = job(1, 1, ready=MAX_IN_FLIGHT_PER_JOB + 1), job(2, 1, ready=0)
    begun: list[int] = []
    while given := allocate_slots(16 - sum(begun), [alone, resting], calls((alone, sum(begun)))):
        begun.append(given[alone.job_id])
    assert begun == [MAX_IN_FLIGHT_PER_JOB + 1, 1, 1, 1]


def test_with_one_slot_jobs_take_turns() -> None:
    served: dict[UUID, int] = {}
    turns = []
    for second in range(6):
        jobs = [job(owner, 1, ready=12, served=served.get(UUID(int=1_000 * owner + 1))) for owner in (1, 2, 3)]
        (chosen,) = allocate_slots(1, jobs, [])
        served[chosen] = second
        turns.append(chosen.int // 1_000)
    assert turns == [1, 2, 3, 1, 2, 3]


waiting_jobs = st.lists(
    st.builds(
        job, st.integers(1, 4), st.integers(1, 5), ready=st.integers(0, 12), served=st.none() | st.integers(0, 9)
    ),
    max_size=12,
    unique_by=lambda each: each.job_id,
)


@given(free=st.integers(0, 40), jobs=waiting_jobs, under_way=st.lists(st.integers(0, 12), min_size=12, max_size=12))
def test_slots_are_given_out_while_somebody_can_use_them_and_owners_stay_even(
    free: int, jobs: list[PendingJob], under_way: list[int]
) -> None:
    now = list(zip(jobs, under_way, strict=False))
    given = allocate_slots(free, jobs, calls(*now))
    before = {each.job_id: count for each, count in now}
    ready = [j for j in jobs if j.ready_count]
    usable = {j.job_id: max(0, min(j.ready_count, MAX_IN_FLIGHT_PER_JOB - before[j.job_id])) for j in jobs}
    if len(ready) == 1:  # nobody else has something to say
        (alone,) = ready
        usable[alone.job_id] = min(alone.ready_count, usable[alone.job_id] + 1)
    assert given.total() == min(free, sum(usable.values()))
    assert all(count <= usable[job_id] for job_id, count in given.items())
    owners = Counter[UUID]()
    for each in jobs:
        owners[each.owner_id] += before[each.job_id] + given[each.job_id]
    for poor in jobs:
        if (
            given[poor.job_id] < usable[poor.job_id]
        ):  # could have used more: then nobody got a slot who had more already
            for rich in jobs:
                if given[rich.job_id]:
                    assert owners[rich.owner_id] <= owners[poor.owner_id] + 1


@given(
    per_second=st.integers(1, 20),
    wanted=st.lists(st.integers(0, 12), min_size=1, max_size=20),
    step_ms=st.integers(0, 900),
)
def test_calls_never_begin_faster_than_the_provider_allows(per_second: int, wanted: list[int], step_ms: int) -> None:
    begun: list[datetime] = []
    arrival: datetime | None = None
    now = NOW
    for most in wanted:
        times = start_times(arrival, now, per_second=per_second, limit=most)
        assert all(now <= time <= now + timedelta(seconds=2) for time in times)
        arrival = next_slot_at(times, arrival, per_second=per_second)
        begun += times
        now += timedelta(milliseconds=step_ms)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(begun)]
    assert all(gap >= 1 / per_second - 1e-5 for gap in gaps)


def test_a_provider_without_a_rate_is_called_at_once() -> None:
    assert start_times(None, NOW, per_second=None, limit=3) == [NOW] * 3
