"""espeak-ng, really speaking: word times are checked against the sound, not against the engine's own report.

The start of a word is audible only after silence. So words picked at random get a comma before them, which makes the
voice pause, and the end of that pause is measured in the samples, and again in the MP3's own frames.
"""

import random
import re
import subprocess
import sys
import threading
import time
from array import array
from itertools import accumulate

import pytest

from chalicelib.platform.deadline import DeadlineExceededError, time_limit
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.voices.adapters import espeak
from chalicelib.speech.voices.adapters.espeak import Espeak
from chalicelib.speech.voices.model import RequestRejectedError, SynthesizedAudio, UnknownVoiceError
from tests.support.mp3_join import join_segments

PROSE = (
    "The harbour was quiet before dawn, and the boats lay still. A man walked along the quay with a lantern; nobody had "
    "seen him arrive. They waited, watched, and wondered whether the tide would turn again before morning came. In the "
    "end it was a child who broke the silence. She pointed at the water and said that something under the surface moved."
)
SILENT = 150  # of 32,767; the voice's pauses are digital silence with a little ringing
MIN_PAUSE_MS = 90  # stops like the k of "quay" are silent for up to 70
TOLERANCE_MS = 90  # the same stops: the word starts before it is audible


def speak(text: str, language: str = "en-us") -> SynthesizedAudio:
    voice = next(voice for voice in espeak.VOICES if voice.key == language)
    result = Espeak().synthesize(text, voice, language)
    marks.check(result.words, text_length=len(text), duration_ms=result.audio.duration_ms)
    return result


def spoken_words(text: str, result: SynthesizedAudio) -> list[str]:
    return [text[word.text_start : word.text_end] for word in result.words]


def pauses(samples: bytes, sample_rate: int) -> list[tuple[int, int]]:
    """Find the long silences, in ms."""
    values = array("h", samples)
    step = sample_rate // 200  # 5 ms
    loud = [max(map(abs, values[at : at + step])) >= SILENT for at in range(0, len(values), step)]
    return runs([not is_loud for is_loud in loud], 5)


def runs(silent: list[bool], step_ms: int) -> list[tuple[int, int]]:
    long_runs, start = [], None
    for index, is_silent in enumerate([*silent, False]):
        if is_silent and start is None:
            start = index
        elif not is_silent and start is not None:
            if (index - start) * step_ms >= MIN_PAUSE_MS:
                long_runs.append((start * step_ms, index * step_ms))
            start = None
    return long_runs


def with_a_pause_before(word: re.Match[str]) -> tuple[str, int]:
    """Return the prose with a comma before this word, and the word's new offset."""
    head = PROSE[: word.start()].rstrip(" ,.;") + ", "
    return head + PROSE[word.start() :], len(head)


def silent_frames(audio: mp3.Audio) -> list[bool]:
    """Find almost silent frames by the bits spent on their granule (part2_3_length)."""
    size = len(audio.frames) // audio.frame_count
    frames = [audio.frames[at : at + size] for at in range(0, len(audio.frames), size)]
    bits = [(frame[5] & 0x7F) << 5 | frame[6] >> 3 for frame in frames]  # MPEG-2 mono: after 8 + 1 bits
    return [spent < 200 for spent in bits]


