"""Who gets the next call, and when it may begin: functions of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

MAX_IN_FLIGHT_PER_JOB = (
    12  # calls under way per job while others wait: fair to them, and what a cancellation can still cost
)
# A job that nobody waits beside takes what is free beyond its window, one call a pass. Its calls so begin and end one after
# another, and whoever comes meanwhile soon gets a slot, which would take a whole call's time if all of them began at once.
OVERFLOW_SLOTS = 1
MAX_WAIT_S = 2.0  # for a call's turn, in a function that is paid meanwhile; what comes later is handed out later

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InFlightCall:
    """A call that holds a slot until it ends, or its lease does."""

    id: UUID
    owner_id: UUID
    job_id: UUID
    index: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class PendingJob:
    """A job with `ready` segments to speak now; `more_at` is when another one will be."""

    owner_id: UUID
    job_id: UUID
    ready_count: int
    next_ready_at: datetime | None
    last_served_at: datetime | None


def allocate_slots(free: int, waiting: Collection[PendingJob], calls: Iterable[InFlightCall]) -> Counter[UUID]:
    """How many of the free slots each job gets.

    Each slot goes to the owner with the fewest calls under way, there to the job with the fewest; among equals to who was not
    served for the longest. No job gets more than WINDOW, but for the only one that has something to say.
    """
    calls = list(calls)
    of_owner, of_job = Counter(call.owner_id for call in calls), Counter(call.job_id for call in calls)
    job_served = {job.job_id: job.last_served_at or _NEVER for job in waiting}
    owner_served: dict[UUID, datetime] = {}
    for job in waiting:
        owner_served[job.owner_id] = max(owner_served.get(job.owner_id, _NEVER), job_served[job.job_id])
    given: Counter[UUID] = Counter()
    for _ in range(free):
        open_jobs = [j for j in waiting if given[j.job_id] < j.ready_count and of_job[j.job_id] < MAX_IN_FLIGHT_PER_JOB]
        if not open_jobs:
            break
        chosen = min(
            open_jobs,
            key=lambda j: (
                of_owner[j.owner_id],
                owner_served[j.owner_id],
                of_job[j.job_id],
                job_served[j.job_id],
                j.job_id,
            ),
        )
        given[chosen.job_id] += 1
        of_owner[chosen.owner_id] += 1
        of_job[chosen.job_id] += 1
    ready = [job for job in waiting if job.ready_count]
    if len(ready) == 1 and given[ready[0].job_id] < ready[0].ready_count:
        given[ready[0].job_id] += min(free - given.total(), OVERFLOW_SLOTS)
    return +given


def start_times(arrival: datetime | None, now: datetime, *, per_second: int | None, limit: int) -> list[datetime]:
    """When the next calls may begin, `most` at the most: spaced by the provider's rate behind the last one that was handed out.

    `arrival` is when the next call may begin. What would have to wait too long is left out.
    """
    if per_second is None:
        return [now] * limit
    step = timedelta(seconds=1 / per_second)
    first = max(now, arrival or now)
    times = [first + step * n for n in range(limit)]
    return [time for time in times if time - now <= timedelta(seconds=MAX_WAIT_S)]


def next_slot_at(times: list[datetime], arrival: datetime | None, *, per_second: int | None) -> datetime | None:
    """The earliest begin of a call that is handed out after these."""
    if per_second is None or not times:
        return arrival
    return times[-1] + timedelta(seconds=1 / per_second)
