"""Audio books: the packets of ranges are one stream, and the file's head says what is in it."""

from __future__ import annotations

import io
from array import array
from functools import cache
from itertools import pairwise
from typing import Any

import av
import lameenc
import numpy as np
import pytest
from mutagen.mp4 import MP4
from PIL import Image

from chalicelib.speech.audio import aac, mp3, mp4
from chalicelib.speech.audio.id3 import Album, AudioChapter

SECONDS = 20
MIN_SIGNAL_TO_NOISE_DB = 25  # whole files have 32; at a wrong sample, or with a hole, it is below 10
CHAPTERS = [AudioChapter("One & <only>", 0, 7_008), AudioChapter("日本語の章 😀", 7_008, SECONDS * 1_000 + 16)]


@cache
def frames() -> list[bytes]:
    """Frames of a voice-like sound that is never the same twice: a gliding tone with overtones, and some noise."""
    t = np.arange(SECONDS * 24_000) / 24_000
    phase = 2 * np.pi * np.cumsum(180 + 60 * np.sin(1.7 * t)) / 24_000
    sound = sum(np.sin(n * phase) / n for n in range(1, 9)) * (0.6 + 0.4 * np.sin(9 * t))
    sound += np.random.default_rng(1).normal(0, 0.02, len(t))
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(64)
    encoder.set_in_sample_rate(24_000)
    encoder.set_channels(1)
    encoder.silence()
    content = encoder.encode((sound * 7_000).astype("<i2").tobytes()) + encoder.flush()
    clean = mp3.parse(bytes(content)).frames
    return [clean[start:end] for start, end in pairwise(mp3.frame_offsets(clean))]


def encode_in_ranges(range_frames: int) -> tuple[array[int], bytes]:
    all_frames, sizes, packets = frames(), array("H"), b""
    for first in range(0, len(all_frames), range_frames):
        end = min(first + range_frames, len(all_frames))
        start = max(0, first - aac.GRID_FRAMES)
        skip = (first - start) // aac.GRID_FRAMES * aac.GRID_PACKETS
        before = first // aac.GRID_FRAMES * aac.GRID_PACKETS
        whole = range_frames // aac.GRID_FRAMES * aac.GRID_PACKETS
        count = whole if end < len(all_frames) else aac.packet_count(len(all_frames)) - before
        more_sizes, more = aac.encode(all_frames[start : end + aac.GRID_FRAMES], skip=skip, count=count)
        sizes, packets = sizes + more_sizes, packets + more
    return sizes, packets


def book_of(sizes: array[int], packets: bytes, **more: Any) -> bytes:
    fields: dict[str, Any] = {"title": "T", "album": Album("A"), "language": "en", "chapters": CHAPTERS} | more
    book = mp4.AudioBook(**fields, duration_ms=len(frames()) * 24, sizes=sizes)
    return mp4.head(book) + packets


def samples_of(content: bytes, container_format: str) -> Any:
    with av.open(io.BytesIO(content), "r", format=container_format) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def signal_to_noise_db(expected: Any, heard: Any) -> float:
    return float(10 * np.log10((expected**2).sum() / ((expected - heard) ** 2).sum()))


@pytest.mark.parametrize("range_frames", [10_000 * aac.GRID_FRAMES, 7 * aac.GRID_FRAMES])
def test_a_book_sounds_like_the_recording_at_the_same_sample(range_frames: int) -> None:
    expected = samples_of(b"".join(frames()), "mp3")
    heard = samples_of(book_of(*encode_in_ranges(range_frames)), "mp4")
    length = len(frames()) * aac.FRAME_SAMPLES
    assert len(expected) == length <= len(heard) < length + aac.PACKET_SAMPLES
    assert signal_to_noise_db(expected, heard[:length]) > MIN_SIGNAL_TO_NOISE_DB
    for border in range(range_frames * aac.FRAME_SAMPLES, length - 2_048, range_frames * aac.FRAME_SAMPLES):
        around = slice(border - 2_048, border + 2_048)
        assert signal_to_noise_db(expected[around], heard[around]) > MIN_SIGNAL_TO_NOISE_DB, border


def test_a_frame_that_cannot_be_decoded_is_silent_and_takes_its_time() -> None:
    damaged = [*frames()[:100], bytes(192), *frames()[101:160]]
    sizes, _ = aac.encode(damaged, skip=0, count=aac.packet_count(160))
    assert len(sizes) == 91


def test_players_read_the_tags_the_cover_and_both_lists_of_chapters() -> None:
    cover = io.BytesIO()
    Image.new("RGB", (30, 40), "navy").save(cover, "JPEG")
    album = Album("The Rock", ("Ada First", "Ben Second"), "A Press", "1999", "Rocks", 2.5, cover.getvalue())
    content = book_of(*encode_in_ranges(10_000 * aac.GRID_FRAMES), title="Die Lampe", album=album, language="de-CH")
    tags: Any = MP4(io.BytesIO(content))  # type: ignore[no-untyped-call]
    assert {
        name: [str(value) for value in tags[name]] for name in ("©nam", "©alb", "©ART", "aART", "©day", "©pub")
    } == {
        "©nam": ["Die Lampe"],
        "©alb": ["The Rock"],
        "©ART": ["Ada First, Ben Second"],
        "aART": ["Ada First, Ben Second"],
        "©day": ["1999"],
        "©pub": ["A Press"],
    }
    assert bytes(tags["covr"][0]) == cover.getvalue()
    assert [bytes(tags[f"----:com.apple.iTunes:{name}"][0]) for name in ("SERIES", "SERIES-PART")] == [b"Rocks", b"2.5"]
    assert tags["stik"] == [2]
    assert [(chapter.start, chapter.title) for chapter in tags.chapters] == [
        (chapter.start_ms / 1_000, chapter.title) for chapter in CHAPTERS
    ]
    with av.open(io.BytesIO(content), "r") as container:
        listed = [(float(c["start"] * c["time_base"] * 1_000), c["metadata"]["title"]) for c in container.chapters()]
        assert listed == [(chapter.start_ms, chapter.title) for chapter in CHAPTERS]
        assert container.streams.audio[0].language == "deu"


def test_a_book_of_any_number_of_chapters_has_them_all() -> None:
    chapters = [AudioChapter(f"Chapter {n}", n * 24, n * 24 + 24) for n in range(300)]
    sizes, packets = encode_in_ranges(10_000 * aac.GRID_FRAMES)
    with av.open(io.BytesIO(book_of(sizes, packets, chapters=chapters)), "r") as container:
        assert len(container.chapters()) == 300
    with av.open(io.BytesIO(book_of(sizes, packets, chapters=[])), "r") as container:
        assert container.duration == pytest.approx(len(frames()) * 24_000, abs=1_000)


def test_a_book_above_four_gigabytes_is_rejected() -> None:
    with pytest.raises(ValueError, match="bytes"):
        mp4.head(mp4.AudioBook("T", Album("A"), "en", [], 2_000_000_000, array("H", [65_535]) * 66_000))
