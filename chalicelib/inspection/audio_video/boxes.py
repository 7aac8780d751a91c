"""The boxes that MP4, M4A, HEIC and AVIF are made of (ISO/IEC 14496-12): size, kind, content, box after box."""

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from chalicelib.inspection.model import RejectedError

MAX_BOXES = 200_000  # of one file; an hour in fragments of one second has 30,000
MAX_DEPTH = 12  # real files nest 8 deep (moov/trak/mdia/minf/stbl/stsd/avc1/avcC)

# Boxes that hold boxes and nothing else.
_FOLDERS = frozenset(
    {
        b"moov",
        b"trak",
        b"mdia",
        b"minf",
        b"stbl",
        b"dinf",
        b"edts",
        b"moof",
        b"traf",
        b"mvex",
        b"mfra",
        b"iprp",
        b"ipco",
    }
)


@dataclass(frozen=True, slots=True)
class Box:
    """`start` and `end` enclose the content; `path` are the kinds from the outermost box to this one."""

    path: tuple[bytes, ...]
    start: int
    end: int

    @property
    def kind(self) -> bytes:
        return self.path[-1]


def walk(data: mmap) -> Iterator[Box]:
    """Every box of the file, each followed by what is in it. Raises RefusedError unless they fill the file exactly."""
    around: list[tuple[tuple[bytes, ...], int]] = [((), len(data))]
    position = count = 0
    while around:
        path, end = around[-1]
        if position >= end:
            around.pop()
            continue
        box = _read(data, path, position, end)
        count += 1
        if count > MAX_BOXES:
            raise RejectedError("bomb", f"The file has more than {MAX_BOXES:,} boxes. Convert it again, or split it.")
        yield box
        if box.kind in _FOLDERS:
            if len(around) >= MAX_DEPTH:
                raise RejectedError("bomb", "The file's boxes nest without end. Convert it again and upload that.")
            around.append((box.path, box.end))
            position = box.start
        else:
            position = box.end


def children(data: mmap, parent: Box, skip: int) -> list[Box]:
    """The boxes in the content of a box that begins with `skip` bytes of its own."""
    found = []
    position = parent.start + skip
    while position < parent.end:
        box = _read(data, parent.path, position, parent.end)
        found.append(box)
        if len(found) > MAX_BOXES:
            raise RejectedError("bomb", "The file's boxes have no end. Convert it again and upload that.")
        position = box.end
    return found


def read_uint(data: mmap, start: int, size: int) -> int:
    """A big-endian number inside the file; RefusedError beyond its end."""
    if start + size > len(data):
        raise _cut_off()
    return int.from_bytes(data[start : start + size], "big")


def _read(data: mmap, path: tuple[bytes, ...], position: int, end: int) -> Box:
    if end - position < 8:
        raise _cut_off()
    size, kind, header = read_uint(data, position, 4), data[position + 4 : position + 8], 8
    if size == 1:
        size, header = read_uint(data, position + 8, 8), 16
    elif size == 0 and not path:  # the last box may go on to the end of the file
        size = end - position
    if kind == b"uuid":
        header += 16
    if not all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in kind):
        raise RejectedError(
            "malformed",
            f"There are bytes in the file that belong to no part of it (from byte {position:,} on). "
            "Convert it again and upload that.",
        )
    if size < header or size > end - position:
        raise _cut_off()
    return Box((*path, kind), position + header, position + size)


def _cut_off() -> RejectedError:
    return RejectedError(
        "malformed", "The file is not complete: a part of it is longer than the file. Upload it again."
    )