def test_twenty_random_words_are_audible_at_their_word_times() -> None:
    picked = random.Random(20).sample(list(re.finditer(r"[A-Za-z]+", PROSE))[2:], 20)  # noqa: S311
    for match in picked:
        text, offset = with_a_pause_before(match)
        samples, sample_rate, speech_marks = espeak.synthesize_samples(text, "en-us")
        words = marks.align(text, speech_marks, duration_ms=len(samples) * 500 // sample_rate)
        word = next(word for word in words if word.text_start == offset)
        onset = min((end for _, end in pauses(samples, sample_rate)), key=lambda end: abs(end - word.start_ms))
        assert abs(onset - word.start_ms) <= TOLERANCE_MS, f"{match[0]}: heard at {onset}, timed at {word.start_ms}"


def test_word_times_match_the_mp3_including_the_encoders_delay() -> None:
    text = "Morning. Zebras. Lanterns. Mountains. Valleys. Windows. Rivers. Violins."
    result = speak(text)
    decoder_delay_ms = 22  # 529 samples: a decoder outputs a frame's sound that much later
    onsets = [end + decoder_delay_ms for _, end in runs(silent_frames(result.audio), 24)]
    for word in result.words[1:]:
        onset = min(onsets, key=lambda end: abs(end - word.start_ms))
        assert abs(onset - word.start_ms) <= 48, f"{word} is heard at {onset}"
    errors = [min((onset - word.start_ms for onset in onsets), key=abs) for word in result.words[1:]]
    assert abs(sum(errors) / len(errors)) < 24  # without the delay the mean would be off by 46


def test_every_word_has_a_timing_and_the_audio_is_as_long_as_its_frames() -> None:
    result = speak(PROSE)
    assert spoken_words(PROSE, result) == re.findall(r"[A-Za-z]+", PROSE)
    assert (result.timing, result.billed_characters) == ("exact", 0)
    audio = result.audio
    assert (audio.sample_rate, audio.channels, audio.kbps) == (24_000, 1, 64)
    assert audio.duration_ms == 24 * audio.frame_count == 24 * len(audio.frames) // 192
    assert 15_000 < audio.duration_ms < 30_000
    assert audio.duration_ms - 500 < result.words[-1].end_ms <= audio.duration_ms


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr-fr", "L'été, à Besançon, 25 crêpes.", ["L'été", "à", "Besançon", "25", "crêpes"]),
        ("de", "Straße äöü: 1.000 Übungen z. B. heute.", ["Straße", "äöü", "1.000", "Übungen", "z", "B", "heute"]),
        ("en-us", "I am 😀 happy 👨‍👩‍👧 today.", ["I", "am", "😀", "happy", "👨‍👩‍👧", "today"]),
        ("en-us", "cafe\u0301 noir, nai\u0308ve", ["cafe\u0301", "noir", "nai\u0308ve"]),
        ("en-us", "It cost $3.5 million (42%).", ["It", "cost", "$3.5", "million", "42%"]),
        ("cmn", "你好，世界。今天天气很好。", list("你好世界今天天气很好")),
        ("ru", "Привет, мир!", ["Привет", "мир"]),
        ("ar", "مرحبا بالعالم، كيف حالك؟", ["مرحبا", "بالعالم", "كيف", "حالك"]),
        ("hi", "नमस्ते दुनिया, आप कैसे हैं?", ["नमस्ते", "दुनिया", "आप", "कैसे", "हैं"]),
        ("en-us", "<speak>one</speak> &amp; \x00\x1b two\n\nthree", None),
    ],
)
def test_word_offsets_select_the_word_in_the_text(language: str, text: str, expected: list[str] | None) -> None:
    result = speak(text, language)
    slices = [text[start:end] for start, end in marks.word_spans(text)]
    assert spoken_words(text, result) == slices
    assert expected is None or slices == expected
    assert len({word.start_ms for word in result.words}) > len(slices) // 2


def test_word_times_stay_in_order_when_segments_are_joined() -> None:
    parts = [speak(sentence) for sentence in re.split(r"(?<=[.;]) ", PROSE)]
    pause = mp3.silence(400, parts[0].audio)
    whole = mp3.parse(join_segments([frames for part in parts for frames in (part.audio.frames, pause.frames)]))
    starts_ms = list(accumulate((part.audio.duration_ms + pause.duration_ms for part in parts), initial=0))
    assert whole.duration_ms == starts_ms[-1]
    words = [
        m
        for part, at in zip(parts, starts_ms, strict=False)
        for m in marks.shift(part.words, offset_ms=at, text_offset=0)
    ]
    assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)
    assert words[-1].end_ms <= whole.duration_ms


def test_two_threads_do_not_mix_their_audio() -> None:
    alone = {text: len(spoken_words(text, speak(text))) for text in ("one two three four five", "sechs sieben")}
    results: list[tuple[str, int]] = []

    def work(text: str, language: str) -> None:
        for _ in range(5):
            result = speak(text, language)
            assert spoken_words(text, result) == text.split()
            results.append((text, len(result.words)))

    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in (("one two three four five", "en-us"), ("sechs sieben", "de"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([*alone.items()] * 5)


@pytest.mark.parametrize("voice", [voice.key for voice in espeak.VOICES])
def test_every_listed_voice_exists_and_speaks(voice: str) -> None:
    samples, sample_rate, _ = espeak.synthesize_samples("1 2", voice)
    assert len(samples) > sample_rate // 5
    assert any(samples)


def test_an_unknown_language_is_rejected() -> None:
    with pytest.raises(UnknownVoiceError, match="xx-none"):
        espeak.synthesize_samples("hello", "xx-none")


def test_a_text_without_a_sound_is_rejected() -> None:
    with pytest.raises(RequestRejectedError) as rejected:
        espeak.synthesize_samples("", "en-us")
    assert rejected.value.code == "empty_text"


@pytest.mark.parametrize("package", ["lameenc", "espeakng_loader"])
def test_a_missing_package_is_named_in_the_error(package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from chalicelib.speech.voices.adapters.espeak import VOICES, Espeak\n"
        "from chalicelib.speech.voices.model import ProviderUnavailableError\n"
        "try: Espeak().synthesize('x', VOICES[0], 'en')\n"
        "except ProviderUnavailableError as error: print(error.open_breaker, error)"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.startswith("True espeak needs the packages espeakng-loader and lameenc")
    assert package in process.stdout


def test_a_text_is_spoken_whole_or_not_at_all_when_the_time_is_up() -> None:
    espeak.synthesize_samples(PROSE, "en-us")  # loads the library
    started = time.monotonic()
    samples, _, words = espeak.synthesize_samples(PROSE, "en-us")
    duration_s = time.monotonic() - started
    for tenths in range(15):
        try:
            with time_limit(tenths / 10 * duration_s):
                spoken, _, marked = espeak.synthesize_samples(PROSE, "en-us")
                assert len(spoken) == pytest.approx(len(samples), rel=0.01)  # two runs differ by some milliseconds
                assert len(marked) == len(words)
        except DeadlineExceededError:
            pass
