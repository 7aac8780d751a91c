"""Chapters in MP4: a text track that another track names as its chapters (QuickTime), otherwise Nero's list."""

from collections.abc import Iterator, Sequence
from itertools import islice
from mmap import mmap

from chalicelib.inspection.audio_video import isobmff
from chalicelib.inspection.audio_video.isobmff import Box, read_uint

MAX_CHAPTERS = 2_000
MAX_TITLE_BYTES = 2_000
NERO_UNITS_PER_MS = 10_000


def find(data: mmap) -> list[tuple[str, int]]:
    """Return title and start in milliseconds of each chapter. Raises RejectedError for a damaged file."""
    boxes = list(isobmff.walk(data))
    return _in_text_track(data, boxes) or _in_nero_list(data, boxes)


def _in_nero_list(data: mmap, boxes: Sequence[Box]) -> list[tuple[str, int]]:
    user_data = next((box for box in boxes if box.path == (b"moov", b"udta")), None)
    listed = [box for box in isobmff.children(data, user_data, 0) if box.kind == b"chpl"] if user_data else []
    if not listed:
        return []
    at = listed[0].start + (8 if data[listed[0].start] == 1 else 4)  # version 1 has a reserved number
    count = read_uint(data, at, 1)
    at += 1
    chapters = []
    for _ in range(count):
        length = read_uint(data, at + 8, 1)
        if at + 9 + length > listed[0].end:
            break
        title = data[at + 9 : at + 9 + length].decode(errors="replace")
        chapters.append((title, read_uint(data, at, 8) // NERO_UNITS_PER_MS))
        at += 9 + length
    return chapters


def _in_text_track(data: mmap, boxes: Sequence[Box]) -> list[tuple[str, int]]:
    tracks: list[dict[bytes, Box]] = []
    for box in boxes:
        if box.path == (b"moov", b"trak"):
            tracks.append({})
        elif box.path[:2] == (b"moov", b"trak") and tracks:
            tracks[-1].setdefault(box.kind, box)
    wanted = {identity for track in tracks if b"tref" in track for identity in _chapter_tracks(data, track[b"tref"])}
    of_chapters = (track for track in tracks if b"tkhd" in track and _identity(data, track[b"tkhd"]) in wanted)
    return next(filter(None, (_samples(data, track) for track in of_chapters)), [])


def _identity(data: mmap, header: Box) -> int:
    return read_uint(data, header.start + (20 if data[header.start] == 1 else 12), 4)


def _chapter_tracks(data: mmap, references: Box) -> Iterator[int]:
    for box in isobmff.children(data, references, 0):
        if box.kind == b"chap":
            yield from (read_uint(data, at, 4) for at in range(box.start, box.end - 3, 4))


def _samples(data: mmap, track: dict[bytes, Box]) -> list[tuple[str, int]]:
    """Return the texts of a track with their times; none for a track of pictures."""
    handler, header = track.get(b"hdlr"), track.get(b"mdhd")
    tables = [track.get(kind) for kind in (b"stts", b"stsz", b"stsc")]
    if handler is None or header is None or None in tables:
        return []
    if data[handler.start + 8 : handler.start + 12] not in {b"text", b"sbtl"}:
        return []
    units_per_s = read_uint(data, header.start + (20 if data[header.start] == 1 else 12), 4)
    if not units_per_s:
        return []
    chapters = []
    for start, (offset, size) in zip(_starts(data, track[b"stts"]), _places(data, track), strict=False):
        length = min(read_uint(data, offset, 2), max(size - 2, 0), MAX_TITLE_BYTES)
        text = data[offset + 2 : offset + 2 + length]
        is_utf16 = text[:2] in {b"\xfe\xff", b"\xff\xfe"}
        chapters.append((text.decode("utf-16" if is_utf16 else "utf-8", "replace"), start * 1000 // units_per_s))
    return chapters


def _starts(data: mmap, durations: Box) -> Iterator[int]:
    """Yield the start of each sample. The times of the last one and of all behind the limit are not needed."""
    start = produced = 0
    for at in islice(range(durations.start + 8, durations.end - 7, 8), MAX_CHAPTERS):
        count, duration = read_uint(data, at, 4), read_uint(data, at + 4, 4)
        for _ in range(min(count, MAX_CHAPTERS - produced)):
            yield start
            start += duration
            produced += 1


def _places(data: mmap, track: dict[bytes, Box]) -> Iterator[tuple[int, int]]:
    """Yield offset and size of each sample, as the tables of sizes, chunks and samples in chunks say."""
    offsets, sizes = track.get(b"co64") or track.get(b"stco"), track[b"stsz"]
    if offsets is None:
        return
    width = 8 if offsets.kind == b"co64" else 4
    same_size, count = read_uint(data, sizes.start + 4, 4), min(read_uint(data, sizes.start + 8, 4), MAX_CHAPTERS)
    in_chunks = _samples_in_chunks(data, track[b"stsc"])
    sample = 0
    for at in islice(range(offsets.start + 8, offsets.end - width + 1, width), MAX_CHAPTERS):
        offset = read_uint(data, at, width)
        for _ in range(next(in_chunks, 1)):
            if sample >= count:
                return
            size = same_size or read_uint(data, sizes.start + 12 + 4 * sample, 4)
            yield offset, size
            offset += size
            sample += 1


def _samples_in_chunks(data: mmap, table: Box) -> Iterator[int]:
    """Yield how many samples each chunk has. An entry holds from its first chunk on until the next entry."""
    entries = [
        (read_uint(data, at, 4), read_uint(data, at + 4, 4))
        for at in islice(range(table.start + 8, table.end - 11, 12), MAX_CHAPTERS)
    ]
    for index, (first, samples) in enumerate(entries):
        following = entries[index + 1][0] if index + 1 < len(entries) else first + MAX_CHAPTERS
        yield from [min(samples, MAX_CHAPTERS)] * min(max(following - first, 0), MAX_CHAPTERS)
