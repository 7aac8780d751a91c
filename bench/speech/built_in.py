"""The built-in voice on the same texts: its processor time, its cost, and when a recording is done with so many copies.

Each copy of `synthesize_built_in` has one core. The voice is measured in this process; copies are simulated by a schedule, in
which every call has the overhead that the functions' own calls had in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.speech.schedule import schedule, split
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.adapters import hibari

COPIES = (2, 14, 100)
GB_S_USD = 0.0000133334  # of Lambda on arm64
MEMORY_GB = 1_769 / 1_024  # for which Lambda gives one core


@dataclass(frozen=True, slots=True)
class BuiltInTimes:
    """Processor time of each segment of a text, the length of its audio, and its first and last second by copies."""

    calls_s: Sequence[float]
    audio_s: float

    @property
    def processor_s_per_audio_hour(self) -> float:
        return sum(self.calls_s) / self.audio_s * 3_600

    @property
    def cost_usd(self) -> float:
        return sum(self.calls_s) * MEMORY_GB * GB_S_USD


def measure(text: str) -> BuiltInTimes:
    """Synthesize a text, segment by segment."""
    client, voice = hibari.Hibari(), hibari.HEART
    client.synthesize("The voice is loaded.", voice, "en-US")
    calls_s, audio_ms = [], 0
    for start, end, pause_ms in split(text):
        started = time.process_time()
        synthesized = client.synthesize(text[start:end], voice, "en-US")
        calls_s.append(time.process_time() - started)
        audio_ms += synthesized.audio.duration_ms + pause_ms
    return BuiltInTimes(calls_s, audio_ms / 1_000)


def report(texts: Sequence[str], overhead_s: float) -> None:
    """Print a table of the texts."""
    copies = " | ".join(f"first / done with {number} copies, s" for number in COPIES)
    print(
        "\n| characters, built-in voice | audio, min | processor s for an hour of audio | processor time, USD "
        f"| in the quote, USD | {copies} |\n|{'---|' * (5 + len(COPIES))}"
    )
    price = providers.get("hibari")
    for text in texts:
        times = measure(text)
        done = " | ".join(str(schedule([call_s + overhead_s for call_s in times.calls_s], number)) for number in COPIES)
        print(
            f"| {len(text):,} | {times.audio_s / 60:.1f} | {times.processor_s_per_audio_hour:.0f} | {times.cost_usd:.5f} "
            f"| {price.estimated_cost(len(text)):.5f} | {done} |",
            flush=True,
        )
