"""KF8 (AZW3): HTML files, each cut into a skeleton and fragments that belong into it."""

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass

from chalicelib.formats.errors import FormatError
from chalicelib.formats.kindle.database import PalmDatabase, malformed
from chalicelib.formats.kindle.header import BookHeader
from chalicelib.formats.kindle.index import read_index
from chalicelib.formats.kindle.target import KindleMarkup, Target, address

MAX_SKELETONS = 2_000
MAX_LINKS = 50_000
MAX_ID_DISTANCE = 2_000  # bytes from a link's target to the tag with an id

_LINK = re.compile(rb"kindle:pos:fid:([0-9A-V]{1,8}):off:([0-9A-V]{1,12})", re.IGNORECASE)
_ID = re.compile(rb"<[^<>]{0,400}?\s(?:id|name)\s*=\s*[\"']([^\"'<>\s]{1,200})[\"']", re.IGNORECASE)
_FRAGMENT_COUNT, _EXTENT = 1, 6  # tags of skeletons; of fragments, the latter too
_TITLE, _LEVEL, _POSITION = 3, 4, 6  # tags of the table of contents


@dataclass(frozen=True, slots=True)
class _Fragment:
    """`place`: where it belongs into the text of all files."""

    place: int
    length: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """Files with the places of their first bytes in the text of all files, and all fragments in order."""

    files: list[bytes]
    starts: list[int]
    fragments: list[_Fragment]

    def target(self, fragment: int, offset: int) -> Target | None:
        """Return the file, and the next id at a place in a fragment."""
        if fragment >= len(self.fragments):
            return None
        place = self.fragments[fragment].place + offset
        part = bisect_right(self.starts, place) - 1
        if part < 0:
            return None
        at = place - self.starts[part]
        at = max(self.files[part].rfind(b"<", max(0, at - 200), at + 1), 0)
        found = _ID.search(self.files[part], at, at + MAX_ID_DISTANCE)
        return Target(part, found[1].decode("utf-8", "replace") if found is not None and at else "")


def read(records: PalmDatabase, header: BookHeader, text: bytes) -> KindleMarkup:
    """Return the files with ordinary links. Raises FormatError."""
    layout = _assemble(records, header, text[: _first_flow_bytes(records, header, len(text))])

    if sum(1 for file in layout.files for _ in _LINK.finditer(file)) > MAX_LINKS:
        raise FormatError("bomb", f"The book has more than {MAX_LINKS:,} links. Convert it again and upload that.")

    def link(match: re.Match[bytes]) -> bytes:
        target = layout.target(int(match[1], 32), int(match[2], 32))
        return address(target).encode() if target is not None else b"#"

    parts = [_LINK.sub(link, file).decode(header.encoding, "replace") for file in layout.files]
    return KindleMarkup(parts, _contents(records, header, layout))


def _first_flow_bytes(records: PalmDatabase, header: BookHeader, text_bytes: int) -> int:
    """Return the length of the first flow, which has the files; style sheets and drawings follow."""
    flows = (
        records.record(header.flow_record)
        if header.flow_record is not None and header.flow_record < records.count
        else b""
    )
    if flows[:4] != b"FDST" or len(flows) < 20:
        return text_bytes
    (at,) = struct.unpack_from(">L", flows, 4)
    return int(struct.unpack_from(">2L", flows, at)[1]) if at + 8 <= len(flows) else text_bytes


def _assemble(records: PalmDatabase, header: BookHeader, text: bytes) -> _Layout:
    """Put the fragments into their skeletons, which stand before them in the text."""
    assert header.skeleton_index is not None  # noqa: S101 - callers check it
    skeletons = read_index(records, header.skeleton_index).entries
    if len(skeletons) > MAX_SKELETONS:
        raise FormatError("bomb", f"The book has more than {MAX_SKELETONS:,} files. Convert it again and upload that.")
    entries = read_index(records, header.fragment_index).entries if header.fragment_index is not None else []
    fragments: list[_Fragment] = []
    for entry in entries:
        extent = entry.values.get(_EXTENT, [])
        if not entry.label.isascii() or not entry.label.isdecimal() or len(extent) < 2:
            raise malformed("a fragment has no place")
        fragments.append(_Fragment(int(entry.label[:12]), extent[1]))
    files: list[bytes] = []
    starts: list[int] = []
    at, used = 0, 0
    for skeleton in skeletons:
        extent = skeleton.values.get(_EXTENT, [])
        count = skeleton.first(_FRAGMENT_COUNT)
        if len(extent) < 2 or count is None:
            raise malformed("a file has no extent")
        start, at = at, at + extent[1]
        pieces: list[bytes] = []
        base = text[start:at]
        done = 0  # of the skeleton; fragments are inserted in order, each behind the one before
        inserted = 0
        for fragment in fragments[used : used + count]:
            split = min(max(fragment.place - start - inserted, done), len(base))
            pieces += (base[done:split], text[at : at + fragment.length])
            done = split
            inserted += fragment.length
            at += fragment.length
        used += count
        files.append(b"".join((*pieces, base[done:])))
        starts.append(start)
    return _Layout(files, starts, fragments)


def _contents(records: PalmDatabase, header: BookHeader, layout: _Layout) -> list[tuple[str, int, Target]]:
    """Return title, level and target of the entries of the table of contents; none if it is damaged."""
    if header.contents_index is None:
        return []
    try:
        index = read_index(records, header.contents_index)
    except FormatError:
        return []  # the book is readable without it
    contents: list[tuple[str, int, Target]] = []
    for entry in index.entries:
        position = entry.values.get(_POSITION, [])
        target = layout.target(position[0], position[1]) if len(position) > 1 else None
        if target is not None:
            title = index.text(entry.first(_TITLE), header.encoding).strip()
            contents.append((title, (entry.first(_LEVEL) or 0) + 1, target))
    return contents
