"""MP3 at frame level: take provider files apart into clean frames, make silence, write one header for the joined file.

An MP3 file is a row of frames that can be cut and joined at frame borders when sample rate and channels agree and each
piece was encoded alone. What spoils it are the extras: ID3 tags, and the Xing/Info/VBRI frame that claims the length of
one piece for all. So segments are stored as frames only, and the finished file gets one header of its own.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from chalicelib.speech.audio import id3
from chalicelib.speech.audio.id3 import AudioChapter as AudioChapter

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by MPEG version bits
_KBPS_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_VBRI_OFFSET = 36  # bytes from the frame's start, whatever its side information
_TRAILERS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")  # tags that stand behind the last frame


class NotAudioError(ValueError):
    """The bytes are not MP3 frames: an HTML page, nothing at all, or a file broken in the middle."""


class MixedAudioError(ValueError):
    """Frames of different sample rates or channels cannot stand in one file."""


class StreamFormat(NamedTuple):
    sample_rate: int
    channels: int
    kbps: int


SPEECH_FORMAT = StreamFormat(
    24_000, 1, 64
)  # what every provider is asked for: 24 ms and 192 bytes a frame, 28.8 MB an hour


class Mp3Part(NamedTuple):
    """A stretch of frames of one bit rate, as a segment's row knows it."""

    frame_count: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class Audio:
    """Whole frames and nothing else: no ID3, no Xing/Info/VBRI.

    `kbps` is None when the frames' bit rates differ. `truncated` tells that a cut-off last frame was dropped.
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


class _Frame(NamedTuple):
    length: int
    sample_rate: int
    channels: int
    kbps: int
    side_end: int


def samples_per_frame(sample_rate: int) -> int:
    """1,152 for MPEG-1 (32 kHz and above), 576 for MPEG-2 and 2.5."""
    return 1_152 if sample_rate >= 32_000 else 576


def duration_ms(frame_count: int, sample_rate: int = SPEECH_FORMAT.sample_rate) -> int:
    """The playing time of so many frames; 24 ms each at 24 kHz."""
    return round(frame_count * samples_per_frame(sample_rate) * 1_000 / sample_rate)


def parse(data: bytes) -> Audio:
    """Take an MP3 file apart and keep its whole frames, byte for byte.

    Tags and Xing/Info/VBRI frames are left out wherever they stand, also between files somebody glued together. A last
    frame that is cut off is dropped. Raises NotAudioError when anything else than frames and tags is found or no whole
    frame is left, and MixedAudioError when sample rate or channels change.
    """
    pieces: list[bytes] = []
    rates: set[int] = set()
    first: _Frame | None = None
    previous: _Frame | None = None
    position = piece_start = frame_count = 0
    truncated = False
    size = len(data)
    may_hold_info = any(name in data for name in (b"Xing", b"Info", b"VBRI"))
    while position < size:
        frame = _read_header(data[position : position + 4])
        if frame is None:
            pieces.append(data[piece_start:position])
            position, truncated = _skip_tag(data, position)
            piece_start = position
            continue
        if position + frame.length > size:
            truncated = True
            break
        if may_hold_info and _is_info(data, position, frame):
            pieces.append(data[piece_start:position])
            position += frame.length
            piece_start = position
            continue
        if frame is not previous:  # the same header is the same object: constant-rate audio passes here once
            first = first or frame
            if (frame.sample_rate, frame.channels) != (first.sample_rate, first.channels):
                raise MixedAudioError(
                    f"{frame.sample_rate} Hz with {frame.channels} channel(s) follows "
                    f"{first.sample_rate} Hz with {first.channels} channel(s) at byte {position}"
                )
            rates.add(frame.kbps)
            previous = frame
        frame_count += 1
        position += frame.length
    if first is None:
        raise NotAudioError(f"no whole MP3 frame in {size} bytes")
    pieces.append(data[piece_start:position])
    kbps = rates.pop() if len(rates) == 1 else None
    return Audio(b"".join(pieces), frame_count, first.sample_rate, first.channels, kbps, truncated)


def silence(ms: int, like: Audio | StreamFormat = SPEECH_FORMAT) -> Audio:
    """At least `ms` of silence in whole frames (400 ms become 408 at 24 kHz), shaped like the stream it goes into."""
    frame_ms = samples_per_frame(like.sample_rate) * 1_000 / like.sample_rate
    frame_count = -int(-ms // frame_ms)
    shape = StreamFormat(like.sample_rate, like.channels, like.kbps or SPEECH_FORMAT.kbps)
    header = _write_header(shape)
    frame = header.ljust(_length(header), b"\0")  # no side information at all: nothing to decode, so nothing to hear
    return Audio(frame * frame_count, frame_count, shape.sample_rate, shape.channels, shape.kbps)


def header(
    *,
    frame_count: int,
    audio_bytes: int,
    title: str,
    chapters: Sequence[AudioChapter] = (),
    language: str = "",
    parts: Sequence[Mp3Part] = (),
    sample_rate: int = SPEECH_FORMAT.sample_rate,
    channels: int = SPEECH_FORMAT.channels,
) -> bytes:
    """What stands before the frames of a finished file: ID3v2.3 with title, language and chapters, then one Info frame.

    Everything is known before the first frame is read, so a long file can be streamed: this first, then each segment's
    frames and silences in order. Give `parts` when bit rates differ: the seek table follows them, the frame says Xing
    instead of Info. Raises ValueError when the parts' sums are not the given totals.
    """
    parts = parts or (Mp3Part(frame_count, audio_bytes),)
    if frame_count < 1 or (sum(p.frame_count for p in parts), sum(p.byte_count for p in parts)) != (
        frame_count,
        audio_bytes,
    ):
        raise ValueError(f"the parts do not add up to {frame_count} frames and {audio_bytes} bytes")
    return id3.tag(title, chapters, language=language) + _info_frame(parts, sample_rate, channels)


def frame_offsets(frames: bytes) -> list[int]:
    """Where each frame of clean audio begins, and where the last one ends. Raises NotAudioError for anything else."""
    offsets = [0]
    while offsets[-1] < len(frames):
        frame = _read_header(frames[offsets[-1] : offsets[-1] + 4])
        if frame is None:
            raise NotAudioError(f"byte {offsets[-1]} of {len(frames)} starts no MP3 frame")
        offsets.append(offsets[-1] + frame.length)
    return offsets


@lru_cache(maxsize=1_024)  # a file has a handful of different headers and up to 150,000 frames an hour
def _read_header(four: bytes) -> _Frame | None:
    """The frame that starts with these bytes; None when they start no Layer III frame of a known bit rate."""
    if len(four) < 4 or four[0] != 0xFF or four[1] & 0xE6 != 0xE2:
        return None
    version, no_crc = four[1] >> 3 & 3, four[1] & 1
    rate_index, kbps_index, padding = four[2] >> 2 & 3, four[2] >> 4, four[2] >> 1 & 1
    if version not in _RATES or rate_index == 3 or kbps_index in (0, 15):
        return None
    mpeg1, mono = version == 3, four[3] >> 6 == 3
    kbps = (_KBPS_MPEG1 if mpeg1 else _KBPS_MPEG2)[kbps_index - 1]
    sample_rate = _RATES[version][rate_index]
    length = (144 if mpeg1 else 72) * kbps * 1_000 // sample_rate + padding
    side_bytes = (17 if mono else 32) if mpeg1 else (9 if mono else 17)
    return _Frame(length, sample_rate, 1 if mono else 2, kbps, 4 + (0 if no_crc else 2) + side_bytes)


def _write_header(shape: StreamFormat) -> bytes:
    """A frame header of this shape: Layer III, no CRC, no padding, marked as original."""
    version, rates = next((v, rates) for v, rates in _RATES.items() if shape.sample_rate in rates)
    kbps_index = (_KBPS_MPEG1 if version == 3 else _KBPS_MPEG2).index(shape.kbps) + 1
    mode = 3 if shape.channels == 1 else 0
    return bytes((0xFF, 0xE3 | version << 3, kbps_index << 4 | rates.index(shape.sample_rate) << 2, mode << 6 | 4))


def _length(frame_header: bytes) -> int:
    frame = _read_header(frame_header)
    assert frame is not None  # noqa: S101 - we wrote this header ourselves
    return frame.length


def _is_info(data: bytes, position: int, frame: _Frame) -> bool:
    """Whether this frame is a Xing, Info or VBRI header: the name behind side information that is all zero."""
    name_at = position + frame.side_end
    if data[name_at : name_at + 4] not in (b"Xing", b"Info"):
        name_at = position + _VBRI_OFFSET
        if data[name_at : name_at + 4] != b"VBRI":
            return False
    return not any(data[position + 4 : name_at])


def _skip_tag(data: bytes, position: int) -> tuple[int, bool]:
    """Where to read on behind a tag or zero padding, and whether the file ends inside a frame or tag."""
    if data.startswith(b"ID3", position) and len(data) >= position + 10:
        a, b, c, d = data[position + 6 : position + 10]
        footer = 10 if data[position + 5] & 0x10 else 0
        end = position + 10 + (a << 21 | b << 14 | c << 7 | d) + footer
        return min(end, len(data)), end > len(data)
    if data.startswith(_TRAILERS, position):
        return len(data), False
    if data[position] == 0:
        rest = data[position:].lstrip(b"\0")
        return len(data) - len(rest), False
    if len(data) - position < 4:
        return len(data), True
    raise NotAudioError(f"byte {position} of {len(data)} starts neither an MP3 frame nor a tag")


def _info_frame(parts: Sequence[Mp3Part], sample_rate: int, channels: int) -> bytes:
    """A silent frame that tells players the number of frames and bytes, and where each hundredth of the time stands.

    Bytes are left out where their number does not fit: 148 hours of speech. Players then take the file's own length.
    """
    frame_count, audio_bytes = sum(p.frame_count for p in parts), sum(p.byte_count for p in parts)
    constant = all(p.byte_count * frame_count == audio_bytes * p.frame_count for p in parts)
    mpeg1 = sample_rate >= 32_000
    side_bytes = (17 if channels == 1 else 32) if mpeg1 else (9 if channels == 1 else 17)
    needed = max(
        4 + side_bytes + 116, audio_bytes // frame_count
    )  # not below the stream's own rate: old players guess from it
    heads = (
        _write_header(StreamFormat(sample_rate, channels, kbps)) for kbps in (_KBPS_MPEG1 if mpeg1 else _KBPS_MPEG2)
    )
    head = next(h for h in heads if _length(h) >= needed)
    total_bytes = _length(head) + audio_bytes
    name = b"Info" if constant else b"Xing"
    sizes = (
        struct.pack(">III", 7, frame_count, total_bytes) if total_bytes < 2**32 else struct.pack(">II", 5, frame_count)
    )
    body = name + sizes + _seek_table(parts, _length(head), total_bytes)
    return (head + bytes(side_bytes) + body).ljust(_length(head), b"\0")


def _seek_table(parts: Sequence[Mp3Part], first_byte: int, total_bytes: int) -> bytes:
    """For each percent of the playing time, its place in the file in 256ths."""
    table = bytearray()
    frame_count = sum(p.frame_count for p in parts)
    frames_before, bytes_before, rest = 0, first_byte, iter(parts)
    part = next(rest)
    for percent in range(100):
        frame = frame_count * percent / 100
        while frame > frames_before + part.frame_count:
            frames_before, bytes_before = frames_before + part.frame_count, bytes_before + part.byte_count
            part = next(rest)
        place = bytes_before + part.byte_count * (frame - frames_before) / max(part.frame_count, 1)
        table.append(min(255, int(256 * place / total_bytes)))
    return bytes(table)
