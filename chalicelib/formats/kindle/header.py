"""The header of a Kindle book, in the first record of each of its versions: compression, encoding, metadata."""

import struct
from collections import defaultdict
from dataclasses import dataclass

from chalicelib.formats.errors import FormatError
from chalicelib.formats.kindle.database import PalmDatabase, malformed

KF8_VERSION = 8
NO_INDEX = 0xFFFFFFFF
MAX_METADATA = 1_000  # records of EXTH; books have 40

_ENCODINGS = {1252: "cp1252", 65001: "utf-8"}
_MIN_HEADER_BYTES = 0xE8
_PALMDOC_BYTES = 16

# Types of metadata records (EXTH).
AUTHOR, PUBLISHER, PUBLISHED, KF8_START, COVER, TITLE, LANGUAGE = 100, 101, 106, 121, 201, 503, 524


@dataclass(frozen=True, slots=True)
class BookHeader:
    """Header of the version of the book that begins at `first_record`, from which its records are counted.

    `text_records` follow the header; `trailing_flags` say what stands behind the text in each. Indices are numbers of records,
    None if there are none: `contents_index` (NCX), `skeleton_index` and `fragment_index` (KF8), `flow_record` (FDST).
    `first_resource` counts from the beginning of the file.
    """

    first_record: int
    version: int
    compression: int
    text_bytes: int
    text_records: int
    encoding: str
    trailing_flags: int
    title: str
    metadata: dict[int, list[bytes]]
    first_resource: int
    huffman_record: int
    huffman_count: int
    contents_index: int | None
    skeleton_index: int | None
    fragment_index: int | None
    flow_record: int | None

    def text(self, kind: int) -> str:
        """Return the first metadata record of a kind as text, "" if there is none."""
        return self.metadata[kind][0].decode(self.encoding, "replace").strip() if self.metadata.get(kind) else ""

    def number(self, kind: int) -> int | None:
        """Return the first metadata record of a kind as a number."""
        values = self.metadata.get(kind, ())
        return int.from_bytes(values[0]) if values and len(values[0]) == 4 and values[0] != b"\xff" * 4 else None


def read_header(database: PalmDatabase) -> BookHeader:
    """Return the header of the newest version in the file: of KF8, if the file has both. Raises FormatError."""
    header = _parse(database, 0)
    kf8_start = header.number(KF8_START)
    if header.version < KF8_VERSION and kf8_start is not None and 0 < kf8_start < database.count:
        return _parse(database, kf8_start, first_resource=header.first_resource)
    return header


def _parse(database: PalmDatabase, first_record: int, *, first_resource: int | None = None) -> BookHeader:
    record = database.record(first_record)
    if len(record) < _MIN_HEADER_BYTES or record[16:20] != b"MOBI":
        raise malformed("its header is missing")
    compression, text_bytes, text_records, _, protection = struct.unpack_from(">HxxLHHH", record, 0)
    if protection:
        raise FormatError(
            "encrypted",
            "The book has Amazon’s copy protection (Kindle DRM). Only Amazon’s programs and devices can open it. "
            "Upload a copy without it.",
        )
    length, _, encoding_number, _, version = struct.unpack_from(">5L", record, 20)
    encoding = _ENCODINGS.get(encoding_number)
    if encoding is None:
        raise malformed(f"it has an unknown encoding ({encoding_number})")
    header_end = _PALMDOC_BYTES + length
    name_start, name_length = struct.unpack_from(">2L", record, 0x54)
    first_picture, huffman_record, huffman_count = struct.unpack_from(">3L", record, 0x6C)
    has_metadata = struct.unpack_from(">L", record, 0x80)[0] & 0x40

    def index(offset: int) -> int | None:
        if offset + 4 > min(header_end, len(record)):
            return None
        (number,) = struct.unpack_from(">L", record, offset)
        return None if number == NO_INDEX else first_record + number

    metadata = _metadata(record, header_end) if has_metadata else {}
    return BookHeader(
        first_record=first_record,
        version=version,
        compression=compression,
        text_bytes=text_bytes,
        text_records=text_records,
        encoding=encoding,
        trailing_flags=struct.unpack_from(">H", record, 0xF2)[0] if header_end >= 0xF4 <= len(record) else 0,
        title=record[name_start : name_start + min(name_length, 1_000)].decode(encoding, "replace"),
        metadata=metadata,
        first_resource=first_picture if first_resource is None else first_resource,
        huffman_record=first_record + huffman_record,
        huffman_count=huffman_count,
        contents_index=index(0xF4),
        skeleton_index=index(0xFC) if version >= KF8_VERSION else None,
        fragment_index=index(0xF8) if version >= KF8_VERSION else None,
        flow_record=index(0xC0) if version >= KF8_VERSION else None,
    )


def _metadata(record: bytes, start: int) -> dict[int, list[bytes]]:
    """Return the metadata records (EXTH) by kind; none if they are damaged, because the text does not need them."""
    metadata: dict[int, list[bytes]] = defaultdict(list)
    if record[start : start + 4] != b"EXTH" or start + 12 > len(record):
        return {}
    (count,) = struct.unpack_from(">L", record, start + 8)
    at = start + 12
    for _ in range(min(count, MAX_METADATA)):
        if at + 8 > len(record):
            break
        kind, length = struct.unpack_from(">2L", record, at)
        if length < 8 or at + length > len(record):
            break
        metadata[kind].append(record[at + 8 : at + length])
        at += length
    return dict(metadata)
