"""Trying again inside one call: what a short wait may mend, as long as the function has time."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.voices.model import CallOutcome, ProviderError, ProviderUnavailableError, SynthesizedAudio

TOTAL_TIMEOUT_S = (
    24.0  # all attempts; the function waits up to 3 s for its turn, keeps what was spoken, and is stopped after 30
)

# What is tried again, and how often. An answer that came broken may have been paid for, so only once.
_RETRIES = {"server_error": 2, "unreachable": 2, "connection_lost": 1, "bad_audio": 1}
_MAX_RETRIES = 2


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long all attempts may take together, and about how long the first pause is; the next one is twice as long."""

    total_timeout_s: float = TOTAL_TIMEOUT_S
    initial_delay_s: float = 0.5


def call_with_retries(
    provider: str, once: Callable[[float], SynthesizedAudio], patience: RetryPolicy
) -> SynthesizedAudio:
    """What `once(deadline)` answers, tried up to three times. A failing server is asked again, a broken answer bought once more.

    What earlier attempts cost is on the bill of the last one. Raises Busy at once, so that the wait costs nobody's time,
    and whatever the last attempt raised.
    """
    deadline = time.monotonic() + patience.total_timeout_s
    failures: Counter[str] = Counter()
    billed = 0
    while True:
        try:
            spoken = once(deadline)
            return replace(spoken, billed_characters=billed + spoken.billed_characters)
        except ProviderError as error:
            billed += error.billed_characters
            error.billed_characters = billed
            reason = error.reason if isinstance(error, ProviderUnavailableError) else ""
            failures[reason] += 1
            pause_s = patience.initial_delay_s * 2 ** (failures.total() - 1) * random.uniform(0.5, 1.5)  # noqa: S311
            may_retry = failures[reason] <= _RETRIES.get(reason, 0) and failures.total() <= _MAX_RETRIES
            if error.outcome is CallOutcome.DISABLED or not may_retry or time.monotonic() + pause_s > deadline:
                raise
            logger.warning("voice call retried", provider=provider, reason=reason, request_id=error.request_id)
            time.sleep(pause_s)
