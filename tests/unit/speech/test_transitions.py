"""Every case of the pure decisions about jobs, segments and slots."""

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

ACTIONS = [
    (JobProgress(has_unfinished=True, has_audio=False), NextAction.WAIT),
    (JobProgress(has_unfinished=True, has_audio=True), NextAction.WAIT),
    (JobProgress(has_unfinished=False, has_audio=True), NextAction.FINISH),
    (JobProgress(has_unfinished=False, has_audio=False), NextAction.FAIL),
]


@pytest.mark.parametrize(("progress", "expected"), ACTIONS)
def test_a_jobs_next_action_follows_from_its_progress(progress: JobProgress, expected: NextAction) -> None:
    assert next_action(progress) is expected


DECISIONS = [
    (CallOutcome.SPOKEN, 0, False, True, RetryDecision.COMPLETE),
    (CallOutcome.BUSY, 0, False, True, RetryDecision.RETRY),
    (CallOutcome.BUSY, MAX_ATTEMPTS, False, False, RetryDecision.RETRY),  # not the segment's fault, however often
    (CallOutcome.DISABLED, MAX_ATTEMPTS, False, False, RetryDecision.RETRY),  # the breaker decides for all that waits
    (CallOutcome.NOT_CONFIGURED, MAX_ATTEMPTS, False, False, RetryDecision.RETRY),
    (CallOutcome.DOWN, 1, False, True, RetryDecision.RETRY),
    (CallOutcome.DOWN, MAX_ATTEMPTS, False, True, RetryDecision.NEXT_VOICE),
    (CallOutcome.DOWN, MAX_ATTEMPTS, False, False, RetryDecision.MARK_UNSPOKEN),
    (CallOutcome.DOWN, MAX_ATTEMPTS, True, False, RetryDecision.RETRY),  # an outage that continues
    (CallOutcome.UNKNOWN_VOICE, 0, False, True, RetryDecision.NEXT_VOICE),
    (CallOutcome.UNKNOWN_VOICE, 0, False, False, RetryDecision.MARK_UNSPOKEN),
    (CallOutcome.REJECTED, 0, False, True, RetryDecision.NEXT_VOICE),
    (CallOutcome.REJECTED, 0, False, False, RetryDecision.MARK_UNSPOKEN),
]


@pytest.mark.parametrize(("outcome", "attempts", "probe", "has_next_voice", "expected"), DECISIONS)
def test_a_failed_segment_is_retried_failed_over_or_marked_unspoken(
    outcome: CallOutcome, attempts: int, probe: bool, has_next_voice: bool, expected: RetryDecision
) -> None:
    assert decide_retry(outcome, attempts=attempts, probe=probe, has_next_voice=has_next_voice) is expected


def test_the_retry_delay_doubles_with_each_attempt() -> None:
    assert [retry_delay_s(attempts) for attempts in range(4)] == [0.0, 1.0, 2.0, 4.0]


def test_a_segment_moves_from_voice_to_voice_until_the_last() -> None:
    voices = ("speechify:geffen_32", "polly:Joanna", "espeak:en-us")
    assert next_voice(voices[0], voices) == voices[1]
    assert next_voice(voices[1], voices) == voices[2]
    assert next_voice(voices[2], voices) is None
    assert next_voice("other:voice", voices) == voices[0], "the deployment has it no longer"
    assert next_voice("other:voice", []) is None


def job(owner: int, number: int, *, ready: int, served: int | None = None) -> PendingJob:
    served_at = None if served is None else NOW + timedelta(seconds=served)
    return PendingJob(UUID(int=owner), UUID(int=1_000 * owner + number), ready, served_at, served_at)


def calls(*counts: tuple[PendingJob, int]) -> list[InFlightCall]:
    return [
        InFlightCall(uuid4(), job.owner_id, job.job_id, index, NOW) for job, count in counts for index in range(count)
    ]


def test_the_next_slot_goes_to_the_job_with_the_fewest_calls_in_flight() -> None:
    long, short = job(1, 1, ready=12, served=0), job(2, 1, ready=3)
    slots = allocate_slots(4, [long, short], calls((long, 8)))
    assert slots == {short.job_id: 3, long.job_id: 1}


def test_an_owner_gains_nothing_by_starting_many_jobs_at_once() -> None:
    many = [job(1, number, ready=12) for number in range(5)]
    single = job(2, 1, ready=12)
    slots = allocate_slots(12, [*many, single], [])
    assert slots[single.job_id] == 6


def test_a_job_stays_within_its_limit_while_another_one_waits() -> None:
    long, other = job(1, 1, ready=MAX_IN_FLIGHT_PER_JOB + 1), job(2, 1, ready=1)
    slots = allocate_slots(30, [long, other], calls((long, 5)))
    assert slots == {long.job_id: MAX_IN_FLIGHT_PER_JOB - 5, other.job_id: 1}


