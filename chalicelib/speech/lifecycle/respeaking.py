"""The most that a job may be billed for segments that are spoken again because of faults: part of its quote and its budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import nlargest
from typing import TypeVar

from chalicelib.platform.config import settings
from chalicelib.speech.segment_store import UnspokenSegment
from chalicelib.speech.transitions import MAX_RESPOKEN, SAME_VOICE_AGAIN, max_respoken
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Provider

Amount = TypeVar("Amount", int, float)


def max_cost(unspoken: Sequence[UnspokenSegment], segment_count: int) -> float:
    """Return the most that further calls of a job of so many segments may cost."""
    return sum(_largest(unspoken, segment_count, Provider.estimated_cost))


def max_characters(unspoken: Sequence[UnspokenSegment], segment_count: int) -> int:
    """Return the most characters that providers may bill for further calls of a job of so many segments."""
    return sum(_largest(unspoken, segment_count, Provider.billable_characters))


def _largest(
    unspoken: Sequence[UnspokenSegment], segment_count: int, measure: Callable[[Provider, int], Amount]
) -> list[Amount]:
    """Return what each of the most further calls takes, if the longest segments are at fault.

    A segment may be spoken again by its own provider, and by those that take over.
    """
    if not settings().speech_checks:
        return []
    others: list[Provider] = providers.configured_providers() if settings().tts_fallback_enabled else []
    speaking = {name: [providers.get(name), *others] for name in {segment.provider for segment in unspoken}}
    amounts = [
        max(measure(provider, segment.characters) for provider in speaking[segment.provider]) for segment in unspoken
    ]
    return nlargest(max_respoken(segment_count), amounts * (MAX_RESPOKEN if others else SAME_VOICE_AGAIN))
