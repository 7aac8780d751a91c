"""State transitions of a job and its segments, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from chalicelib.speech.voices.model import CallOutcome

EXPRESS_SEGMENT_COUNT = 2  # the short first ones; playback starts with them
MAX_ATTEMPTS = 3  # of one voice at one segment; then another voice, or silence
SAME_VOICE_AGAIN = 1  # the further call of a segment in the same voice; the one after it is another voice's
MAX_RESPOKEN = 2  # further calls of a segment because of faults
MIN_RESPOKEN = 2  # of a job, however short
SEGMENTS_PER_RESPOKEN = 10  # of a job; providers are known to fail at 1 in 100 segments
INITIAL_RETRY_DELAY_S = 1.0  # doubled with each attempt


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job: if any segment is unfinished, and if any has audio."""

    has_unfinished: bool
    has_audio: bool


class NextAction(Enum):
    WAIT = auto()
    FINISH = auto()
    FAIL = auto()


def next_action(progress: JobProgress) -> NextAction:
    """Return a job's next action after a segment finished; without any audio it fails."""
    if progress.has_unfinished:
        return NextAction.WAIT
    return NextAction.FINISH if progress.has_audio else NextAction.FAIL


class RetryDecision(Enum):
    COMPLETE = auto()
    RETRY = auto()
    NEXT_VOICE = auto()
    MARK_UNSPOKEN = auto()


def decide_retry(outcome: CallOutcome, *, attempts: int, probe: bool, has_next_voice: bool) -> RetryDecision:
    """Decide what happens to a segment after a call.

    `attempts` counts its voice's failures, this one included. A busy or disabled provider does not count against the
    segment, nor does an outage that a probe confirms: dispatch decides about everything that waits for that provider.
    """
    match outcome:
        case CallOutcome.SPOKEN:
            return RetryDecision.COMPLETE
        case CallOutcome.BUSY | CallOutcome.DISABLED | CallOutcome.NOT_CONFIGURED:
            return RetryDecision.RETRY
        case CallOutcome.DOWN if probe or attempts < MAX_ATTEMPTS:
            return RetryDecision.RETRY
        case _:
            return RetryDecision.NEXT_VOICE if has_next_voice else RetryDecision.MARK_UNSPOKEN


def max_respoken(segment_count: int) -> int:
    """Return how many further calls a job may spend on audio with faults: a check that errs must not double its cost."""
    return MIN_RESPOKEN + segment_count // SEGMENTS_PER_RESPOKEN


def voice_for_respeaking(
    voice: str, next_voice: str | None, *, respoken: int, job_respoken: int, segment_count: int
) -> str | None:
    """Return the voice that speaks a segment again after audio with faults; None if the best try is accepted in doubt.

    Its own voice first, then another one.
    """
    if respoken >= MAX_RESPOKEN or job_respoken >= max_respoken(segment_count):
        return None
    return voice if respoken < SAME_VOICE_AGAIN else next_voice


def retry_delay_s(attempts: int) -> float:
    """Return how long a segment waits after its n-th failed attempt."""
    return INITIAL_RETRY_DELAY_S * 2 ** (attempts - 1) if attempts else 0.0


def next_voice(failed: str, voices: Sequence[str]) -> str | None:
    """Return the voice after the failed one, or None after the last.

    One that is not in the list, as the deployment has it no longer, is followed by the first.
    """
    later = voices[voices.index(failed) + 1 :] if failed in voices else voices
    return later[0] if later else None
