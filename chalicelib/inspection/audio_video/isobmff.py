"""The ISO base media file format (ISO/IEC 14496-12): the boxes of MP4, M4A, HEIC and AVIF."""

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from chalicelib.inspection.model import RejectedError

MAX_BOXES = 200_000  # of one file; an hour in fragments of one second has 30,000
MAX_PADDING_BYTES = 1024 * 1024  # zeros behind the last box; recorders fill up a block of their disk
MAX_DEPTH = 12  # real files nest 8 deep (moov/trak/mdia/minf/stbl/stsd/avc1/avcC)

# Boxes that contain boxes and nothing else.
_CONTAINER_BOXES = frozenset(b"moov trak mdia minf stbl dinf edts moof traf mvex mfra iprp ipco".split())


@dataclass(frozen=True, slots=True)
class Box:
    """A box. `start` and `end` enclose its content; `path` lists the kinds from the outermost box to this one."""

    path: tuple[bytes, ...]
    start: int
    end: int

    @property
    def kind(self) -> bytes:
        return self.path[-1]


def walk(data: mmap) -> Iterator[Box]:
    """Yield every box, each followed by its content.

    Raises RejectedError unless boxes fill the file; zeros may follow the last one.
    """
    enclosing: list[tuple[tuple[bytes, ...], int]] = [((), _content_end(data))]
    position = count = 0
    while enclosing:
        path, end = enclosing[-1]
        if position >= end:
            enclosing.pop()
            continue
        box = _read_box(data, path, position, end)
        count += 1
        if count > MAX_BOXES:
            raise RejectedError("bomb", f"The file has more than {MAX_BOXES:,} boxes. Convert it again, or split it.")
        yield box
        if box.kind in _CONTAINER_BOXES:
            if len(enclosing) >= MAX_DEPTH:
                raise RejectedError(
                    "bomb",
                    f"The file nests more than {MAX_DEPTH} boxes in each other. Convert it again and upload that.",
                )
            enclosing.append((box.path, box.end))
            position = box.start
        else:
            position = box.end


def _content_end(data: mmap) -> int:
    """Return where the zeros begin that pad the file, if the boxes end there; otherwise its end."""
    start = max(0, len(data) - MAX_PADDING_BYTES)
    end = start + len(data[start:].rstrip(b"\0"))
    at = 0
    while at + 8 <= end and (size := read_uint(data, at, 4)) > 1:
        at += size
    return at if end <= at < len(data) else len(data)


def children(data: mmap, parent: Box, skip: int) -> list[Box]:
    """Return the boxes in a box whose content begins with `skip` other bytes. Raises RejectedError."""
    boxes = []
    position = parent.start + skip
    while position < parent.end:
        box = _read_box(data, parent.path, position, parent.end)
        boxes.append(box)
        if len(boxes) > MAX_BOXES:
            raise RejectedError(
                "bomb", f"The file has more than {MAX_BOXES:,} boxes. Convert it again and upload that."
            )
        position = box.end
    return boxes


def list_tags(data: mmap) -> list[Box]:
    """Return the entries of iTunes' list of tags (moov/udta/meta/ilst), none without one. Raises RejectedError."""
    container = next((box for box in walk(data) if box.path == (b"moov", b"udta")), None)
    for kind, skip in ((b"meta", 0), (b"ilst", 4)):  # meta begins with a version of its own
        if container is None:
            return []
        container = next((box for box in children(data, container, skip) if box.kind == kind), None)
    return [] if container is None else children(data, container, 0)


def read_uint(data: mmap, start: int, size: int) -> int:
    """Return a big-endian number. Raises RejectedError when it is beyond the end of the file."""
    if start + size > len(data):
        raise _cut_off()
    return int.from_bytes(data[start : start + size], "big")


def _read_box(data: mmap, path: tuple[bytes, ...], position: int, end: int) -> Box:
    if end - position < 8:
        raise _cut_off()
    size, kind, header = read_uint(data, position, 4), data[position + 4 : position + 8], 8
    if size == 1:
        size, header = read_uint(data, position + 8, 8), 16
    elif size == 0 and not path:  # the last box may extend to the end of the file
        size = end - position
    if kind == b"uuid":
        header += 16
    if not all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind):
        raise RejectedError(
            "malformed",
            f"The file contains bytes that belong to no part of it (from byte {position:,} on). "
            "Convert it again and upload that.",
        )
    if size < header or size > end - position:
        raise _cut_off()
    return Box((*path, kind), position + header, position + size)


def _cut_off() -> RejectedError:
    return RejectedError(
        "malformed", "The file is not complete: a part of it is longer than the file. Upload it again."
    )
