"""FLAC (RFC 9639): metadata blocks, then frames; the file must end with a whole frame."""

import mmap
from functools import cache
from pathlib import Path

from chalicelib.inspection.audio_video.mp4 import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_BLOCKS = 1_024  # real files have less than ten
MAX_BLOCK_BYTES = 16 * 1024 * 1024  # what the format's 24 bits can say: a large cover
LAST_WINDOW_BYTES = 256 * 1024  # the last frame begins in here; a frame of 96 kHz, 24 bit stereo has up to 30 KB


def examine(path: Path, media_type: str) -> Findings:
    """Whether the blocks are in order, sound follows, and the file ends where its last frame does."""
    del media_type
    sandbox.step("walking its blocks")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 4
        rate = samples = 0
        for count in range(MAX_BLOCKS):
            head = data[at : at + 4]
            size = int.from_bytes(head[1:4], "big")
            if (
                len(head) < 4
                or at + 4 + size > len(data)
                or (head[0] & 0x7F == 0) != (count == 0)
                or head[0] & 0x7F > 6
            ):
                raise _malformed("its description is damaged")
            if count == 0:
                if size != 34:
                    raise _malformed("its description is damaged")
                packed = int.from_bytes(data[at + 14 : at + 22], "big")
                rate, samples = packed >> 44, packed & (1 << 36) - 1
            at += 4 + size
            if head[0] & 0x80:
                break
        else:
            raise RejectedError("bomb", f"The recording has more than {MAX_BLOCKS:,} descriptions. Export it again.")
        if not _is_frame(data[at : at + 16]):
            raise _malformed("no sound follows its description")
        sandbox.step("checking its last frame")
        if not _ends_with_frame(data, at):
            raise _malformed("it was cut off, or other bytes follow its end")
    if not rate:
        raise _malformed("it has no sample rate")
    return Findings(duration_ms=check_duration(samples * 1000 // rate) if samples else None)


def _ends_with_frame(data: mmap.mmap, first: int) -> bool:
    """Whether some frame header near the end is followed by exactly one frame: the sum over it and its CRC is 0."""
    start = max(first, len(data) - LAST_WINDOW_BYTES)
    window = data[start:]
    at = window.rfind(b"\xff")
    while at >= 0:
        if _is_frame(window[at : at + 16]) and _crc16(window[at:]) == 0:
            return True
        at = window.rfind(b"\xff", 0, at)
    return False


def _is_frame(head: bytes) -> bool:
    """Whether a frame header with a right CRC-8 stands here."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
        return False
    size_code, rate_code = head[2] >> 4, head[2] & 15
    if not size_code or rate_code == 15 or head[3] & 1:
        return False
    leading = f"{head[4]:08b}".find("0")  # the frame's number, written as UTF-8 does
    length = 4 + (1 if leading == 0 else leading)
    length += {6: 1, 7: 2}.get(size_code, 0) + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    return leading != 1 and leading >= 0 and length < len(head) and _crc8(head[:length]) == head[length]


def _crc8(content: bytes) -> int:
    value = 0
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07) & 0xFF if value & 0x80 else value << 1
    return value


@cache
def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005) & 0xFFFF if value & 0x8000 else value << 1
        table.append(value)
    return tuple(table)


def _crc16(content: bytes) -> int:
    table = _table()
    value = 0
    for byte in content:
        value = (value << 8 & 0xFFFF) ^ table[value >> 8 ^ byte]
    return value


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The recording is damaged: {why}. Export it again and upload that.")
