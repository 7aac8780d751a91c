"""espeak-ng, really speaking: its words are looked for in the sound, not in what the engine says about itself.

Where a word begins can be heard only behind silence. So words picked at random get a comma before them, which makes the
voice rest, and the end of that rest is measured in the samples, and again in the MP3's own frames.
"""

import random
import re
import subprocess
import sys
import threading
from array import array
from itertools import accumulate

import pytest

from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.voices.adapters import espeak
from chalicelib.speech.voices.adapters.espeak import Espeak
from chalicelib.speech.voices.model import RequestRejectedError, SynthesizedAudio, UnknownVoiceError
from tests.support.mp3_join import joined

PROSE = (
    "The harbour was quiet before dawn, and the boats lay still. A man walked along the quay with a lantern; nobody had "
    "seen him arrive. They waited, watched, and wondered whether the tide would turn again before morning came. In the "
    "end it was a child who broke the silence. She pointed at the water and said that something under the surface moved."
)
SILENT = 150  # of 32,767; the voice's rests are digital silence with a little ringing
SHORTEST_REST_MS = 90  # stops like the k of "quay" are silent for up to 70
TOLERANCE_MS = 90  # the same stops: the word has begun before it is heard


def speak(text: str, language: str = "en-us") -> SynthesizedAudio:
    voice = next(voice for voice in espeak.VOICES if voice.key == language)
    spoken = Espeak().synthesize(text, voice, language)
    marks.check(spoken.words, text_length=len(text), duration_ms=spoken.audio.duration_ms)
    return spoken


def words(text: str, spoken: SynthesizedAudio) -> list[str]:
    return [text[mark.text_start : mark.text_end] for mark in spoken.words]


def rests(samples: bytes, sample_rate: int) -> list[tuple[int, int]]:
    """Where the sound is silent for long, in ms."""
    values = array("h", samples)
    step = sample_rate // 200  # 5 ms
    loud = [max(map(abs, values[at : at + step])) >= SILENT for at in range(0, len(values), step)]
    return runs([not is_loud for is_loud in loud], 5)


def runs(silent: list[bool], step_ms: int) -> list[tuple[int, int]]:
    found, begin = [], None
    for index, is_silent in enumerate([*silent, False]):
        if is_silent and begin is None:
            begin = index
        elif not is_silent and begin is not None:
            if (index - begin) * step_ms >= SHORTEST_REST_MS:
                found.append((begin * step_ms, index * step_ms))
            begin = None
    return found


def with_a_rest_before(word: re.Match[str]) -> tuple[str, int]:
    """The prose with a comma before this word, and where the word then stands."""
    head = PROSE[: word.start()].rstrip(" ,.;") + ", "
    return head + PROSE[word.start() :], len(head)


def silent_frames(audio: mp3.Audio) -> list[bool]:
    """Which frames carry next to no sound, read from their side information: the bits spent on the granule (part2_3_length)."""
    size = len(audio.frames) // audio.frame_count
    frames = [audio.frames[at : at + size] for at in range(0, len(audio.frames), size)]
    bits = [(frame[5] & 0x7F) << 5 | frame[6] >> 3 for frame in frames]  # MPEG-2 mono: behind 8 + 1 bits
    return [spent < 200 for spent in bits]


