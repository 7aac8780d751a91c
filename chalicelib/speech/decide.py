"""What a job does next: a function of values, so that every case can be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

WINDOW = 12  # segments on their way per job: fair to other owners, and what a cancellation can still cost
EXPRESS_SEGMENTS = 2  # the short first ones; playing starts with them


@dataclass(frozen=True, slots=True)
class Counts:
    """How many segments of a job are where."""

    planned: int
    queued: int
    done: int
    failed: int

    @property
    def total(self) -> int:
        return self.planned + self.queued + self.done + self.failed


class Step(Enum):
    NOTHING = auto()
    TOP_UP = auto()
    FINISH = auto()
    FAIL = auto()


def next_step(counts: Counts) -> Step:
    """After a segment was settled: send more, put the parts together, wait, or give up when nothing at all was spoken."""
    if counts.planned and counts.queued < WINDOW:
        return Step.TOP_UP
    if counts.planned or counts.queued:
        return Step.NOTHING
    return Step.FINISH if counts.done else Step.FAIL


def room(counts: Counts) -> int:
    """How many more segments may be sent."""
    return max(0, min(counts.planned, WINDOW - counts.queued))


def next_voice(failed: str, order: Sequence[str]) -> str | None:
    """Who speaks a segment when a provider is down: the voice after the one that failed, or None after the last."""
    later = order[order.index(failed) + 1 :] if failed in order else ()
    return later[0] if later else None
