"""MP3 at frame level: extract clean frames, make silence, write the header of a joined file.

An MP3 file is a sequence of frames that can be split and joined at frame borders when sample rate and channels agree and each
part was encoded alone. Only the extras break it: ID3 tags, and the Xing/Info/VBRI frame that claims the length of
one part for all. So segments are stored as frames only, and the finished file gets one header of its own.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.formats import id3 as tags
from chalicelib.formats import mpeg_frames
from chalicelib.formats.mpeg_frames import FrameHeader
from chalicelib.speech.audio import id3
from chalicelib.speech.audio.id3 import Album, Track
from chalicelib.speech.audio.id3 import AudioChapter as AudioChapter

_VBRI_OFFSET = 36  # bytes from the frame's start, whatever its side information
_TRAILERS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")  # tags after the last frame


class NotAudioError(ValueError):
    """Data other than MP3 frames: an HTML page, nothing at all, or a damaged file."""


class MixedAudioError(ValueError):
    """Frames of different sample rates or channels cannot be joined in one file."""


class StreamFormat(NamedTuple):
    sample_rate: int
    channels: int
    kbps: int


SPEECH_FORMAT = StreamFormat(24_000, 1, 64)  # requested of every provider: 24 ms and 192 bytes a frame, 28.8 MB an hour


class Mp3Part(NamedTuple):
    """Size of a run of frames of one bit rate, as a segment's row stores it."""

    frame_count: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class Audio:
    """Whole frames and nothing else: no ID3, no Xing/Info/VBRI.

    `kbps` is None when the frames' bit rates differ. `truncated`: a cut-off last frame was dropped.
    """

    frames: bytes
    frame_count: int
    sample_rate: int
    channels: int
    kbps: int | None
    truncated: bool = False

    @property
    def duration_ms(self) -> int:
        return duration_ms(self.frame_count, self.sample_rate)

    @property
    def part(self) -> Mp3Part:
        return Mp3Part(self.frame_count, len(self.frames))


def duration_ms(frame_count: int, sample_rate: int = SPEECH_FORMAT.sample_rate) -> int:
    """Return the playing time of frames: 24 ms each at 24 kHz."""
    return round(frame_count * mpeg_frames.samples_per_frame(sample_rate) * 1_000 / sample_rate)


def parse(data: bytes) -> Audio:
    """Keep the whole frames of an MP3 file, byte for byte.

    Tags and Xing/Info/VBRI frames are left out anywhere in the file, also between files that were concatenated. A cut-off last
    frame is dropped. Raises NotAudioError when anything other than frames and tags is found or no whole frame is left,
    and MixedAudioError when sample rate or channels change.
    """
    runs: list[bytes] = []
    bit_rates: set[int] = set()
    first: FrameHeader | None = None
    previous: FrameHeader | None = None
    position = run_start = frame_count = 0
    truncated = False
    size = len(data)
    may_hold_info = any(name in data for name in (b"Xing", b"Info", b"VBRI"))
    while position < size:
        frame = mpeg_frames.parse_header(data[position : position + 4])
        if frame is None:
            runs.append(data[run_start:position])
            position, truncated = _skip_tag(data, position)
            run_start = position
            continue
        if position + frame.length > size:
            truncated = True
            break
        if may_hold_info and _is_info(data, position, frame):
            runs.append(data[run_start:position])
            position += frame.length
            run_start = position
            continue
        # Headers are cached, so equal ones are identical: constant-rate audio passes here once.
        if frame is not previous:
            first = first or frame
            if (frame.sample_rate, frame.channels) != (first.sample_rate, first.channels):
                raise MixedAudioError(
                    f"{frame.sample_rate} Hz with {frame.channels} channel(s) follows "
                    f"{first.sample_rate} Hz with {first.channels} channel(s) at byte {position}"
                )
            bit_rates.add(frame.kbps)
            previous = frame
        frame_count += 1
        position += frame.length
    if first is None:
        raise NotAudioError(f"no whole MP3 frame in {size} bytes")
    runs.append(data[run_start:position])
    kbps = bit_rates.pop() if len(bit_rates) == 1 else None
    return Audio(b"".join(runs), frame_count, first.sample_rate, first.channels, kbps, truncated)


