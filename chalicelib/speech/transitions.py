"""What a job and its segments do next: functions of values, so that every case can be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from chalicelib.speech.voices.model import Outcome

EXPRESS_SEGMENTS = 2  # the short first ones; playing starts with them
TRIES = 3  # of one voice at one segment; then another voice, or silence
FIRST_DELAY_S = 1.0  # before a segment is tried again; doubled each time


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether anything of a job is left to speak, and whether anything was spoken."""

    left: bool
    spoken: bool


class Step(Enum):
    WAIT = auto()
    FINISH = auto()
    FAIL = auto()


def next_step(standing: Standing) -> Step:
    """After a segment was settled: wait for the others, put the parts together, or give up when nothing at all was spoken."""
    if standing.left:
        return Step.WAIT
    return Step.FINISH if standing.spoken else Step.FAIL


class Fate(Enum):
    SPOKEN = auto()
    AGAIN = auto()
    NEXT_VOICE = auto()
    GAP = auto()


def fate(outcome: Outcome, *, tries: int, probe: bool, has_next_voice: bool) -> Fate:
    """What becomes of a segment whose call ended so; `tries` of its voice have failed, this one included.

    A busy or closed provider is not the segment's fault, nor is an outage that goes on while a probe tries: what happens to
    all that waits there is decided where calls are handed out.
    """
    match outcome:
        case Outcome.SPOKEN:
            return Fate.SPOKEN
        case Outcome.BUSY | Outcome.CLOSED:
            return Fate.AGAIN
        case Outcome.DOWN if probe or tries < TRIES:
            return Fate.AGAIN
        case _:
            return Fate.NEXT_VOICE if has_next_voice else Fate.GAP


def delay_s(tries: int) -> float:
    """How long a segment rests after so many failed tries."""
    return FIRST_DELAY_S * 2 ** (tries - 1) if tries else 0.0


def next_voice(failed: str, order: Sequence[str]) -> str | None:
    """Who speaks a segment that a voice failed at: the one after it, or None after the last."""
    later = order[order.index(failed) + 1 :] if failed in order else ()
    return later[0] if later else None
