"""Splitting and joining MP3. Most tests build their frames by hand, so that their number and bytes are known."""

import struct
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.audio import mp3
from tests.fakes.speechify import mp3_of
from tests.support.mp3_join import join_segments

KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG-2 Layer III, index 1 to 14
MPEG1_STEREO_44100_128 = bytes((0xFF, 0xFB, 0x90, 0x00))


def frame(kbps: int = 64, payload: bytes = b"", *, mono: bool = True, rate_index: int = 1) -> bytes:
    """Build an MPEG-2 frame; rate 22,050, 24,000 or 16,000 Hz by index."""
    head = bytes((0xFF, 0xF3, (KBPS.index(kbps) + 1) << 4 | rate_index << 2, 0xC0 if mono else 0x00))
    length = 72 * kbps * 1_000 // (22_050, 24_000, 16_000)[rate_index]
    return (head + payload)[:length].ljust(length, b"\x55")


def info_frame(name: bytes) -> bytes:
    offset = 32 if name == b"VBRI" else 9
    return frame(payload=bytes(offset) + name + struct.pack(">III", 3, 1, 999))


def id3v2(content: bytes) -> bytes:
    size = len(content)
    return b"ID3\x03\0\0" + bytes((0, 0, size >> 7, size & 127)) + content


def id3_frames(tag: bytes) -> list[tuple[bytes, bytes]]:
    """Parse the frames of an ID3v2.3 tag, or of its content, as the standard says."""
    frames, position = [], 0
    while position < len(tag):
        name, size = struct.unpack_from(">4sI", tag, position)
        frames.append((name, tag[position + 10 : position + 10 + size]))
        position += 10 + size
    return frames


