"""A Kindle book without copy protection: its markup in parts, its pictures and its table of contents."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.formats.errors import FormatError
from chalicelib.formats.kindle import compression, database, kf8, mobi6
from chalicelib.formats.kindle.database import PalmDatabase
from chalicelib.formats.kindle.header import COVER, KF8_VERSION, LANGUAGE, TITLE, BookHeader, read_header
from chalicelib.formats.kindle.target import Target

MAX_PARTS = 2_000  # of the markup; EPUB books have as many at most
MAX_PICTURES = 4_000  # the comic books with the most pages have 2,000
MAX_CONTENTS = 10_000

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")
_SOURCES = b"SRCS"  # a record with the files that the book was made from, packed
_ZIP_END_RECORD = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """Entry of the table of contents. `level` is 1 for chapters."""

    title: str
    level: int
    target: Target


@dataclass(frozen=True, slots=True)
class KindleBook:
    """`parts` is the markup, in order. `pictures` are by the number that the markup has for them, from 1.

    `has_sources`: the file contains the files that it was made from, or another archive.
    """

    header: BookHeader
    parts: list[str]
    pictures: dict[int, bytes]
    contents: list[ContentsEntry] = field(default_factory=list)
    has_sources: bool = False

    @property
    def title(self) -> str:
        return self.header.text(TITLE) or self.header.title

    @property
    def language(self) -> str:
        """The language that the book states, as a tag of BCP 47, or ""."""
        return self.header.text(LANGUAGE)

    @property
    def cover(self) -> int | None:
        """The number of the picture that is the cover."""
        offset = self.header.number(COVER)
        return offset + 1 if offset is not None and offset + 1 in self.pictures else None


def read_book(path: Path) -> KindleBook:
    """Read a book. Raises FormatError; its code is "encrypted" for a book with copy protection."""
    records = database.read(path)
    header = read_header(records)
    text = compression.read_text(records, header)
    if text.startswith(b"%MOP"):
        raise FormatError(
            "type_not_allowed",
            "The book is a PDF in Kindle’s packing (Print Replica). Upload the PDF that it was made from.",
        )
    reader = kf8.read if header.version >= KF8_VERSION and header.skeleton_index is not None else mobi6.read
    markup = reader(records, header, text)
    if len(markup.parts) > MAX_PARTS:
        raise FormatError("bomb", f"The book has more than {MAX_PARTS:,} parts. Convert it again and upload that.")
    contents = [ContentsEntry(title, level, target) for title, level, target in markup.contents[:MAX_CONTENTS] if title]
    return KindleBook(header, markup.parts, _pictures(records, header), contents, _has_sources(records))


def _pictures(records: PalmDatabase, header: BookHeader) -> dict[int, bytes]:
    """Return the pictures by their number. Fonts, indices and other records between them have numbers, too."""
    pictures = {
        number - header.first_resource + 1: record
        for number in range(header.first_resource, records.count)
        if (record := records.record(number)).startswith(_PICTURES)
    }
    if len(pictures) > MAX_PICTURES:
        raise FormatError("bomb", f"The book has more than {MAX_PICTURES:,} pictures. Split it and upload its parts.")
    return pictures


def _has_sources(records: PalmDatabase) -> bool:
    return any(
        (record := records.record(number)).startswith(_SOURCES) or _ZIP_END_RECORD in record
        for number in range(records.count)
    )


# What the markup has for pictures: "kindle:embed:0001?mime=image/jpeg" in KF8, a number in MOBI.
_EMBEDDED = re.compile(r"kindle:embed:([0-9A-V]{1,10})", re.IGNORECASE)


def picture_number(address: str) -> int | None:
    """Return the number of the picture at an address of the markup, or None."""
    if address.isascii() and address.isdecimal() and len(address) < 10:
        return int(address)
    embedded = _EMBEDDED.match(address)
    return int(embedded[1], 32) if embedded else None
