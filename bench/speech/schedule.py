"""The ideal schedule of a job: the provider's own time, in slots that lose none of it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.speech.provider import CHARACTERS_PER_S, FIRST_BYTE_S, TIMES_REAL_TIME
from chalicelib.extraction import sentences
from chalicelib.speech import segments

SLOTS = 14  # of the 15 that Speechify sells, one is spare
STARTS_PER_S = 20  # that it allows
VOCABULARY = "the tide turned before morning and none had seen him arrive at quay twelve with his old lantern".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the request to the first audio, and to the finished recording."""

    first_s: float
    done_s: float

    def __str__(self) -> str:
        return f"{self.first_s:.1f} / {self.done_s:.1f}"


def call_s(characters: int) -> float:
    """Return the provider's time for a text."""
    return FIRST_BYTE_S + characters / CHARACTERS_PER_S / TIMES_REAL_TIME


def ideal(lengths: Sequence[int]) -> Times:
    """Return the times of segments in order, each started as soon as a slot is free and the provider's rate allows it."""
    return schedule([call_s(length) for length in lengths], SLOTS, interval_s=1 / STARTS_PER_S)


def schedule(calls_s: Sequence[float], slots: int, *, interval_s: float = 0.0) -> Times:
    """Return the times of calls of these lengths, in order, each started as soon as a slot is free and an interval is over."""
    free, next_s = [0.0] * slots, 0.0
    for length_s in calls_s:
        start_s = max(free[0], next_s)
        next_s = start_s + interval_s
        heapq.heapreplace(free, start_s + length_s)
    return Times(calls_s[0], max(free))


def prose(characters: int, seed: int) -> str:
    """Return made-up prose, the same for each seed."""
    dice = random.Random(seed)  # noqa: S311
    paragraphs: list[str] = []
    length = 0
    while length < characters:
        sentences = (" ".join(dice.choices(VOCABULARY, k=dice.randint(6, 20))).capitalize() + "." for _ in range(5))
        paragraphs.append(" ".join(sentences))
        length += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)[:characters]


def split(text: str) -> list[tuple[int, int, int]]:
    """Return start, end and pause of each segment, as the application splits the text."""
    return [
        (segment.start, segment.end, segment.pause_ms)
        for segment in segments.split(text, sentences.sentence_boundaries(text, "en"))
    ]
