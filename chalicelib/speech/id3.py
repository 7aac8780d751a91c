"""The few ID3v2 tags we write: title and chapters of a finished file, the clock of an HLS part."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

MAX_CHAPTERS = 255  # CTOC counts its entries in one byte


class Chapter(NamedTuple):
    title: str
    start_ms: int
    end_ms: int


def tag(title: str, chapters: Sequence[Chapter] = ()) -> bytes:
    """An ID3v2.3 tag with the title and, when there are chapters, CTOC and CHAP frames (id3v2-chapters-1.0).

    Chapters beyond the 255th are played as part of it.
    """
    listed = list(chapters[:MAX_CHAPTERS])
    if len(chapters) > MAX_CHAPTERS:
        listed[-1] = listed[-1]._replace(end_ms=chapters[-1].end_ms)
    ids = [b"chapter%d\0" % number for number in range(1, len(listed) + 1)]
    frames = _frame(b"TIT2", _text(title))
    if listed:
        frames += _frame(b"CTOC", b"toc\0" + bytes((0b11, len(ids))) + b"".join(ids))  # top level, in order
    for name, chapter in zip(ids, listed, strict=True):
        times = struct.pack(">IIII", chapter.start_ms, chapter.end_ms, 0xFFFFFFFF, 0xFFFFFFFF)  # ms count, bytes do not
        frames += _frame(b"CHAP", name + times + _frame(b"TIT2", _text(chapter.title)))
    return b"ID3\x03\0\0" + _synchsafe(len(frames)) + frames


def clock(start_ms: int) -> bytes:
    """The PRIV tag at the head of every packed-audio HLS part: its start on a 90 kHz clock (RFC 8216, 3.4)."""
    ticks = start_ms * 90 % 2**33
    body = b"com.apple.streaming.transportStreamTimestamp\0" + struct.pack(">Q", ticks)
    frame = b"PRIV" + _synchsafe(len(body)) + b"\0\0" + body
    return b"ID3\x04\0\0" + _synchsafe(len(frame)) + frame


def _frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def _text(text: str) -> bytes:
    return b"\x01" + text.replace("\0", " ").encode("utf-16", "replace")


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
