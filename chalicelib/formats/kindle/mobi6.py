"""MOBI: one long HTML text, in which links are byte offsets and pictures are numbers."""

import re
from bisect import bisect_right

from chalicelib.formats.errors import FormatError
from chalicelib.formats.kindle.database import PalmDatabase
from chalicelib.formats.kindle.header import BookHeader
from chalicelib.formats.kindle.index import read_index
from chalicelib.formats.kindle.target import KindleMarkup, Target, address

MAX_LINKS = 50_000

_LINK = re.compile(rb"\bfilepos\s*=\s*[\"']?0*(\d{1,9})[\"']?", re.IGNORECASE)
_PICTURE = re.compile(rb"\b(?:hi|lo)?recindex\s*=\s*[\"']?0*(\d{1,9})[\"']?", re.IGNORECASE)
_PAGE_BREAK = re.compile(rb"<(?:mbp:pagebreak|[a-z]+:pagebreak)\b[^<>]{0,200}>", re.IGNORECASE)
_OFFSET, _TITLE, _LEVEL = 1, 3, 4  # tags of the table of contents


def read(records: PalmDatabase, header: BookHeader, text: bytes) -> KindleMarkup:
    """Return the text, cut at its page breaks, with ordinary links. Raises FormatError."""
    contents = _contents(records, header)
    offsets = {int(link[1]) for link in _LINK.finditer(text)} | {offset for _, _, offset in contents}
    if len(offsets) > MAX_LINKS:
        raise FormatError("bomb", f"The book has more than {MAX_LINKS:,} links. Convert it again and upload that.")
    starts = [0, *(page_break.end() for page_break in _PAGE_BREAK.finditer(text))]
    places = {offset: _before_tag(text, offset) for offset in offsets if offset < len(text)}
    targets = {offset: Target(bisect_right(starts, place) - 1, f"p{offset}") for offset, place in places.items()}

    def link(match: re.Match[bytes]) -> bytes:
        target = targets.get(int(match[1]))
        return b'href="%s"' % address(target).encode() if target is not None else b""

    anchors: list[list[tuple[int, int]]] = [[] for _ in starts]
    for offset, place in sorted(places.items(), key=lambda item: item[1]):
        anchors[targets[offset].part].append((place, offset))
    parts: list[str] = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True)):
        part = _PICTURE.sub(rb'src="\1"', _LINK.sub(link, _with_anchors(text, start, end, anchors[number])))
        parts.append(part.decode(header.encoding, "replace"))
    return KindleMarkup(
        parts, [(title, level, targets[offset]) for title, level, offset in contents if offset in targets]
    )


def _before_tag(text: bytes, offset: int) -> int:
    """Return the offset, or the beginning of the tag that it is in."""
    opened = text.rfind(b"<", max(0, offset - 2_000), offset)
    return opened if opened >= 0 and text.find(b">", opened, offset) < 0 else offset


def _with_anchors(text: bytes, start: int, end: int, anchors: list[tuple[int, int]]) -> bytes:
    pieces: list[bytes] = []
    for place, offset in anchors:
        pieces += (text[start:place], b'<a id="p%d"></a>' % offset)
        start = place
    return b"".join((*pieces, text[start:end]))


def _contents(records: PalmDatabase, header: BookHeader) -> list[tuple[str, int, int]]:
    """Return title, level and offset of the entries of the table of contents; none if it is damaged."""
    if header.contents_index is None:
        return []
    try:
        index = read_index(records, header.contents_index)
    except FormatError:
        return []  # the book is readable without it
    return [
        (index.text(entry.first(_TITLE), header.encoding).strip(), (entry.first(_LEVEL) or 0) + 1, offset)
        for entry in index.entries
        if (offset := entry.first(_OFFSET)) is not None
    ]
