"""What a job and its segments do next: functions of values, so that every case can be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from chalicelib.speech.voices.model import CallOutcome

EXPRESS_SEGMENT_COUNT = 2  # the short first ones; playing starts with them
MAX_ATTEMPTS = 3  # of one voice at one segment; then another voice, or silence
INITIAL_RETRY_DELAY_S = 1.0  # before a segment is tried again; doubled each time


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Whether anything of a job is left to speak, and whether anything was spoken."""

    has_unfinished: bool
    has_audio: bool


class NextAction(Enum):
    WAIT = auto()
    FINISH = auto()
    FAIL = auto()


def next_action(standing: JobProgress) -> NextAction:
    """After a segment was settled: wait for the others, put the parts together, or give up when nothing at all was spoken."""
    if standing.has_unfinished:
        return NextAction.WAIT
    return NextAction.FINISH if standing.has_audio else NextAction.FAIL


class RetryDecision(Enum):
    COMPLETE = auto()
    RETRY = auto()
    NEXT_VOICE = auto()
    MARK_UNSPOKEN = auto()


def decide_retry(outcome: CallOutcome, *, attempts: int, probe: bool, has_next_voice: bool) -> RetryDecision:
    """What becomes of a segment whose call ended so; `tries` of its voice have failed, this one included.

    A busy or closed provider is not the segment's fault, nor is an outage that goes on while a probe tries: what happens to
    all that waits there is decided where calls are handed out.
    """
    match outcome:
        case CallOutcome.SPOKEN:
            return RetryDecision.COMPLETE
        case CallOutcome.BUSY | CallOutcome.DISABLED:
            return RetryDecision.RETRY
        case CallOutcome.DOWN if probe or attempts < MAX_ATTEMPTS:
            return RetryDecision.RETRY
        case _:
            return RetryDecision.NEXT_VOICE if has_next_voice else RetryDecision.MARK_UNSPOKEN


def retry_delay_s(tries: int) -> float:
    """How long a segment rests after so many failed tries."""
    return INITIAL_RETRY_DELAY_S * 2 ** (tries - 1) if tries else 0.0


def next_voice(failed: str, order: Sequence[str]) -> str | None:
    """Who speaks a segment that a voice failed at: the one after it, or None after the last."""
    later = order[order.index(failed) + 1 :] if failed in order else ()
    return later[0] if later else None
