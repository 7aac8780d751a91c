"""Faults that the checks of spoken audio find, and audio that they suspect without reason.

    python -m bench.checks [--sentences 84] [--clean 241]

It takes sentences of this project's documentation, has three engines speak them (the built-in voice, espeak-ng, and Debian's
flite, which is installed for this measurement only), and damages what they said in eight ways. Thresholds were chosen by the
first half of the sentences; the figures of the other half are the result.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import tempfile
import time
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from chalicelib.speech.audio import marks, mp3, pcm
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.checks import examine, pace
from chalicelib.speech.checks.model import VoicePace
from chalicelib.speech.voices.adapters import espeak, hibari
from chalicelib.speech.voices.adapters.lame import encode
from chalicelib.speech.voices.model import TtsClient, Voice

DOCS = Path(__file__).parent.parent / "docs"
SENTENCE = re.compile(r"[A-Za-z][A-Za-z ,;:.'’!?-]+[.!?]")
MIN_WORD = 3  # letters of a word that is dropped or repeated
AIMS = {"silence": 99, "cut_end": 99, "wrong_sentence": 99, "clipping": 99, "dropped_word": 90, "repeated_word": 90}
ENGINES = ("hibari", "espeak", "flite")
CLIENTS: dict[str, tuple[TtsClient, Voice]] = {
    "hibari": (hibari.Hibari(), hibari.HEART),
    "espeak": (espeak.Espeak(), Voice("espeak:en-us", "English", "en-US", None)),
}


def sentences() -> list[str]:
    """Return the documentation's sentences of words only, in an order that is always the same."""
    found = []
    for page in sorted(DOCS.glob("*.md")):
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for paragraph in re.split(r"\n\s*\n", text):
            if paragraph.lstrip().startswith(("|", "#", "-", "<", ">")):
                continue
            prose = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", " ".join(paragraph.split())).replace("**", "")
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", prose):
                is_plain = SENTENCE.fullmatch(sentence) and not re.search(r"[A-Z]{2,}|[a-z][A-Z]|\w\.\w", sentence)
                if 40 <= len(sentence) <= 220 and is_plain:
                    found.append(sentence)
    unique = list(dict.fromkeys(found))
    random.Random(1).shuffle(unique)  # noqa: S311 - the same order every time
    return unique


def speak(engine: str, text: str) -> tuple[Samples, Sequence[WordTiming]]:
    """Return what an engine says, as it is after encoding and decoding, and its word timings if it reports any."""
    if engine in CLIENTS:
        client, voice = CLIENTS[engine]
        synthesized = client.synthesize(text, voice, voice.language)
        return pcm.decode(synthesized.audio), synthesized.words
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", file.name], check=True)
        with wave.open(file.name) as recording:
            samples, rate = recording.readframes(recording.getnframes()), recording.getframerate()
    return pcm.decode(mp3.parse(encode(samples, rate))), ()


