"""Fair sharing of a provider's slots, and start times of calls, as pure functions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

MAX_IN_FLIGHT_PER_JOB = 12  # calls while other jobs wait: fair to them, and what a cancellation can still cost
# A job alone takes what is free beyond its limit, one call a pass. Its calls then start and end one after another, so a job
# that arrives in the meantime soon gets a slot; if all started at once, it would wait for a whole call.
OVERFLOW_SLOTS = 1
# An owner with several jobs leaves so many slots to owners without calls: these would wait for the end of a long call. One with
# a single job does not have to, and a provider with few slots has none to spare.
RESERVED_SLOTS = 1
MIN_SLOTS_TO_RESERVE = 5
MAX_WAIT_S = 2.0  # for a call's start, in a function that is billed while it waits; later calls are assigned later

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InFlightCall:
    """A call that holds a slot until it ends or its lease expires."""

    id: UUID
    owner_id: UUID
    job_id: UUID
    index: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class PendingJob:
    """A job with `ready_count` segments to synthesize now, and when it and its owner got a slot last."""

    owner_id: UUID
    job_id: UUID
    ready_count: int
    last_served_at: datetime | None
    owner_served_at: datetime | None


def allocate_slots(
    free: int, pending: Collection[PendingJob], calls: Iterable[InFlightCall], *, reserved: int = 0
) -> Counter[UUID]:
    """Return how many of the free slots each job gets.

    Each slot goes to the owner with the fewest calls in flight, and to that owner's job with the fewest; ties go to the one
    served longest ago. No job exceeds MAX_IN_FLIGHT_PER_JOB, except the only one that is ready. The last `reserved` slots are not
    for an owner who has calls in flight and several jobs.
    """
    calls = list(calls)
    by_owner, by_job = Counter(call.owner_id for call in calls), Counter(call.job_id for call in calls)
    jobs_of_owner: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for call in calls:
        jobs_of_owner[call.owner_id].add(call.job_id)
    for job in pending:
        jobs_of_owner[job.owner_id].add(job.job_id)
    slots: Counter[UUID] = Counter()
    for remaining in range(free, 0, -1):
        candidates = [
            job
            for job in pending
            if slots[job.job_id] < job.ready_count
            and by_job[job.job_id] < MAX_IN_FLIGHT_PER_JOB
            and (remaining > reserved or not by_owner[job.owner_id] or len(jobs_of_owner[job.owner_id]) == 1)
        ]
        if not candidates:
            break
        next_job = min(
            candidates,
            key=lambda job: (
                by_owner[job.owner_id],
                job.owner_served_at or _NEVER,
                by_job[job.job_id],
                job.last_served_at or _NEVER,
                job.job_id,
            ),
        )
        slots[next_job.job_id] += 1
        by_owner[next_job.owner_id] += 1
        by_job[next_job.job_id] += 1
    ready = [job for job in pending if job.ready_count]
    if len(ready) == 1 and slots[ready[0].job_id] < ready[0].ready_count and len(jobs_of_owner[ready[0].owner_id]) == 1:
        slots[ready[0].job_id] += min(free - slots.total(), OVERFLOW_SLOTS)
    return +slots


def start_times(earliest: datetime | None, now: datetime, *, per_second: int | None, limit: int) -> list[datetime]:
    """Return up to `limit` start times for calls, spaced by the provider's rate.

    The first is not before `earliest`. Start times more than MAX_WAIT_S away are left out.
    """
    if per_second is None:
        return [now] * limit
    interval = timedelta(seconds=1 / per_second)
    first = max(now, earliest or now)
    times = [first + interval * n for n in range(limit)]
    return [time for time in times if time - now <= timedelta(seconds=MAX_WAIT_S)]


def next_slot_at(times: list[datetime], earliest: datetime | None, *, per_second: int | None) -> datetime | None:
    """Return the earliest start of the first call after these; `earliest` when there are none."""
    if per_second is None or not times:
        return earliest
    return times[-1] + timedelta(seconds=1 / per_second)
