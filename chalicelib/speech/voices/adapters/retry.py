"""Retries within one call, for failures that a short wait may cure."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.platform.deadline import MIN_CALL_S, DeadlineExceededError, remaining_s, time_limit
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.voices.model import CallOutcome, ProviderError, ProviderUnavailableError, SynthesizedAudio

# Of all attempts; the function waits up to 3 s for its turn, stores the audio, and is stopped after 30.
TOTAL_TIMEOUT_S = 24.0
STORE_S = 2.0  # left for storing and reporting after the last attempt, before the invocation ends itself

# Retries by reason. A response that arrived broken may have been billed, so only one.
_MAX_RETRIES_BY_REASON = {"server_error": 2, "unreachable": 2, "connection_lost": 1, "invalid_audio": 1}
_MAX_RETRIES = 2


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Total time for all attempts, and the mean first pause, doubled with every retry.

    A client that cannot shorten a read's time-out may be `late_read_s` late.
    """

    total_timeout_s: float = TOTAL_TIMEOUT_S
    initial_delay_s: float = 0.5
    late_read_s: float = 0.0


def call_with_retries(
    provider: str, attempt: Callable[[float], SynthesizedAudio], policy: RetryPolicy
) -> SynthesizedAudio:
    """Return the result of `attempt(deadline)`, called up to three times.

    The last attempt's bill includes the earlier ones. Raises ProviderBusyError at once, so that no function waits, and
    otherwise the error of the last attempt.
    """
    available_s = remaining_s() - STORE_S - policy.late_read_s
    deadline = time.monotonic() + min(policy.total_timeout_s, max(MIN_CALL_S, available_s))
    failures: Counter[str] = Counter()
    billed = 0
    while True:
        try:
            result = _attempt_in_time(provider, attempt, deadline, policy.late_read_s)
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


def _attempt_in_time(
    provider: str, attempt: Callable[[float], SynthesizedAudio], deadline: float, late_read_s: float
) -> SynthesizedAudio:
    """Return the result of an attempt. Its end is certain even if a response trickles in, too fast for a socket's time-out."""
    try:
        with time_limit(deadline + late_read_s - time.monotonic()):
            return attempt(deadline)
    except DeadlineExceededError:
        raise ProviderUnavailableError(f"{provider}'s response came too slowly", reason="timeout") from None