def coded(samples: Samples) -> Samples:
    body = (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()
    return pcm.decode(mp3.parse(encode(body, SAMPLE_RATE)))


def silence(samples: Samples, chance: random.Random) -> Samples:
    return coded(samples * np.float32(chance.choice((0, 0.0005))))


def inner_silence(samples: Samples, chance: random.Random) -> Samples:
    """Mute 0.6 to 1 s of the speech, or insert as much."""
    size = round(chance.uniform(0.6, 1.0) * SAMPLE_RATE)
    start = round(chance.uniform(0.2, 0.6) * samples.size)
    rest = samples[start + size :] if chance.random() < 0.5 else samples[start:]
    return coded(np.concatenate((samples[:start], np.zeros(size, np.float32), rest)))


def cut_end(samples: Samples, chance: random.Random) -> Samples:
    return coded(samples[: round(chance.uniform(0.4, 0.85) * samples.size)])


def clipping(samples: Samples, chance: random.Random) -> Samples:
    return coded(np.clip(samples / np.abs(samples).max() * np.float32(chance.uniform(4, 10)), -1, 1))


def noise(samples: Samples, chance: random.Random) -> Samples:
    """Replace 0.4 s of the speech by noise of its level."""
    start, size = round(chance.uniform(0.2, 0.7) * samples.size), round(0.4 * SAMPLE_RATE)
    damaged = samples.copy()
    part = damaged[start : start + size]
    level = float(np.sqrt(np.mean(samples**2)))
    part[:] = np.random.default_rng(chance.randrange(2**32)).normal(0, level, part.size)
    return coded(damaged)


SOUND_FAULTS: dict[str, Callable[[Samples, random.Random], Samples]] = {
    "silence": silence,
    "inner_silence": inner_silence,
    "cut_end": cut_end,
    "clipping": clipping,
    "noise": noise,
}


def misread(sentence: str, fault: str, chance: random.Random) -> str:
    """Return the sentence without one of its words, or with one twice."""
    words = sentence.split()
    index = chance.choice([i for i, word in enumerate(words) if sum(map(str.isalpha, word)) >= MIN_WORD])
    if fault == "dropped_word":
        return " ".join(words[:index] + words[index + 1 :])
    return " ".join([*words[:index], words[index].rstrip(".,;:!?"), *words[index:]])


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip with what the checks found in it."""

    engine: str
    fault: str
    is_tuning: bool
    faults: tuple[str, ...]
    seconds: float
    cpu_s: float
    log_pace: float


def clips(count: int, clean_count: int) -> Iterator[Clip]:
    prose, chance = sentences(), random.Random(7)  # noqa: S311 - the same faults every time
    half = len(prose) // 2
    paces: dict[str, VoicePace] = {}
    order = [place for pair in zip(range(half), range(half, 2 * half), strict=True) for place in pair]
    for number, place in enumerate(order[:clean_count]):
        sentence, is_tuning = prose[place], place < half
        for engine in ENGINES:
            samples, words = speak(engine, sentence)
            clean = _check(engine, "clean", sentence, samples, words, paces.get(engine), is_tuning=is_tuning)
            if is_tuning and clean.log_pace:
                paces[engine] = pace.updated(paces.get(engine), float(np.exp(clean.log_pace)))
            yield clean
            if number >= count:
                continue
            for fault, damage in SOUND_FAULTS.items():
                damaged = damage(samples, chance)
                yield _check(engine, fault, sentence, damaged, words, paces.get(engine), is_tuning=is_tuning)
            other = prose[(place + 1 + chance.randrange(len(prose) - 1)) % len(prose)]
            said = {"wrong_sentence": other} | {
                f: misread(sentence, f, chance) for f in ("dropped_word", "repeated_word")
            }
            for fault, text in said.items():
                misspoken, _ = speak(engine, text)  # an engine that misreads a text reports words that are not in it
                yield _check(engine, fault, sentence, misspoken, (), paces.get(engine), is_tuning=is_tuning)


def _check(
    engine: str,
    fault: str,
    text: str,
    samples: Samples,
    words: Sequence[WordTiming],
    usual: VoicePace | None,
    *,
    is_tuning: bool,
) -> Clip:
    started = time.process_time()
    # as `synthesize` does: in this process, for nothing, and always the same
    again = speak(engine, text)[0] if engine == "espeak" else None
    checks, _ = examine.examine(
        samples,
        text,
        "en",
        voice=f"{engine}:en",
        words=words,
        is_exact=bool(words),
        usual=usual,
        again=again,
    )
    faults = [name.value for name in checks.faults]
    try:  # as for every call, before the checks
        marks.check(words, text_length=len(text), duration_ms=samples.size * 1_000 // SAMPLE_RATE)
    except marks.MarksError:
        faults.append("marks")
    return Clip(
        engine,
        fault,
        is_tuning,
        tuple(faults),
        samples.size / SAMPLE_RATE,
        time.process_time() - started,
        float(np.log(checks.ms_per_letter)) if checks.ms_per_letter else 0.0,
    )


def report(results: list[Clip]) -> Iterator[str]:
    """Yield the shares of clips in which the checks found a fault, for each engine and half."""
    for is_tuning in (True, False):
        yield f"{'half for thresholds' if is_tuning else 'half for figures'}: found of all, in %"
        by_fault: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
        for clip in results:
            if clip.is_tuning == is_tuning:
                by_fault[clip.fault][clip.engine].append(bool(clip.faults))
        for fault, engines in by_fault.items():
            everything = [found for founds in engines.values() for found in founds]
            columns = " ".join(f"{name} {100 * np.mean(founds):5.1f}" for name, founds in engines.items())
            aim = f"aim {AIMS[fault]}" if fault in AIMS else "aim at most 0.5" if fault == "clean" else ""
            yield f"  {fault:15} {100 * np.mean(everything):6.2f} of {len(everything):4}   {columns}   {aim}"
    clean = [clip for clip in results if clip.fault == "clean"]
    yield f"checks take {1_000 * sum(c.cpu_s for c in clean) / sum(c.seconds for c in clean):.1f} ms for a second of good speech"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=42, help="that are damaged in eight ways, in three engines")
    parser.add_argument("--clean", type=int, default=240, help="that are spoken")
    parser.add_argument("--clips", type=Path, help="file that gets a line for each clip")
    options = parser.parse_args()
    results = []
    for clip in clips(options.sentences, options.clean):
        results.append(clip)
        if options.clips:
            with options.clips.open("a") as file:
                file.write(json.dumps(asdict(clip)) + "\n")
    print("\n".join(report(results)))


if __name__ == "__main__":
    main()
