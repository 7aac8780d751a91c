"""Pauses that are heard, beside those that are planned, with the voices of this machine.

    python -m bench.pauses [--scale 1.0] [FILE…]

Each document is read as a recording is: extracted, split, normalized, spoken, paused and encoded. Then the silence between the
words around each planned pause is measured in the decoded samples. "Unmarked" is a voice whose word times are withheld, as
those of a server that reports none: its silences are found by the speech between them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from chalicelib.extraction import extract, sentences
from chalicelib.extraction.model import UNSPOKEN_KINDS, ExtractedText
from chalicelib.speech import pauses, segments
from chalicelib.speech.audio import joinable, marks, mp3, pcm, silences
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.pauses import Outline
from chalicelib.speech.spoken_segment import get_spoken_text
from chalicelib.speech.voices import clients
from chalicelib.speech.voices.model import ProviderError, TtsClient, Voice

VOICES = ("espeak:en-us", "hibari:heart")
TYPES = {".md": "text/markdown", ".txt": "text/plain", ".html": "text/html", ".epub": "application/epub+zip"}
NEAR_MS = 100  # of a silence from the words around it
SAMPLE = """# Chapter 1

## The Storm

The keeper woke and counted the ships, and he wrote their number down. It rained all night.

He had three things with him:

- a lamp
- two cans of oil
- rope

He lit the lamp at six. It was cold.

* * *

In the morning a boat came.

> It has never been dark for a night in all these years.

Then it rained again.

# Chapter 2

## The Calm

| Ship | Masts |
|------|-------|
| Anna | 2 |
| Bertha | 3 |

Few people saw them.
"""
POEM = """The lamp is low
the tide is slow
and home we go

The gulls are white
and gone by night
with all their might
"""


class HeardPause(NamedTuple):
    planned_ms: int
    heard_ms: int
    before: str
    behind: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--every", action="store_true", help="print every pause")
    arguments = parser.parse_args()
    defaults = {"STAGE": "bench", "INCOMING_BUCKET": "-", "LIBRARY_BUCKET": "-"}
    os.environ |= {name: value for name, value in defaults.items() if name not in os.environ}
    with tempfile.TemporaryDirectory() as folder:
        files = arguments.files or _samples(Path(folder))
        texts = [extract.extract(path, TYPES[path.suffix]) for path in files]
    for name, client, voice, is_marked in _voices():
        by_length: defaultdict[int, list[HeardPause]] = defaultdict(list)
        for text in texts:
            for pause in listen(text, client, voice, scale=arguments.scale, is_marked=is_marked):
                by_length[pause.planned_ms].append(pause)
        _report(name, by_length, every=arguments.every)


def _samples(folder: Path) -> list[Path]:
    paths = [folder / "storm.md", folder / "poem.txt"]
    for path, content in zip(paths, (SAMPLE, POEM), strict=True):
        path.write_text(content)
    return paths


def _voices() -> Iterator[tuple[str, TtsClient, Voice, bool]]:
    for voice_id in VOICES:
        try:
            client = clients.create_client(voice_id.partition(":")[0])
            voice = next(voice for voice in client.list_voices() if voice.id == voice_id)
        except (KeyError, ValueError, ImportError, ProviderError) as error:
            print(f"{voice_id}: not here ({error})")
            continue
        yield voice_id, client, voice, True
        yield f"{voice_id}, unmarked", client, voice, False


def listen(text: ExtractedText, client: TtsClient, voice: Voice, *, scale: float, is_marked: bool) -> list[HeardPause]:
    """Speak a text as a recording, and measure its pauses."""
    outline = Outline(text.blocks, [chapter.start for chapter in text.chapters])
    split = segments.split(
        text.text,
        sentences.sentence_boundaries(text.text, "en"),
        skipped=outline.silent_ranges(UNSPOKEN_KINDS),
        borders=outline.borders(),
    )
    placed = pauses.place(text.text, split, outline, UNSPOKEN_KINDS, scale=scale)
    frames, words, planned = b"", list[WordTiming](), dict[int, int]()
    offset_ms = 0
    for segment, own in zip(split, placed, strict=True):
        spoken = get_spoken_text(text.text[segment.start : segment.end], "en", voice.id)
        synthesized = client.synthesize(spoken.text, voice, "en")
        if not is_marked:
            estimated = marks.estimate(spoken.text, synthesized.audio.duration_ms)
            synthesized = replace(synthesized, words=estimated, timing="estimated")
        synthesized = joinable.make_joinable(synthesized, pcm.decode(synthesized.audio))
        audio, timings = _paused(
            synthesized.audio, spoken.to_written(synthesized.words), own, segment.pause_ms, is_exact=is_marked
        )
        words += marks.shift(timings, offset_ms=offset_ms, text_offset=segment.start)
        frames, offset_ms = frames + audio.frames, offset_ms + audio.duration_ms
        planned |= {segment.end: segment.pause_ms} | {segment.start + pause.offset: pause.ms for pause in own}
    silent = silences.find(pcm.decode(mp3.parse(frames)))
    return list(_measure(text.text, words, silent, planned))


def _paused(
    spoken: mp3.Audio, words: list[WordTiming], own: Sequence[pauses.Pause], pause_ms: int, *, is_exact: bool
) -> tuple[mp3.Audio, list[WordTiming]]:
    audio = joinable.with_silence(spoken, pause_ms)
    if not own:
        return audio, words
    samples, moved_ms = pcm.with_lead_in(pcm.decode(audio))
    timings = marks.shift(words, offset_ms=moved_ms, text_offset=0)
    speech = silences.set_pauses(samples, timings, own, is_exact=is_exact)
    return pcm.encode(speech.samples), speech.words


def _measure(
    text: str, words: Sequence[WordTiming], silent: Sequence[silences.Stretch], planned: dict[int, int]
) -> Iterator[HeardPause]:
    for offset, planned_ms in sorted(planned.items()):
        index = next((i for i, word in enumerate(words) if word.text_start >= offset), None)
        if not index:
            continue
        before, behind = words[index - 1], words[index]
        lengths = [
            silence.end_ms - silence.start_ms
            for silence in silent
            if silence.start_ms < behind.start_ms + NEAR_MS and silence.end_ms > before.end_ms - NEAR_MS
        ]
        yield HeardPause(
            planned_ms,
            max(lengths, default=0),
            text[before.text_start : before.text_end],
            text[behind.text_start : behind.text_end],
        )


def _report(name: str, by_length: dict[int, list[HeardPause]], *, every: bool) -> None:
    print(f"\n{name}: planned ms, how many, heard ms (least, median, most)")
    for planned_ms, heard in sorted(by_length.items()):
        lengths = [pause.heard_ms for pause in heard]
        print(f"{planned_ms:>8} {len(heard):>5} {min(lengths):>8} {statistics.median(lengths):>8.0f} {max(lengths):>8}")
        for pause in heard if every else ():
            print(f"{'':>15}{pause.heard_ms:>8}  {pause.before} | {pause.behind}")


if __name__ == "__main__":
    main()
