"""Accuracy of word timings: each provider's against the sound itself, beside timings estimated from word lengths.

    python -m bench.marks                                   # espeak-ng, offline
    SPEECHIFY_API_KEY=… TTS_PROVIDERS=speechify python -m bench.marks

The texts are words that start with a voiced sound, each a sentence of its own, so that silence precedes it. A player plays
what ffmpeg decodes from the stored frames, encoder delay included; the word timing should start where the silence ends.
Paid providers charge for about 700 characters.
"""

from __future__ import annotations

import os
import random
import subprocess
from array import array
from statistics import median, quantiles

from chalicelib.platform.config import settings
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.voices import catalogue, clients, languages
from chalicelib.speech.voices.model import SynthesizedAudio
from infra.operate.voices import configured

WORDS = (
    *("Mountains", "Zebras", "Lanterns", "Valleys", "Windows", "Rivers", "Violins", "Meadows", "Rainbows", "Museums"),
    *("Winter", "Numbers", "Memories", "Lemons", "Ravens", "Villages", "Noise", "Ladders", "Magnets", "Machines"),
)
TEXTS = 12
WORDS_PER_TEXT = 7
STEP_MS = 5
LOUDNESS_THRESHOLD = 0.02  # of the loudest sample: pauses contain breath and noise, words are louder
MIN_PAUSE_MS = 110


def onsets(audio: mp3.Audio) -> list[int]:
    """Return when sound starts after each pause, in ms of what a player plays."""
    command = ["ffmpeg", "-v", "error", "-f", "mp3", "-i", "-", "-f", "s16le", "-ac", "1", "-"]
    samples = array("h", subprocess.run(command, input=audio.frames, capture_output=True, check=True).stdout)
    step = audio.sample_rate * STEP_MS // 1_000
    threshold = LOUDNESS_THRESHOLD * max(map(abs, samples))
    onsets_ms, quiet_ms = [], MIN_PAUSE_MS
    for offset in range(0, len(samples), step):
        if max(map(abs, samples[offset : offset + step])) < threshold:
            quiet_ms += STEP_MS
            continue
        if quiet_ms >= MIN_PAUSE_MS:
            onsets_ms.append(offset // step * STEP_MS)
        quiet_ms = 0
    return onsets_ms


def errors(text: str, synthesized: SynthesizedAudio) -> tuple[list[int], list[int]]:
    """Return the error of each word's start in ms: the provider's, and an estimate's. Empty when words run together."""
    starts = onsets(synthesized.audio)
    estimated = marks.estimate(text, synthesized.audio.duration_ms)
    if len(starts) != len(synthesized.words):
        return [], []
    return (
        [word.start_ms - start for word, start in zip(synthesized.words, starts, strict=True)],
        [word.start_ms - start for word, start in zip(estimated, starts, strict=True)],
    )


def row(name: str, errors_ms: list[int]) -> str:
    percentiles = quantiles(map(abs, errors_ms), n=20)
    return f"| {name} | {len(errors_ms)} | {median(errors_ms):+.0f} | {percentiles[9]:.0f} | {percentiles[18]:.0f} |"


def main() -> None:
    defaults = {"STAGE": "bench", "INCOMING_BUCKET": "-", "LIBRARY_BUCKET": "-"}
    os.environ |= {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.setdefault("TTS_PROVIDERS", ",".join(configured(os.environ)))
    dice = random.Random(7)  # noqa: S311
    texts = [" ".join(f"{word}." for word in dice.sample(WORDS, WORDS_PER_TEXT)) for _ in range(TEXTS)]
    print("| word timings | words | median, ms after the sound | half are off by less than | 95 % |")
    print("|---|---|---|---|---|")
    for name in settings().tts_providers:
        client, voice = clients.create_client(name), catalogue.default_voice(languages.DEFAULT, [name])
        provider_ms: list[int] = []
        estimated_ms: list[int] = []
        timings: set[str] = set()
        for text in texts:
            synthesized = client.synthesize(text, voice, languages.DEFAULT)
            timings.add(synthesized.timing)
            provider_errors, estimate_errors = errors(text, synthesized)
            provider_ms += provider_errors
            estimated_ms += estimate_errors
        if provider_ms:
            print(row(f"{voice.id}, {' and '.join(sorted(timings))}", provider_ms))
            print(row("the same sound, estimated from word lengths", estimated_ms))
        else:
            print(f"| {voice.id} | 0 | no pauses between sentences | | |")


if __name__ == "__main__":
    main()