def test_a_job_alone_exceeds_its_limit_by_one_call_a_pass_while_slots_are_free() -> None:
    alone, not_ready = job(1, 1, ready=MAX_IN_FLIGHT_PER_JOB + 1), job(2, 1, ready=0)
    started: list[int] = []
    while slots := allocate_slots(16 - sum(started), [alone, not_ready], calls((alone, sum(started)))):
        started.append(slots[alone.job_id])
    assert started == [MAX_IN_FLIGHT_PER_JOB + 1, 1, 1, 1]


def test_an_owner_with_many_jobs_leaves_a_slot_to_owners_without_calls() -> None:
    many, newcomer = [job(1, number, ready=12) for number in range(30)], job(2, 1, ready=2)
    assert allocate_slots(15, many, [], reserved=1).total() == 14
    in_flight = calls(*((one, 1) for one in many[:14]))
    assert allocate_slots(1, many[14:], in_flight, reserved=1) == {}
    assert allocate_slots(1, [*many[14:], newcomer], in_flight, reserved=1) == {newcomer.job_id: 1}


def test_owners_with_one_job_each_and_a_job_alone_use_every_slot() -> None:
    each_one = [job(owner, 1, ready=12) for owner in (1, 2, 3)]
    assert allocate_slots(15, each_one, [], reserved=1).total() == 15
    alone = job(1, 1, ready=30)
    assert allocate_slots(1, [alone], calls((alone, 14)), reserved=1) == {alone.job_id: 1}


def test_jobs_take_turns_at_a_single_slot() -> None:
    served: dict[UUID, int] = {}
    turns = []
    for second in range(6):
        jobs = [job(owner, 1, ready=12, served=served.get(UUID(int=1_000 * owner + 1))) for owner in (1, 2, 3)]
        (job_id,) = allocate_slots(1, jobs, [])
        served[job_id] = second
        turns.append(job_id.int // 1_000)
    assert turns == [1, 2, 3, 1, 2, 3]


pending_jobs = st.lists(
    st.builds(
        job, st.integers(1, 4), st.integers(1, 5), ready=st.integers(0, 12), served=st.none() | st.integers(0, 9)
    ),
    max_size=12,
    unique_by=lambda job: job.job_id,
)


@given(free=st.integers(0, 40), jobs=pending_jobs, in_flight=st.lists(st.integers(0, 12), min_size=12, max_size=12))
def test_all_usable_slots_are_allocated_and_owners_stay_even(
    free: int, jobs: list[PendingJob], in_flight: list[int]
) -> None:
    counts = list(zip(jobs, in_flight, strict=False))
    slots = allocate_slots(free, jobs, calls(*counts))
    before = {job.job_id: count for job, count in counts}
    ready = [job for job in jobs if job.ready_count]
    usable = {job.job_id: max(0, min(job.ready_count, MAX_IN_FLIGHT_PER_JOB - before[job.job_id])) for job in jobs}
    if len(ready) == 1:  # no other job is ready
        (alone,) = ready
        usable[alone.job_id] = min(alone.ready_count, usable[alone.job_id] + 1)
    assert slots.total() == min(free, sum(usable.values()))
    assert all(count <= usable[job_id] for job_id, count in slots.items())
    owners = Counter[UUID]()
    for job in jobs:
        owners[job.owner_id] += before[job.job_id] + slots[job.job_id]
    underserved = [job for job in jobs if slots[job.job_id] < usable[job.job_id]]
    served = [job for job in jobs if slots[job.job_id]]
    for poor in underserved:  # no slot went to an owner who already had more
        for rich in served:
            assert owners[rich.owner_id] <= owners[poor.owner_id] + 1


@given(
    per_second=st.integers(1, 20),
    limits=st.lists(st.integers(0, 12), min_size=1, max_size=20),
    step_ms=st.integers(0, 900),
)
def test_calls_never_start_faster_than_the_provider_allows(per_second: int, limits: list[int], step_ms: int) -> None:
    started: list[datetime] = []
    slot_at: datetime | None = None
    now = NOW
    for limit in limits:
        times = start_times(slot_at, now, per_second=per_second, limit=limit)
        assert all(now <= time <= now + timedelta(seconds=2) for time in times)
        slot_at = next_slot_at(times, slot_at, per_second=per_second)
        started += times
        now += timedelta(milliseconds=step_ms)
    intervals = [(later - earlier).total_seconds() for earlier, later in pairwise(started)]
    assert all(interval >= 1 / per_second - 1e-5 for interval in intervals)


def test_calls_to_a_provider_without_a_rate_start_at_once() -> None:
    assert start_times(None, NOW, per_second=None, limit=3) == [NOW] * 3
