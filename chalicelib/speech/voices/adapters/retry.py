"""Retries within one call, for failures that a short wait may cure."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.voices.model import CallOutcome, ProviderError, ProviderUnavailableError, SynthesizedAudio

# Of all attempts; the function waits up to 3 s for its turn, stores the audio, and is stopped after 30.
TOTAL_TIMEOUT_S = 24.0

# Retries by reason. A response that arrived broken may have been billed, so only one.
_MAX_RETRIES_BY_REASON = {"server_error": 2, "unreachable": 2, "connection_lost": 1, "invalid_audio": 1}
_MAX_RETRIES = 2


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Total time for all attempts, and the mean first pause, doubled with every retry."""

    total_timeout_s: float = TOTAL_TIMEOUT_S
    initial_delay_s: float = 0.5


def call_with_retries(
    provider: str, attempt: Callable[[float], SynthesizedAudio], policy: RetryPolicy
) -> SynthesizedAudio:
    """Return the result of `attempt(deadline)`, called up to three times.

    The last attempt's bill includes the earlier ones. Raises ProviderBusyError at once, so that no function waits, and
    otherwise the error of the last attempt.
    """
    deadline = time.monotonic() + policy.total_timeout_s
    failures: Counter[str] = Counter()
    billed = 0
    while True:
        try:
            result = attempt(deadline)
            return replace(result, billed_characters=billed + result.billed_characters)
        except ProviderError as error:
            billed += error.billed_characters
            error.billed_characters = billed
            reason = error.reason if isinstance(error, ProviderUnavailableError) else ""
            failures[reason] += 1
            pause_s = policy.initial_delay_s * 2 ** (failures.total() - 1) * random.uniform(0.5, 1.5)  # noqa: S311
            can_retry = failures[reason] <= _MAX_RETRIES_BY_REASON.get(reason, 0) and failures.total() <= _MAX_RETRIES
            is_hopeless = error.outcome in {CallOutcome.DISABLED, CallOutcome.NOT_CONFIGURED}
            if is_hopeless or not can_retry or time.monotonic() + pause_s > deadline:
                raise
            logger.warning("voice call retried", provider=provider, reason=reason, request_id=error.request_id)
            time.sleep(pause_s)
