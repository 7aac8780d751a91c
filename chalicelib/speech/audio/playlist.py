"""HLS EVENT playlist of MP3 segments (RFC 8216), playable while the recording is being made.

Speech segments are up to two minutes long, and players poll by the duration of HLS segments. So each speech segment is
split at frame borders into HLS segments of at most 15 s, the first ones of 5 s. Their number and durations follow from
the number of frames and from the length of the text: the playlist is written from rows, without audio.
"""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import NamedTuple

from chalicelib.formats import mpeg_frames
from chalicelib.speech.audio import id3, mp3

# The target duration: constant for a playlist's life, and the longest wait for new segments.
MAX_HLS_SEGMENT_MS = 15_000
# A playlist must pass through Lambda, which takes 6 MB: at ~230 bytes for a segment with its token, that is 27,000 segments.
# Five million characters are 84 hours of English and 300 of Chinese, or 80,000 segments of 15 s.
LONG_TEXT_CHARACTERS = 1_000_000
LONG_TEXT_HLS_SEGMENT_MS = 90_000
# Players poll after the duration of the last segment they know: while only a few seconds exist, that must be short.
INITIAL_HLS_SEGMENT_MS = 5_000
INITIAL_SEGMENTS = 2


class HlsSegment(NamedTuple):
    """A file of the playlist: its timestamp tag, then frames."""

    data: bytes
    duration_ms: int


def target_duration_ms(characters: int) -> int:
    """Longest HLS segment in the recording of a text of this length."""
    return LONG_TEXT_HLS_SEGMENT_MS if characters > LONG_TEXT_CHARACTERS else MAX_HLS_SEGMENT_MS


def max_hls_segment_ms(index: int, characters: int) -> int:
    """Longest HLS segment within the speech segment with this index."""
    return INITIAL_HLS_SEGMENT_MS if index < INITIAL_SEGMENTS else target_duration_ms(characters)


def split_frames(frame_count: int, *, sample_rate: int = mp3.SPEECH_FORMAT.sample_rate, max_ms: int) -> list[int]:
    """Split a speech segment's frames into as few and as even HLS segments as possible."""
    max_frames = max_ms * sample_rate // (1_000 * mpeg_frames.samples_per_frame(sample_rate))
    count = -(-frame_count // max_frames)
    return [frame_count * (n + 1) // count - frame_count * n // count for n in range(count)]


def split_audio(audio: mp3.Audio, *, start_ms: int, max_ms: int) -> list[HlsSegment]:
    """Split a speech segment that starts at `start_ms` into HLS segments with their timestamps."""
    offsets = mp3.frame_offsets(audio.frames)
    frame_counts = split_frames(audio.frame_count, sample_rate=audio.sample_rate, max_ms=max_ms)
    segments = []
    for first, following in pairwise(accumulate(frame_counts, initial=0)):
        timestamp = id3.timestamp_tag(start_ms + mp3.duration_ms(first, audio.sample_rate))
        data = timestamp + audio.frames[offsets[first] : offsets[following]]
        segments.append(HlsSegment(data, mp3.duration_ms(following - first, audio.sample_rate)))
    return segments


def render(segments: Iterable[tuple[str, int]], *, is_closed: bool, target_ms: int = MAX_HLS_SEGMENT_MS) -> str:
    """Render the playlist of these URIs and durations in ms.

    `is_closed` adds EXT-X-ENDLIST: no more segments will follow. No EXT-X-DISCONTINUITY between segments: timestamps
    run through, and hls.js would assume 1,152 samples a frame for 24 kHz MP3.
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{target_ms // 1_000}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES",  # else players join near the end, as if it were live
    ]
    for uri, duration_ms in segments:
        lines += (f"#EXTINF:{duration_ms / 1_000:.3f},", uri)
    if is_closed:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"