def after_id3(data: bytes) -> int:
    assert data[:3] == b"ID3"
    a, b, c, d = data[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def text_of(body: bytes) -> str:
    assert body[0] == 1
    return body[1:].decode("utf-16")


segments = st.lists(st.tuples(st.sampled_from(KBPS), st.integers(1, 40)), min_size=1, max_size=12)


@given(shapes=segments, with_extras=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_joined_file_is_as_long_as_its_frames_and_contains_only_its_own_header(
    shapes: list[tuple[int, int]], with_extras: bool
) -> None:
    clean = [frame(kbps, bytes((number, 7))) * count for number, (kbps, count) in enumerate(shapes)]
    files = [id3v2(b"x" * 200) + info_frame(b"Xing") + s + b"TAG" + bytes(125) for s in clean] if with_extras else clean

    data = join_segments(files, title="A title")

    frame_count = sum(count for _, count in shapes)
    whole = mp3.parse(data)
    assert (whole.frame_count, whole.duration_ms) == (frame_count, 24 * frame_count)
    audio = b"".join(clean)
    assert data.endswith(audio)
    head = data[: -len(audio)]
    assert head.count(b"Xing") + head.count(b"Info") == 1
    name, flags, frames, size = struct.unpack_from(">4sIII", head, after_id3(head) + 13)
    assert (flags, frames, size) == (7, frame_count, len(data) - after_id3(head))
    assert name == (b"Info" if len({kbps for kbps, _ in shapes}) == 1 else b"Xing")


@given(shapes=segments)
@settings(max_examples=40, deadline=None)
def test_the_seek_table_points_at_the_frame_that_plays_at_each_percent(shapes: list[tuple[int, int]]) -> None:
    clean = [frame(kbps) * count for kbps, count in shapes]
    data = join_segments(clean)
    first = after_id3(data)
    table = data[first + 13 + 16 : first + 13 + 16 + 100]
    total = len(data) - first

    lengths = [3 * kbps for kbps, count in shapes for _ in range(count)]  # a frame at 24 kHz has three bytes per kbit/s
    info_length = total - sum(lengths)
    starts = list(accumulate(lengths, initial=info_length))
    assert list(table) == sorted(table)
    for percent, table_entry in enumerate(table):
        playing = len(lengths) * percent // 100
        assert starts[playing] - total / 256 <= (table_entry + 1) * total / 256
        assert table_entry * total / 256 <= starts[playing] + lengths[playing]


def test_real_encoder_output_keeps_every_frame_and_loses_tag_and_info_frame() -> None:
    data = mp3_of(2_000)
    audio = mp3.parse(data)
    assert data.endswith(audio.frames)
    assert b"Info" not in audio.frames
    assert (audio.sample_rate, audio.channels, audio.kbps, audio.truncated) == (24_000, 1, 64, False)
    assert audio.frame_count * 192 == len(audio.frames)
    assert 2_000 + 46 <= audio.duration_ms <= 2_000 + 96  # LAME adds its delay and fills the last frame


def test_concatenated_files_lose_their_inner_tags_and_info_frames() -> None:
    first, second = frame(payload=b"one") * 3, frame(payload=b"two") * 4
    concatenated = id3v2(b"a" * 9) + info_frame(b"Info") + first + id3v2(b"b" * 300) + info_frame(b"Xing") + second
    assert mp3.parse(concatenated).frames == first + second


@pytest.mark.parametrize("name", [b"Xing", b"Info", b"VBRI"])
def test_an_info_frame_is_recognised_by_its_name_after_empty_side_information(name: bytes) -> None:
    assert mp3.parse(info_frame(name) + frame() * 2).frame_count == 2


def test_sound_that_happens_to_spell_info_is_kept() -> None:
    sounding = frame(payload=b"\x01" + bytes(8) + b"Info")
    assert mp3.parse(sounding * 2).frames == sounding * 2


@pytest.mark.parametrize("trailer", [b"TAG" + bytes(125), b"APETAGEX" + bytes(56), bytes(64), b""])
def test_trailers_after_the_last_frame_are_dropped(trailer: bytes) -> None:
    audio = mp3.parse(frame() * 5 + trailer)
    assert (audio.frames, audio.truncated) == (frame() * 5, False)


@pytest.mark.parametrize("missing", [1, 100, 189, 191])
def test_a_cut_off_last_frame_is_dropped_and_reported(missing: int) -> None:
    audio = mp3.parse((frame() * 5)[:-missing])
    assert (audio.frame_count, audio.truncated) == (4, True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 500,
        b"<!doctype html><title>Sign in</title>",
        b'{"error":{"code":"internal_error"}}',
        frame()[:100],
        id3v2(b"only a tag"),
        b"ID3\x03\0\0\x7f\x7f\x7f\x7f",
        info_frame(b"Info"),
        frame() * 3 + b"<html>and then a page</html>" + frame(),
        bytes((0xFF, 0xF3, 0x04, 0xC0)) + bytes(400),  # free bit rate: no length to go by
        b"RIFF\x24\0\0\0WAVEfmt ",
    ],
    ids=lambda data: repr(data[:24]),
)
def test_other_data_than_mp3_is_rejected(data: bytes) -> None:
    with pytest.raises(mp3.NotAudioError):
        mp3.parse(data)


@pytest.mark.parametrize("other", [frame(rate_index=0), frame(mono=False), MPEG1_STEREO_44100_128 + bytes(413)])
def test_another_sample_rate_or_channel_mode_is_rejected(other: bytes) -> None:
    with pytest.raises(mp3.MixedAudioError):
        mp3.parse(frame() * 2 + other)


@pytest.mark.parametrize(("ms", "heard_ms"), [(0, 0), (1, 24), (120, 120), (400, 408), (900, 912)])
def test_silence_lasts_at_least_as_long_as_requested_in_whole_frames(ms: int, heard_ms: int) -> None:
    silence = mp3.silence(ms)
    assert silence.duration_ms == heard_ms
    assert len(silence.frames) == 8 * heard_ms


def test_silence_has_the_format_of_the_stream_and_nothing_to_decode() -> None:
    stream = mp3.parse(frame(160, rate_index=0) * 2)
    silence = mp3.silence(100, stream)
    assert (silence.sample_rate, silence.channels, silence.kbps) == (22_050, 1, 160)
    parsed = mp3.parse(stream.frames + silence.frames)
    assert parsed.frame_count == 2 + silence.frame_count
    assert not any(silence.frames[4:500])


def test_a_header_with_parts_that_do_not_add_up_is_rejected() -> None:
    with pytest.raises(ValueError, match="add up"):
        mp3.header(frame_count=11, audio_bytes=1_920, title="", parts=[mp3.Mp3Part(10, 1_920)])


@pytest.mark.parametrize("hours", [148, 300])
def test_a_header_states_only_frames_when_the_bytes_exceed_its_field(hours: int) -> None:
    part = mp3.Mp3Part(hours * 150_000, hours * 150_000 * 192)
    head = mp3.header(frame_count=part.frame_count, audio_bytes=part.byte_count, title="Long")
    at = after_id3(head) + 13
    name, flags, frames = struct.unpack_from(">4sII", head, at)
    says_bytes = part.byte_count < 2**32
    assert (name, flags, frames) == (b"Info", 7 if says_bytes else 5, part.frame_count)
    table = head[at + (16 if says_bytes else 12) :][:100]
    assert list(table) == [256 * percent // 100 for percent in range(100)]


def test_title_and_chapters_are_readable_id3() -> None:
    chapters = [mp3.AudioChapter("Küche 😀", 0, 4_000), mp3.AudioChapter("第二章", 4_000, 9_000)]
    tag = mp3.header(frame_count=1, audio_bytes=192, title="Über\0 alles", chapters=chapters)
    (_, title), (contents_name, contents), *entries = id3_frames(tag[10 : after_id3(tag)])
    assert text_of(title) == "Über  alles"
    assert contents_name == b"CTOC"
    assert contents == b"toc\0\x03\x02chapter1\0chapter2\0"
    for (name, body), key, chapter in zip(entries, (b"chapter1", b"chapter2"), chapters, strict=True):
        assert name == b"CHAP"
        assert body.startswith(key + b"\0")
        times = struct.unpack_from(">IIII", body, len(key) + 1)
        assert times == (chapter.start_ms, chapter.end_ms, 0xFFFFFFFF, 0xFFFFFFFF)
        ((_, chapter_title),) = id3_frames(body[len(key) + 17 :])
        assert text_of(chapter_title) == chapter.title


def test_chapters_beyond_the_255th_are_merged_into_it() -> None:
    chapters = [mp3.AudioChapter(f"Chapter {n}", n * 1_000, n * 1_000 + 1_000) for n in range(300)]
    tag = mp3.header(frame_count=1, audio_bytes=192, title="Long", chapters=chapters)
    frames = id3_frames(tag[10 : after_id3(tag)])
    assert [name for name, _ in frames].count(b"CHAP") == 255
    last = frames[-1][1]
    assert struct.unpack_from(">II", last, last.index(b"\0") + 1) == (254_000, 300_000)
