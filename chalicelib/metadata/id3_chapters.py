"""Chapters in ID3 tags: CHAP frames (ID3v2 Chapter Frame Addendum), each with frames of its own."""

from collections.abc import Iterator
from mmap import mmap

from chalicelib.formats import id3
from chalicelib.metadata import id3_text

MAX_FRAME_BYTES = 1024 * 1024  # of one chapter, with its picture


def find(data: mmap) -> Iterator[tuple[str, int]]:
    """Yield title and start in milliseconds of the chapters of the tag at the beginning."""
    for name, content, version in id3.list_frames(data):
        if name != b"CHAP":
            continue
        _, separator, rest = content[:MAX_FRAME_BYTES].partition(b"\0")  # its id, then four numbers, then its frames
        if not separator or len(rest) < 16:
            continue
        frames = id3.list_frames_in(rest[16:], version)
        titles = (id3_text.decode_text(frame) for kind, frame, _ in frames if kind == b"TIT2" and frame)
        yield next(titles, ""), int.from_bytes(rest[:4], "big")
