"""The records of a ZIP archive: local headers, descriptors and the directory, with ZIP64 where needed (APPNOTE 6.3).

The bytes equal those of `zipfile` for a target without `seek`. `zipfile` itself cannot resume an archive in another process.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

STORED, DEFLATED = 0, 8  # compression methods
HAS_DESCRIPTOR = 0x8  # flag: size and checksum follow the content, since they were unknown before it
HAS_UTF8_NAME = 0x800
MAX_FILES = 2**16 - 1  # in a directory without ZIP64
MAX_BYTES = 2**32 - 1  # of an archive without ZIP64
SAFE_BYTES = 2**31 - 1  # zipfile's own limit: some older programs read sizes as signed numbers

_VERSION, _ZIP64_VERSION = 20, 45
_UNIX = 3 << 8  # "made by": gives the attributes their meaning
_OWNER_READS_AND_WRITES = 0o600 << 16
_IN_EXTRA = 2**32 - 1  # stands for a number that the extra field holds


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """A file as the archive's directory lists it."""

    name: str
    header_offset: int
    flags: int
    crc: int
    size_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class ArchiveFormat:
    """Properties that all files of an archive share. `date` and `time` are in MS-DOS's format."""

    method: int
    made_by: int
    attributes: int
    date: int
    time: int
    max_bytes: int  # sizes and offsets above it are written with ZIP64


# MS-DOS's first day and no attributes: the same archive every time.
REPRODUCIBLE = ArchiveFormat(STORED, made_by=0, attributes=0, date=0x21, time=0, max_bytes=MAX_BYTES)


def deflated(made_at: datetime) -> ArchiveFormat:
    """Return the format of compressed files with this modification time."""
    date = (made_at.year - 1980) << 9 | made_at.month << 5 | made_at.day
    time = made_at.hour << 11 | made_at.minute << 5 | made_at.second // 2
    return ArchiveFormat(DEFLATED, _UNIX, _OWNER_READS_AND_WRITES, date, time, SAFE_BYTES)


def local_header(entry: ArchiveEntry, style: ArchiveFormat, *, zip64: bool = False) -> bytes:
    """Return the record before a file's content. With a descriptor, its sizes and checksum are zero."""
    has_descriptor = entry.flags & HAS_DESCRIPTOR
    crc, stored, size = (0, 0, 0) if has_descriptor else (entry.crc, entry.stored_bytes, entry.size_bytes)
    extra = b""
    if zip64:
        extra = struct.pack("<HHQQ", 1, 16, size, stored)
        stored = size = _IN_EXTRA
    version = _ZIP64_VERSION if zip64 else _VERSION
    name, flags = _encode_name(entry)
    sizes = struct.pack("<HHHHHIII", version, flags, style.method, style.time, style.date, crc, stored, size)
    return b"PK\x03\x04" + sizes + struct.pack("<HH", len(name), len(extra)) + name + extra


def local_header_bytes(entry: ArchiveEntry) -> int:
    return 30 + len(entry.name.encode())


def descriptor(entry: ArchiveEntry, *, zip64: bool = False) -> bytes:
    """Return the record behind the content of a file with HAS_DESCRIPTOR."""
    return b"PK\x07\x08" + struct.pack("<IQQ" if zip64 else "<III", entry.crc, entry.stored_bytes, entry.size_bytes)


def directory(entries: Sequence[ArchiveEntry], style: ArchiveFormat, *, offset: int) -> bytes:
    """Return the last records of an archive, which start at `offset`: one per file, and the end record."""
    records = b"".join(_directory_record(entry, style) for entry in entries)
    count, size = len(entries), len(records)
    end = b""
    if count > MAX_FILES or max(offset, size) > style.max_bytes:
        end += b"PK\x06\x06" + struct.pack(
            "<QHHIIQQQQ", 44, _ZIP64_VERSION, _ZIP64_VERSION, 0, 0, count, count, size, offset
        )
        end += b"PK\x06\x07" + struct.pack("<IQI", 0, offset + size, 1)
        count, size, offset = min(count, MAX_FILES), min(size, _IN_EXTRA), min(offset, _IN_EXTRA)
    return records + end + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, offset, 0)


def _directory_record(entry: ArchiveEntry, style: ArchiveFormat) -> bytes:
    size, stored, offset = entry.size_bytes, entry.stored_bytes, entry.header_offset
    wide = []
    if max(size, stored) > style.max_bytes:
        wide += [size, stored]
        size = stored = _IN_EXTRA
    if offset > style.max_bytes:
        wide.append(offset)
        offset = _IN_EXTRA
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = _ZIP64_VERSION if wide else _VERSION
    name, flags = _encode_name(entry)
    return (
        b"PK\x01\x02"
        + struct.pack("<HHHH", version | style.made_by, version, flags, style.method)
        + struct.pack("<HHIII", style.time, style.date, entry.crc, stored, size)
        + struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, style.attributes, offset)
        + name
        + extra
    )


def _encode_name(entry: ArchiveEntry) -> tuple[bytes, int]:
    name = entry.name.encode()
    return name, entry.flags | (0 if entry.name.isascii() else HAS_UTF8_NAME)