def silence(ms: int, like: Audio | StreamFormat = SPEECH_FORMAT) -> Audio:
    """Make at least `ms` of silence in whole frames: 400 ms become 408 at 24 kHz.

    `like` is the stream that it joins.
    """
    frame_ms = mpeg_frames.samples_per_frame(like.sample_rate) * 1_000 / like.sample_rate
    frame_count = -int(-ms // frame_ms)
    stream = StreamFormat(like.sample_rate, like.channels, like.kbps or SPEECH_FORMAT.kbps)
    header = _write_header(stream)
    frame = header.ljust(_length(header), b"\0")  # no side information at all: nothing to decode, so nothing to hear
    return Audio(frame * frame_count, frame_count, stream.sample_rate, stream.channels, stream.kbps)


def header(
    *,
    frame_count: int,
    audio_bytes: int,
    title: str,
    chapters: Sequence[AudioChapter] = (),
    language: str = "",
    album: Album | None = None,
    track: Track | None = None,
    parts: Sequence[Mp3Part] = (),
    sample_rate: int = SPEECH_FORMAT.sample_rate,
    channels: int = SPEECH_FORMAT.channels,
) -> bytes:
    """Build the head of a finished file: an ID3v2.3 tag, then one Info frame.

    Everything is known before the first frame is read, so a long file can be streamed: the head first, then each segment's
    frames and silences in order. Pass `parts` when bit rates differ: the seek table follows them, and the frame is called
    Xing instead of Info. Raises ValueError when the parts do not add up to the totals.
    """
    parts = parts or (Mp3Part(frame_count, audio_bytes),)
    if frame_count < 1 or (sum(p.frame_count for p in parts), sum(p.byte_count for p in parts)) != (
        frame_count,
        audio_bytes,
    ):
        raise ValueError(f"the parts do not add up to {frame_count} frames and {audio_bytes} bytes")
    return id3.tag(title, chapters, language=language, album=album, track=track) + _info_frame(
        parts, sample_rate, channels
    )


def frame_offsets(frames: bytes) -> list[int]:
    """Return the start of each frame of clean audio, and the end of the last.

    Raises NotAudioError for anything else.
    """
    offsets = [0]
    while offsets[-1] < len(frames):
        frame = mpeg_frames.parse_header(frames[offsets[-1] : offsets[-1] + 4])
        if frame is None:
            raise NotAudioError(f"byte {offsets[-1]} of {len(frames)} starts no MP3 frame")
        offsets.append(offsets[-1] + frame.length)
    return offsets


def _write_header(stream: StreamFormat) -> bytes:
    """Build a frame header: Layer III, no CRC, no padding, marked as original."""
    version, rates = next((v, rates) for v, rates in mpeg_frames.SAMPLE_RATES.items() if stream.sample_rate in rates)
    bit_rates = mpeg_frames.KBPS_MPEG1 if version == mpeg_frames.MPEG1 else mpeg_frames.KBPS_MPEG2
    kbps_index = bit_rates.index(stream.kbps) + 1
    mode = 3 if stream.channels == 1 else 0
    return bytes((0xFF, 0xE3 | version << 3, kbps_index << 4 | rates.index(stream.sample_rate) << 2, mode << 6 | 4))


def _length(frame_header: bytes) -> int:
    frame = mpeg_frames.parse_header(frame_header)
    assert frame is not None  # noqa: S101 - we wrote this header ourselves
    return frame.length


def _is_info(data: bytes, position: int, frame: FrameHeader) -> bool:
    """True for a Xing, Info or VBRI frame: its name follows empty side information."""
    name_at = position + frame.side_end
    if data[name_at : name_at + 4] not in (b"Xing", b"Info"):
        name_at = position + _VBRI_OFFSET
        if data[name_at : name_at + 4] != b"VBRI":
            return False
    return not any(data[position + 4 : name_at])


def _skip_tag(data: bytes, position: int) -> tuple[int, bool]:
    """Return the position after a tag or padding, and whether the file ends within it."""
    if (tag := tags.read_tag_header(data, position)) is not None:
        end = position + tag.total_bytes
        return min(end, len(data)), end > len(data)
    if data.startswith(_TRAILERS, position):
        return len(data), False
    if data[position] == 0:
        return len(data) - len(data[position:].lstrip(b"\0")), False
    if len(data) - position < 4:
        return len(data), True
    raise NotAudioError(f"byte {position} of {len(data)} starts neither an MP3 frame nor a tag")


def _info_frame(parts: Sequence[Mp3Part], sample_rate: int, channels: int) -> bytes:
    """Build the silent frame with the number of frames and bytes, and the seek table.

    Bytes are left out where their number does not fit: 148 hours of speech. Players then use the file's own length.
    """
    frame_count, audio_bytes = sum(p.frame_count for p in parts), sum(p.byte_count for p in parts)
    is_constant = all(p.byte_count * frame_count == audio_bytes * p.frame_count for p in parts)
    is_mpeg1 = sample_rate in mpeg_frames.SAMPLE_RATES[mpeg_frames.MPEG1]
    side_bytes = mpeg_frames.side_information_bytes(is_mpeg1=is_mpeg1, is_mono=channels == 1)
    # not below the stream's own rate: old players guess from it
    min_length = max(4 + side_bytes + 116, audio_bytes // frame_count)
    bit_rates = mpeg_frames.KBPS_MPEG1 if is_mpeg1 else mpeg_frames.KBPS_MPEG2
    headers = (_write_header(StreamFormat(sample_rate, channels, kbps)) for kbps in bit_rates)
    header = next(header for header in headers if _length(header) >= min_length)
    total_bytes = _length(header) + audio_bytes
    name = b"Info" if is_constant else b"Xing"
    sizes = (
        struct.pack(">III", 7, frame_count, total_bytes) if total_bytes < 2**32 else struct.pack(">II", 5, frame_count)
    )
    body = name + sizes + _seek_table(parts, _length(header), total_bytes)
    return (header + bytes(side_bytes) + body).ljust(_length(header), b"\0")


def _seek_table(parts: Sequence[Mp3Part], first_byte: int, total_bytes: int) -> bytes:
    """Return the position in the file of each percent of the playing time, in 256ths."""
    table = bytearray()
    frame_count = sum(p.frame_count for p in parts)
    frames_before, bytes_before, remaining = 0, first_byte, iter(parts)
    part = next(remaining)
    for percent in range(100):
        frame = frame_count * percent / 100
        while frame > frames_before + part.frame_count:
            frames_before, bytes_before = frames_before + part.frame_count, bytes_before + part.byte_count
            part = next(remaining)
        offset = bytes_before + part.byte_count * (frame - frames_before) / max(part.frame_count, 1)
        table.append(min(255, int(256 * offset / total_bytes)))
    return bytes(table)
