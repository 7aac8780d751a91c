"""HLS playlist: segments short enough to poll for, continuous timestamps, no frame lost at the borders."""

import re
import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.audio import id3, mp3, playlist
from tests.fakes.speechify import mp3_of


@given(frame_count=st.integers(0, 20_000))
def test_hls_segments_are_few_even_and_never_longer_than_the_target(frame_count: int) -> None:
    parts = playlist.split_frames(frame_count, max_ms=playlist.MAX_HLS_SEGMENT_MS)
    assert sum(parts) == frame_count
    assert all(24 * part <= 15_000 for part in parts)
    assert len(parts) == -(-frame_count // 625)
    assert not parts or max(parts) - min(parts) <= 1


def test_the_playlist_of_the_longest_text_passes_through_lambda() -> None:
    characters, segments, frames = 5_000_000, 5_300, 267_000 // 24  # Chinese, at 4.5 characters a second
    layouts = (
        playlist.split_frames(frames, max_ms=playlist.max_hls_segment_ms(index, characters))
        for index in range(segments)
    )
    address = f"parts/{'1' * 4}-{'d' * 12}-0.mp3?t={'t' * 178}"
    parts = [(address, mp3.duration_ms(frame_count)) for layout in layouts for frame_count in layout]
    text = playlist.render(parts, is_closed=True, target_ms=playlist.target_duration_ms(characters))
    assert len(text) < 6_000_000
    assert max(part_ms for _, part_ms in parts) <= playlist.target_duration_ms(characters)
    assert "#EXT-X-TARGETDURATION:90\n" in text


def test_a_segment_is_split_at_frames_and_its_timestamps_run_through() -> None:
    speech = mp3.parse(mp3_of(40_000))
    audio = mp3.parse(speech.frames + mp3.silence(400, mp3.StreamFormat(24_000, 1, 48)).frames)
    parts = playlist.split_audio(audio, start_ms=51_840, max_ms=playlist.MAX_HLS_SEGMENT_MS)
    assert len(parts) == 3
    clock_length = len(id3.timestamp_tag(0))
    assert b"".join(part.data[clock_length:] for part in parts) == audio.frames
    assert sum(part.duration_ms for part in parts) == audio.duration_ms
    starts_ms = 51_840
    for part in parts:
        assert struct.unpack(">Q", part.data[clock_length - 8 : clock_length]) == (starts_ms * 90,)
        assert mp3.parse(part.data).duration_ms == part.duration_ms
        starts_ms += part.duration_ms


def test_the_timestamp_tag_follows_the_standard() -> None:
    tag = id3.timestamp_tag(1_000)
    assert tag[:20] == bytes.fromhex("4944330400000000003f 50524956000000350000")
    assert tag[20:] == b"com.apple.streaming.transportStreamTimestamp\0" + struct.pack(">Q", 90_000)
    assert id3.timestamp_tag(2**33 // 90 + 1)[-8:] == struct.pack(">Q", (2**33 // 90 + 1) * 90 - 2**33)


def test_the_playlist_grows_by_appending_and_ends_once() -> None:
    parts = [("0/0.mp3?t=a", 4_056), ("0/1.mp3?t=a", 15_000), ("1/0.mp3?t=a", 24)]
    growing = [playlist.render(parts[:n], is_closed=False) for n in range(4)]
    assert all(later.startswith(earlier) for earlier, later in pairwise(growing))
    finished = playlist.render(parts, is_closed=True)
    assert finished == growing[-1] + "#EXT-X-ENDLIST\n"
    assert finished.startswith("#EXTM3U\n")
    assert re.findall(r"#EXTINF:([\d.]+),\n(\S+)", finished) == [
        ("4.056", "0/0.mp3?t=a"),
        ("15.000", "0/1.mp3?t=a"),
        ("0.024", "1/0.mp3?t=a"),
    ]
    for line in ("#EXT-X-TARGETDURATION:15", "#EXT-X-PLAYLIST-TYPE:EVENT", "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"):
        assert f"\n{line}\n" in finished
    assert "DISCONTINUITY" not in finished