def test_twenty_random_words_are_heard_where_their_marks_stand() -> None:
    picked = random.Random(20).sample(list(re.finditer(r"[A-Za-z]+", PROSE))[2:], 20)  # noqa: S311
    for word in picked:
        text, at = with_a_rest_before(word)
        samples, sample_rate, spans = espeak.synthesize_samples(text, "en-us")
        found = marks.align(text, spans, duration_ms=len(samples) * 500 // sample_rate)
        mark = next(mark for mark in found if mark.text_start == at)
        onset = min((end for _, end in rests(samples, sample_rate)), key=lambda end: abs(end - mark.start_ms))
        assert abs(onset - mark.start_ms) <= TOLERANCE_MS, f"{word[0]}: heard at {onset}, marked at {mark.start_ms}"


def test_marks_are_true_to_the_mp3_with_the_encoders_delay_in_them() -> None:
    text = "Morning. Zebras. Lanterns. Mountains. Valleys. Windows. Rivers. Violins."
    spoken = speak(text)
    decoder_delay_ms = 22  # 529 samples: a frame's sound comes out that much later than the frame begins
    onsets = [end + decoder_delay_ms for _, end in runs(silent_frames(spoken.audio), 24)]
    for mark in spoken.words[1:]:
        onset = min(onsets, key=lambda end: abs(end - mark.start_ms))
        assert abs(onset - mark.start_ms) <= 48, f"{mark} is heard at {onset}"
    errors = [min((onset - mark.start_ms for onset in onsets), key=abs) for mark in spoken.words[1:]]
    assert abs(sum(errors) / len(errors)) < 24  # without the delay the mean would be off by 46


def test_every_word_has_a_mark_and_the_audio_is_as_long_as_its_frames() -> None:
    spoken = speak(PROSE)
    assert words(PROSE, spoken) == re.findall(r"[A-Za-z]+", PROSE)
    assert (spoken.timing, spoken.billed_characters) == ("exact", 0)
    audio = spoken.audio
    assert (audio.sample_rate, audio.channels, audio.kbps) == (24_000, 1, 64)
    assert audio.duration_ms == 24 * audio.frame_count == 24 * len(audio.frames) // 192
    assert 15_000 < audio.duration_ms < 30_000
    assert audio.duration_ms - 500 < spoken.words[-1].end_ms <= audio.duration_ms


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr-fr", "L'été, à Besançon, 25 crêpes.", ["L'été", "à", "Besançon", "25", "crêpes"]),
        ("de", "Straße äöü: 1.000 Übungen z. B. heute.", ["Straße", "äöü", "1.000", "Übungen", "z", "B", "heute"]),
        ("en-us", "I am 😀 happy 👨‍👩‍👧 today.", ["I", "am", "😀", "happy", "👨‍👩‍👧", "today"]),
        ("en-us", "cafe\u0301 noir, nai\u0308ve", ["cafe\u0301", "noir", "nai\u0308ve"]),
        ("en-us", "It cost $3.5 million (42%).", ["It", "cost", "$3.5", "million", "42%"]),
        ("cmn", "你好，世界。今天天气很好。", list("你好世界今天天气很好")),
        ("ja", "今日は、いい天気。", list("今日はいい天気")),
        ("ru", "Привет, мир!", ["Привет", "мир"]),
        ("ar", "مرحبا بالعالم، كيف حالك؟", ["مرحبا", "بالعالم", "كيف", "حالك"]),
        ("hi", "नमस्ते दुनिया, आप कैसे हैं?", ["नमस्ते", "दुनिया", "आप", "कैसे", "हैं"]),
        ("en-us", "<speak>one</speak> &amp; \x00\x1b two\n\nthree", None),
    ],
)
def test_marks_equal_their_slice_of_the_text(language: str, text: str, expected: list[str] | None) -> None:
    spoken = speak(text, language)
    slices = [text[start:end] for start, end in marks.word_spans(text)]
    assert words(text, spoken) == slices
    assert expected is None or slices == expected
    assert len({mark.start_ms for mark in spoken.words}) > len(slices) // 2


def test_segments_join_into_one_file_whose_marks_stay_in_order() -> None:
    parts = [speak(sentence) for sentence in re.split(r"(?<=[.;]) ", PROSE)]
    pause = mp3.silence(400, parts[0].audio)
    whole = mp3.parse(joined([piece for part in parts for piece in (part.audio.frames, pause.frames)]))
    starts_ms = list(accumulate((part.audio.duration_ms + pause.duration_ms for part in parts), initial=0))
    assert whole.duration_ms == starts_ms[-1]
    found = [
        m
        for part, at in zip(parts, starts_ms, strict=False)
        for m in marks.shift(part.words, offset_ms=at, text_offset=0)
    ]
    assert [mark.start_ms for mark in found] == sorted(mark.start_ms for mark in found)
    assert found[-1].end_ms <= whole.duration_ms


def test_two_threads_do_not_mix_their_voices() -> None:
    alone = {text: len(words(text, speak(text))) for text in ("one two three four five", "sechs sieben")}
    results: list[tuple[str, int]] = []

    def work(text: str, language: str) -> None:
        for _ in range(5):
            spoken = speak(text, language)
            assert words(text, spoken) == text.split()
            results.append((text, len(spoken.words)))

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


def test_a_language_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownVoiceError, match="xx-none"):
        espeak.synthesize_samples("hello", "xx-none")


def test_a_text_without_a_sound_is_refused() -> None:
    with pytest.raises(RequestRejectedError) as refusal:
        espeak.synthesize_samples("", "en-us")
    assert refusal.value.code == "nothing_to_say"


@pytest.mark.parametrize("package", ["lameenc", "espeakng_loader"])
def test_a_missing_package_is_named(package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from chalicelib.speech.voices.adapters.espeak import VOICES, Espeak\n"
        "from chalicelib.speech.voices.model import Unavailable\n"
        "try: Espeak().speak('x', VOICES[0], 'en')\n"
        "except Unavailable as error: print(error.open_breaker, error)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("True espeak needs the packages espeakng-loader and lameenc")
    assert package in answer.stdout
