"""Indices of a Kindle book (INDX): entries with a label and numbers by tag, and the texts that they refer to (CNCX)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.formats.kindle.database import PalmDatabase, malformed

MAX_ENTRIES = 100_000  # of one index; books have a fragment for each 8 KB of text
MAX_TAG_BYTES = 4_096  # of the description of an index; books have 100
MAX_VALUES = 1_000  # of one entry
MAX_TEXT_BYTES = 1_000  # of one text, such as a chapter's title

_TEXT_RECORD_SPAN = 0x10000  # offsets of texts count this many for each record


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Entry of an index. `values` are numbers by tag."""

    label: str
    values: dict[int, list[int]]

    def first(self, tag: int) -> int | None:
        values = self.values.get(tag)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class _Tag:
    """Tag of an entry: how many numbers it has, and where a control byte says whether and how often it occurs."""

    number: int
    size: int
    mask: int
    is_end: bool


@dataclass(frozen=True, slots=True)
class Index:
    """Entries in order, and texts by their offsets."""

    entries: list[IndexEntry]
    text_records: list[bytes]

    def text(self, offset: int | None, encoding: str) -> str:
        """Return a text, "" if there is none at the offset."""
        if offset is None:
            return ""
        number, at = divmod(offset, _TEXT_RECORD_SPAN)
        if number >= len(self.text_records) or at >= len(self.text_records[number]):
            return ""
        length, start = _number(self.text_records[number], at)
        return self.text_records[number][start : start + min(length, MAX_TEXT_BYTES)].decode(encoding, "replace")


def read_index(database: PalmDatabase, first: int) -> Index:
    """Read the index whose first record has this number. Raises FormatError."""
    head = database.record(first)
    if head[:4] != b"INDX" or len(head) < 56:
        raise malformed("an index is missing")
    header_length, record_count, text_count = (struct.unpack_from(">L", head, at)[0] for at in (4, 24, 52))
    tags, control_bytes = _tags(head, header_length)
    entries: list[IndexEntry] = []
    for number in range(first + 1, first + 1 + min(record_count, database.count)):
        entries += _entries(database.record(number), tags, control_bytes)
        if len(entries) > MAX_ENTRIES:
            raise malformed(f"an index has more than {MAX_ENTRIES:,} entries")
    texts_at = first + 1 + record_count
    text_records = [database.record(number) for number in range(texts_at, min(texts_at + text_count, database.count))]
    return Index(entries, text_records)


def _tags(head: bytes, at: int) -> tuple[list[_Tag], int]:
    if head[at : at + 4] != b"TAGX" or at + 12 > len(head):
        raise malformed("an index is cut off")
    length, control_bytes = struct.unpack_from(">2L", head, at + 4)
    content = head[at + 12 : at + min(length, MAX_TAG_BYTES)]
    tags = [
        _Tag(number, size, mask, end_flag == 1)
        for number, size, mask, end_flag in struct.iter_unpack("4B", content[: len(content) // 4 * 4])
    ]
    return tags, control_bytes


def _entries(record: bytes, tags: list[_Tag], control_bytes: int) -> Iterator[IndexEntry]:
    if record[:4] != b"INDX" or len(record) < 28:
        raise malformed("a part of an index is missing")
    offsets_at, count = struct.unpack_from(">2L", record, 20)
    if record[offsets_at : offsets_at + 4] != b"IDXT" or offsets_at + 4 + 2 * count > len(record):
        raise malformed("a part of an index is cut off")
    offsets = [*struct.unpack_from(f">{count}H", record, offsets_at + 4), offsets_at]
    for start, end in pairwise(offsets):
        if not 0 < start < end <= offsets_at:
            raise malformed("a part of an index is cut off")
        label_end = start + 1 + record[start]
        yield IndexEntry(
            record[start + 1 : label_end].decode("utf-8", "replace"),
            _values(record[label_end:end], tags, control_bytes),
        )


def _values(entry: bytes, tags: list[_Tag], control_bytes: int) -> dict[int, list[int]]:
    """Return the numbers of an entry by tag."""
    at, control = control_bytes, 0
    counts: list[tuple[_Tag, int, bool]] = []  # number of values, or of their bytes
    for tag in tags:
        if tag.is_end:
            control += 1
            continue
        bits = entry[control] & tag.mask if control < len(entry) else 0
        if not bits:
            continue
        if bits == tag.mask and tag.mask.bit_count() > 1:
            size_bytes, at = _number(entry, at)
            counts.append((tag, size_bytes, True))
        else:
            counts.append((tag, bits >> ((tag.mask & -tag.mask).bit_length() - 1), False))
    values: dict[int, list[int]] = {}
    for tag, count, is_bytes in counts:
        end = at + count if is_bytes else len(entry)
        limit = MAX_VALUES if is_bytes else min(count * tag.size, MAX_VALUES)
        numbers: list[int] = []
        while at < min(end, len(entry)) and len(numbers) < limit:
            number, at = _number(entry, at)
            numbers.append(number)
        values[tag.number] = numbers
    return values


def _number(content: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins here, of up to four groups of seven bits, and where it ends."""
    number = 0
    for position in range(at, min(at + 4, len(content))):
        number = number << 7 | content[position] & 0x7F
        if content[position] & 0x80:
            return number, position + 1
    return number, min(at + 4, len(content))
