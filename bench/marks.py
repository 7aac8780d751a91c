"""How true word times are: each provider's, against the sound itself, beside times shared by the length of the words.

    python -m bench.marks                                   # espeak-ng, offline
    SPEECHIFY_API_KEY=… TTS_PROVIDERS=speechify python -m bench.marks

Words that begin with a voiced sound, each a sentence of its own, so that silence stands before it. A player hears what ffmpeg
decodes from the frames that we keep, encoder delay included; where the silence ends there, the mark should stand. With a
provider that bills, ~700 characters are paid for.
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
WORDS_A_TEXT = 7
STEP_MS = 5
LOUD = 0.02  # of the loudest sample: rests hold breath and noise, words begin above
SHORTEST_REST_MS = 110


def onsets(audio: mp3.Audio) -> list[int]:
    """When sound begins after a rest, in ms of what a player hears."""
    command = ["ffmpeg", "-v", "error", "-f", "mp3", "-i", "-", "-f", "s16le", "-ac", "1", "-"]
    samples = array("h", subprocess.run(command, input=audio.frames, capture_output=True, check=True).stdout)
    step = audio.sample_rate * STEP_MS // 1_000
    limit = LOUD * max(map(abs, samples))
    found, quiet_ms = [], SHORTEST_REST_MS
    for at in range(0, len(samples), step):
        if max(map(abs, samples[at : at + step])) < limit:
            quiet_ms += STEP_MS
            continue
        if quiet_ms >= SHORTEST_REST_MS:
            found.append(at // step * STEP_MS)
        quiet_ms = 0
    return found


def errors(text: str, spoken: SynthesizedAudio) -> tuple[list[int], list[int]]:
    """How many ms after the sound each mark stands: the provider's, and one made of lengths. None when words run together."""
    heard = onsets(spoken.audio)
    shared = marks.estimate(text, spoken.audio.duration_ms)
    if len(heard) != len(spoken.words):
        return [], []
    told = [mark.start_ms - onset for mark, onset in zip(spoken.words, heard, strict=True)]
    return told, [mark.start_ms - onset for mark, onset in zip(shared, heard, strict=True)]


def row(name: str, found: list[int]) -> str:
    off = quantiles(map(abs, found), n=20)
    return f"| {name} | {len(found)} | {median(found):+.0f} | {off[9]:.0f} | {off[18]:.0f} |"


def main() -> None:
    defaults = {"STAGE": "bench", "INCOMING_BUCKET": "-", "LIBRARY_BUCKET": "-"}
    os.environ |= {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.setdefault("TTS_PROVIDERS", ",".join(configured(os.environ)))
    pick = random.Random(7)  # noqa: S311
    texts = [" ".join(f"{word}." for word in pick.sample(WORDS, WORDS_A_TEXT)) for _ in range(TEXTS)]
    print("| word times | words | middle, ms after the sound | half are off by less than | 95 % |")
    print("|---|---|---|---|---|")
    for name in settings().tts_providers:
        speaker, voice = clients.create_client(name), catalogue.default_voice(languages.DEFAULT, [name])
        told: list[int] = []
        shared: list[int] = []
        timings: set[str] = set()
        for text in texts:
            spoken = speaker.synthesize(text, voice, languages.DEFAULT)
            timings.add(spoken.timing)
            theirs, ours = errors(text, spoken)
            told, shared = told + theirs, shared + ours
        if told:
            print(row(f"{voice.id}, {' and '.join(sorted(timings))}", told))
            print(row("the same sound, shared by length", shared))
        else:
            print(f"| {voice.id} | 0 | makes no rests between sentences | | |")


if __name__ == "__main__":
    main()
