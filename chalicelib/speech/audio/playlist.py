"""A reading that plays while it is still being made: an HLS EVENT playlist of short MP3 parts (RFC 8216).

Segments are up to two minutes long; players poll by the length of parts. So each segment is cut at frame borders into parts of
at most 15 s, the first ones of 5 s. How many and how long follows from its number of frames and from the length of the text:
the playlist is written from rows, without audio.
"""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import NamedTuple

from chalicelib.speech.audio import id3, mp3

MAX_HLS_SEGMENT_MS = 15_000  # the target duration: constant for a playlist's life, and the longest wait for news of it
# A playlist must pass through Lambda, which takes 6 MB: at ~230 bytes for a part with its token, that is 27,000 parts. Five
# million characters are 84 hours of English and 300 of Chinese, or 80,000 parts of 15 s.
LONG_TEXT_CHARACTERS = 1_000_000
LONG_TEXT_HLS_SEGMENT_MS = 90_000
# Players ask for news after as long as the last part they know: while a few seconds are all there is, that must be less.
INITIAL_HLS_SEGMENT_MS = 5_000
INITIAL_SEGMENTS = 2


class HlsSegment(NamedTuple):
    """A file of the playlist: its clock tag, then frames."""

    data: bytes
    duration_ms: int


def target_duration_ms(characters: int) -> int:
    """How long a part may be in the reading of a text of this length."""
    return LONG_TEXT_HLS_SEGMENT_MS if characters > LONG_TEXT_CHARACTERS else MAX_HLS_SEGMENT_MS


def max_hls_segment_ms(index: int, characters: int) -> int:
    """The same for parts of the segment with this index."""
    return INITIAL_HLS_SEGMENT_MS if index < INITIAL_SEGMENTS else target_duration_ms(characters)


def split_frames(frame_count: int, *, sample_rate: int = mp3.SPEECH_FORMAT.sample_rate, max_ms: int) -> list[int]:
    """How many frames each part of a segment gets: as few parts as possible, as even as possible."""
    most = max_ms * sample_rate // (1_000 * mp3.samples_per_frame(sample_rate))
    parts = -(-frame_count // most)
    return [frame_count * (n + 1) // parts - frame_count * n // parts for n in range(parts)]


def split_audio(audio: mp3.Audio, *, start_ms: int, max_ms: int) -> list[HlsSegment]:
    """The parts of a segment that begins at `start_ms` of the reading, each with its start on the clock."""
    offsets = mp3.frame_offsets(audio.frames)
    borders = accumulate(split_frames(audio.frame_count, sample_rate=audio.sample_rate, max_ms=max_ms), initial=0)
    parts = []
    for first, following in pairwise(borders):
        begins_ms = start_ms + mp3.duration_ms(first, audio.sample_rate)
        data = id3.timestamp_tag(begins_ms) + audio.frames[offsets[first] : offsets[following]]
        parts.append(HlsSegment(data, mp3.duration_ms(following - first, audio.sample_rate)))
    return parts


def render(parts: Iterable[tuple[str, int]], *, is_closed: bool, target_ms: int = MAX_HLS_SEGMENT_MS) -> str:
    """The playlist of these addresses and durations in ms: the finished beginning, without a gap. `ended` when it is all.

    No EXT-X-DISCONTINUITY between parts: clocks run through, and hls.js takes MP3 of 24 kHz for 1,152 samples a frame there.
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{target_ms // 1_000}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES",  # else players join near the end, as if it were live
    ]
    for address, part_ms in parts:
        lines += (f"#EXTINF:{part_ms / 1_000:.3f},", address)
    if is_closed:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"
