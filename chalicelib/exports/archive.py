"""ZIP archives that are written part by part, in as many runs as they take.

`plan_archive` takes files whose sizes and checksums are known in advance: they are stored, and the archive resumes at any byte.
`StreamedArchive` takes files that are known only once they are read: they are compressed, and it resumes after any file.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.exports import crc, zip_format
from chalicelib.exports.zip_format import (
    HAS_DESCRIPTOR,
    HAS_UTF8_NAME,
    MAX_BYTES,
    MAX_FILES,
    REPRODUCIBLE,
    ArchiveEntry,
)
from chalicelib.platform.aws import resumable_upload
from chalicelib.platform.aws.resumable_upload import ObjectPlan, Part
from chalicelib.platform.errors import ContentTooLargeError

# ---- files that are known in advance ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileChunk:
    """A range of a file. `read` returns the same bytes every time."""

    size: int
    crc: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class PlannedFile:
    name: str
    chunks: Sequence[FileChunk]


def text_chunk(make: Callable[[], str]) -> FileChunk:
    """Return a chunk that is made at every read instead of being kept in memory."""
    content = make().encode()
    return FileChunk(len(content), zlib.crc32(content), lambda: make().encode())


def literal_chunk(content: bytes) -> FileChunk:
    return FileChunk(len(content), zlib.crc32(content), lambda: content)


def plan_archive(files: Iterable[PlannedFile]) -> ObjectPlan:
    """Plan the archive of these files, in order.

    They are stored and have no descriptor, as an EPUB container demands. Raises ContentTooLargeError beyond what a ZIP without
    its 64-bit extension can hold and every program can read: 148 hours of speech.
    """
    chunks: list[FileChunk] = []
    entries: list[ArchiveEntry] = []
    offset = 0
    for file in files:
        entry = _planned_entry(file, offset)
        offset += zip_format.local_header_bytes(entry) + entry.size_bytes
        if len(entries) == MAX_FILES or offset > MAX_BYTES:
            raise _too_large_error()
        chunks += [literal_chunk(zip_format.local_header(entry, REPRODUCIBLE)), *file.chunks]
        entries.append(entry)
    directory = zip_format.directory(entries, REPRODUCIBLE, offset=offset)
    if offset + len(directory) > MAX_BYTES:
        raise _too_large_error()
    return ObjectPlan([*chunks, literal_chunk(directory)], hashlib.sha256(directory).hexdigest())


def _planned_entry(file: PlannedFile, offset: int) -> ArchiveEntry:
    checksum = size = 0
    for chunk in file.chunks:
        checksum = crc.combine(checksum, chunk.crc, chunk.size)
        size += chunk.size
    return ArchiveEntry(file.name, offset, HAS_UTF8_NAME, checksum, size, size)


def _too_large_error() -> ContentTooLargeError:
    return ContentTooLargeError(
        "The recording is too long for one archive, which holds 4 GB. Export it as MP3 instead."
    )


# ---- files that are known only once they are read ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HashedEntry(ArchiveEntry):
    """A file of the archive with its SHA-256 in hex."""

    sha256: str


SourcePosition = dict[str, Any]  # stored as JSON; its shape depends on the source


@dataclass(frozen=True, slots=True)
class ContentPosition:
    """The position at which the content resumes: a source, and the last of its items in the archive."""

    source: str
    source_position: SourcePosition | None


@dataclass(frozen=True)
class StreamedFile:
    """A file to compress with zlib's `level`. `next_position` is called once the content was read.

    `size_bytes` is roughly how large it is; only that of a file above a gigabyte matters.
    """

    name: str
    content: Iterator[bytes]
    level: int
    next_position: Callable[[], ContentPosition]
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ArchivePosition:
    """The position at which an archive resumes: the entries since the last one, the archive's bytes, the content's position."""

    entries: Sequence[HashedEntry]
    offset: int
    content: ContentPosition


class StreamedArchive:
    """An archive that resumes at `offset`, behind the files of `entries`."""

    def __init__(self, entries: Sequence[HashedEntry], *, offset: int, made_at: datetime) -> None:
        self.entries = list(entries)
        self.offset = offset
        self._recorded = len(entries)
        self._pending = bytearray()
        self._format = zip_format.deflated(made_at)

    def list_parts(self, files: Iterable[StreamedFile], *, end: ContentPosition) -> Iterator[Part[ArchivePosition]]:
        """Yield the parts of these files and of the directory of all.

        A part that ends behind a file has a position.
        """
        for file in files:
            for content in self._encode(file):
                yield from self._append(content)
            if len(self._pending) >= resumable_upload.MIN_PART_BYTES:
                yield Part(self._take(len(self._pending)), self._position(file.next_position()))
        yield from self._append(zip_format.directory(self.entries, self._format, offset=self.offset))
        yield Part(self._take(len(self._pending)), self._position(end), is_last=True)

    def _encode(self, file: StreamedFile) -> Iterator[bytes]:
        header_offset, zip64 = self.offset, file.size_bytes >= zip_format.SAFE_BYTES // 2
        unread = ArchiveEntry(file.name, header_offset, HAS_DESCRIPTOR, 0, 0, 0)
        yield zip_format.local_header(unread, self._format, zip64=zip64)
        checksum = size = stored = 0
        sha256, compressor = hashlib.sha256(), zlib.compressobj(file.level, zlib.DEFLATED, -zlib.MAX_WBITS)
        for chunk in file.content:
            sha256.update(chunk)
            checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
            compressed = compressor.compress(chunk)
            stored += len(compressed)
            yield compressed
        compressed = compressor.flush()
        stored += len(compressed)
        entry = HashedEntry(file.name, header_offset, HAS_DESCRIPTOR, checksum, size, stored, sha256.hexdigest())
        yield compressed + zip_format.descriptor(entry, zip64=zip64)
        self.entries.append(entry)

    def _append(self, content: bytes) -> Iterator[Part[ArchivePosition]]:
        """Add bytes, and yield the full parts that they complete; something always remains for the last part."""
        self._pending += content
        self.offset += len(content)
        while len(self._pending) > resumable_upload.PART_BYTES:
            yield Part(self._take(resumable_upload.PART_BYTES), None)

    def _take(self, size: int) -> bytes:
        content = bytes(self._pending[:size])
        del self._pending[:size]
        return content

    def _position(self, content: ContentPosition) -> ArchivePosition:
        entries = self.entries[self._recorded :]
        self._recorded = len(self.entries)
        return ArchivePosition(entries, self.offset, content)
