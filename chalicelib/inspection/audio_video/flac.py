"""FLAC recordings (RFC 9639): metadata blocks, then frames; the file must end with a whole frame."""

import mmap
from functools import cache
from pathlib import Path

from chalicelib.inspection.audio_video import audio_tags
from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_BLOCKS = 1_024  # real files have less than ten
LAST_WINDOW_BYTES = 256 * 1024  # the last frame begins within these; a frame of 96 kHz, 24 bit stereo has up to 30 KB


def examine(path: Path, media_type: str) -> Findings:
    """Check that blocks are in order, and frames follow to the end of the file."""
    del media_type
    sandbox.step("walking its blocks")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = audio_tags.skip_leading_tags(data)  # some programs write an ID3 tag in front
        if data[at : at + 4] != b"fLaC":
            raise _malformed("no FLAC recording follows its tag")
        at += 4
        sample_rate = samples = 0
        for index in range(MAX_BLOCKS):
            header = data[at : at + 4]
            size = int.from_bytes(header[1:4], "big")
            if (
                len(header) < 4
                or at + 4 + size > len(data)
                or (header[0] & 0x7F == 0) != (index == 0)
                or header[0] & 0x7F > 6
            ):
                raise _malformed("its metadata cannot be read")
            if index == 0:
                if size != 34:
                    raise _malformed("its metadata cannot be read")
                packed = int.from_bytes(data[at + 14 : at + 22], "big")
                sample_rate, samples = packed >> 44, packed & (1 << 36) - 1
            at += 4 + size
            if header[0] & 0x80:
                break
        else:
            raise RejectedError(
                "bomb",
                f"The recording has more than {MAX_BLOCKS:,} blocks of metadata. Export it again and upload that.",
            )
        if not _is_frame(data[at : at + 16]):
            raise _malformed("no sound follows its metadata")
        sandbox.step("checking its last frame")
        if not _ends_with_frame(data, at, audio_tags.find_audio_end(data, at)) and not _ends_with_frame(
            data, at, len(data)
        ):
            raise _malformed("it was cut off, or other bytes follow its end")
    if not sample_rate:
        raise _malformed("it has no sample rate")
    return Findings(duration_ms=check_duration(samples * 1000 // sample_rate) if samples else None)


def _ends_with_frame(data: mmap.mmap, first: int, end: int) -> bool:
    """Return whether a whole frame ends here, in front of tags or the file's end: the CRC over it and its own CRC is 0.

    One pass from the end undoes the CRC byte by byte: where it is back at 0, a frame may begin.
    """
    window = data[max(first, end - LAST_WINDOW_BYTES) : end]
    table = _crc16_table()
    index_by_low_byte = {entry & 0xFF: index for index, entry in enumerate(table)}
    value = 0
    for at in range(len(window) - 1, -1, -1):
        index = index_by_low_byte[value & 0xFF]
        value = (index ^ window[at]) << 8 | (value ^ table[index]) >> 8
        if value == 0 and _is_frame(window[at : at + 16]):
            return True
    return False


def _is_frame(header: bytes) -> bool:
    """Return whether these bytes begin with a frame header with a correct CRC-8."""
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xFE != 0xF8:
        return False
    size_code, rate_code = header[2] >> 4, header[2] & 15
    if not size_code or rate_code == 15 or header[3] & 1:
        return False
    leading_ones = f"{header[4]:08b}".find("0")  # of the frame's number, which is written as in UTF-8
    length = 4 + (1 if leading_ones == 0 else leading_ones)
    length += {6: 1, 7: 2}.get(size_code, 0) + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    return leading_ones != 1 and leading_ones >= 0 and length < len(header) and _crc8(header[:length]) == header[length]


def _crc8(content: bytes) -> int:
    value = 0
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07) & 0xFF if value & 0x80 else value << 1
    return value


@cache
def _crc16_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005) & 0xFFFF if value & 0x8000 else value << 1
        table.append(value)
    return tuple(table)


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The recording is damaged: {damage}. Export it again and upload that.")
