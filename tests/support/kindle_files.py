"""Kindle books (MOBI and KF8), built record by record."""

import struct
from collections.abc import Callable, Sequence
from typing import Any

MOBI = "application/x-mobipocket-ebook"
NO_INDEX = 0xFFFFFFFF
NONE, PALMDOC, HUFFMAN = 1, 2, 17480
RECORD_BYTES = 4096

PAGE_BREAK = "<mbp:pagebreak/>"
TEXT = (
    "<html><head><guide></guide></head><body><h1>The lighthouse</h1><p>It began on a Tuesday.</p>"
    f"{PAGE_BREAK}<h1>Two</h1><p>The lamp — “Marta” — went out.</p></body></html>"
)

Tags = Sequence[tuple[int, int, int]]  # number, values per entry, mask


def number(value: int) -> bytes:
    """Return a number in groups of seven bits, of which the last is marked."""
    groups = [value & 0x7F | 0x80]
    while value := value >> 7:
        groups.insert(0, value & 0x7F)
    return bytes(groups)


def trailing_number(value: int) -> bytes:
    """Return a number that is read from its end: its first group is marked."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, value & 0x7F)
    groups[0] |= 0x80
    return bytes(groups)


def database(records: Sequence[bytes], *, kind: bytes = b"BOOKMOBI") -> bytes:
    """Return the file with these records."""
    head = b"a-book".ljust(32, b"\0") + bytes(28) + kind + bytes(8) + struct.pack(">H", len(records))
    at = len(head) + 8 * len(records)
    entries = b""
    for index, record in enumerate(records):
        entries += struct.pack(">LL", at, index)
        at += len(record)
    return head + entries + b"".join(records)


def exth(metadata: Sequence[tuple[int, bytes]]) -> bytes:
    entries = b"".join(struct.pack(">LL", kind, 8 + len(value)) + value for kind, value in metadata)
    return b"EXTH" + struct.pack(">LL", 12 + len(entries), len(metadata)) + entries


def header(
    *,
    text_bytes: int,
    text_records: int,
    compression: int = NONE,
    protection: int = 0,
    encoding: int = 65001,
    version: int = 6,
    first_picture: int = NO_INDEX,
    huffman: tuple[int, int] = (0, 0),
    flags: int = 0,
    contents: int = NO_INDEX,
    skeletons: int = NO_INDEX,
    fragments: int = NO_INDEX,
    flows: int = NO_INDEX,
    title: bytes = b"The lighthouse",
    metadata: Sequence[tuple[int, bytes]] = ((524, b"en"),),
) -> bytes:
    """Return the first record of a version of the book."""
    record = bytearray(16 + 264)
    struct.pack_into(">HHLHHHH", record, 0, compression, 0, text_bytes, text_records, RECORD_BYTES, protection, 0)
    record[16:20] = b"MOBI"
    struct.pack_into(">5L", record, 20, 264, 2, encoding, 1, version)
    for at in range(40, 80, 4):
        struct.pack_into(">L", record, at, NO_INDEX)
    extra = exth(metadata)
    struct.pack_into(">L", record, 0x68, version)
    struct.pack_into(">LL", record, 0x54, len(record) + len(extra), len(title))
    struct.pack_into(">3L", record, 0x6C, first_picture, *huffman)
    struct.pack_into(">L", record, 0x80, 0x40)
    struct.pack_into(">L", record, 0xC0, flows)
    struct.pack_into(">L", record, 0xF0, flags)
    struct.pack_into(">L", record, 0xF4, contents)
    struct.pack_into(">L", record, 0xF8, fragments)
    struct.pack_into(">LLL", record, 0xFC, skeletons, NO_INDEX, NO_INDEX)
    return bytes(record) + extra + title


def index(tags: Tags, entries: Sequence[tuple[str, dict[int, list[int]]]], texts: bytes = b"") -> list[bytes]:
    """Return the records of an index. Each tag has its own bits of one control byte."""
    tagx = b"".join(bytes((tag, size, mask, 0)) for tag, size, mask in tags) + bytes((0, 0, 0, 1))
    tagx = b"TAGX" + struct.pack(">LL", 12 + len(tagx), 1) + tagx
    head = bytearray(192)
    head[:4] = b"INDX"
    for at, value in ((4, 192), (24, 1), (36, len(entries)), (52, 1 if texts else 0)):
        struct.pack_into(">L", head, at, value)
    body = bytearray(192)
    offsets: list[int] = []
    for label, values in entries:
        offsets.append(len(body))
        control, numbers = 0, b""
        for tag, size, mask in tags:
            if tag in values:
                control |= len(values[tag]) // size << ((mask & -mask).bit_length() - 1) & mask
                numbers += b"".join(map(number, values[tag]))
        body += bytes((len(label),)) + label.encode() + bytes((control,)) + numbers
    struct.pack_into(">4sL", body, 0, b"INDX", 192)
    struct.pack_into(">LL", body, 20, len(body), len(entries))
    body += b"IDXT" + struct.pack(f">{len(offsets)}H", *offsets)
    return [bytes(head) + tagx, bytes(body), *([texts] if texts else [])]


def titles(*values: str) -> tuple[bytes, list[int]]:
    """Return a record of texts, and the offset of each."""
    record, offsets = b"", []
    for value in values:
        offsets.append(len(record))
        record += number(len(value.encode())) + value.encode()
    return record, offsets


def packed_palmdoc(text: bytes) -> bytes:
    """Return a record that uses literals, spaces before letters, and runs of high bytes."""
    out = bytearray()
    at = 0
    while at < len(text):
        if text[at] == 0x20 and at + 1 < len(text) and 0x40 <= text[at + 1] < 0x80:
            out.append(text[at + 1] ^ 0x80)
            at += 2
        elif text[at] in range(1, 9) or text[at] >= 0x80:
            run = text[at : at + 8]
            out += bytes((len(run),)) + run
            at += len(run)
        else:
            out.append(text[at])
            at += 1
    return bytes(out)


def huffman_records(phrases: Sequence[tuple[bytes, bool]] | None = None) -> list[bytes]:
    """Return codes of eight bits for 256 phrases: by default for each byte. A phrase has True if it is not packed itself."""
    phrases = phrases or [(bytes((byte,)), True) for byte in range(256)]
    cache = b"".join(struct.pack(">L", 255 << 8 | 0x80 | 8) for _ in range(256))
    codes = b"HUFF" + struct.pack(">LLL", 24, 24, 24 + 1024) + bytes(8) + cache + bytes(256)
    offsets, content = b"", b""
    for phrase, is_plain in phrases:
        offsets += struct.pack(">H", 2 * len(phrases) + len(content))
        content += struct.pack(">H", len(phrase) | (0x8000 if is_plain else 0)) + phrase
    return [codes, b"CDIC" + struct.pack(">LLL", 16, len(phrases), 8) + offsets + content]


def packed_huffman(text: bytes) -> bytes:
    """Return a record for the default phrases, of which the largest code means the first."""
    return bytes(255 - byte for byte in text)


def mobi(
    text: str = TEXT,
    *,
    pictures: Sequence[bytes] = (),
    compression: int = NONE,
    encoding: str = "utf-8",
    contents: Sequence[tuple[str, int, int]] = (),
    trailing: bool = False,
    more: Sequence[bytes] = (),
    metadata: Sequence[tuple[int, bytes]] = ((524, b"en"),),
    protection: int = 0,
) -> bytes:
    """Return a book in MOBI. `contents` has title, offset and level; with `trailing`, bytes follow the text of each record."""
    content = text.encode(encoding)
    chunks = [content[at : at + RECORD_BYTES] for at in range(0, len(content), RECORD_BYTES)]
    packers: dict[int, Callable[[bytes], bytes]] = {NONE: bytes, PALMDOC: packed_palmdoc, HUFFMAN: packed_huffman}
    records = [packers[compression](chunk) for chunk in chunks]
    if trailing:  # an index entry of three bytes, and none of a letter that continues
        records = [record + b"\x00" + b"ab" + trailing_number(3) for record in records]
    at = 1 + len(records)
    huffman = (0, 0)
    if compression == HUFFMAN:
        records += huffman_records()
        huffman = (at, 2)
    contents_at = NO_INDEX
    if contents:
        names, offsets = titles(*(title for title, _, _ in contents))
        contents_at = 1 + len(records)
        records += index(
            [(1, 1, 1), (3, 1, 2), (4, 1, 4)],
            [(str(n), {1: [place], 3: [offsets[n]], 4: [level]}) for n, (_, place, level) in enumerate(contents)],
            names,
        )
    first_picture = 1 + len(records)
    head = header(
        text_bytes=len(content),
        text_records=len(chunks),
        compression=compression,
        protection=protection,
        encoding=65001 if encoding == "utf-8" else 1252,
        first_picture=first_picture,
        huffman=huffman,
        flags=3 if trailing else 0,
        contents=contents_at,
        metadata=metadata,
    )
    return database([head, *records, *pictures, *more])


def kf8_records(
    files: Sequence[tuple[str, str, Sequence[str]]],
    *,
    pictures: Sequence[bytes] = (),
    contents: Sequence[tuple[str, int, int]] = (),
    style: str = "p{color:red}",
    metadata: Sequence[tuple[int, bytes]] = ((524, b"en"),),
) -> list[bytes]:
    """Return the records of a book in KF8. A file has what is before and behind its fragments, and these.

    `contents` has title, number of a fragment, and level.
    """
    text = b""
    skeletons: list[tuple[str, dict[int, list[int]]]] = []
    fragments: list[tuple[str, dict[int, list[int]]]] = []
    for number_of_file, (before, behind, pieces) in enumerate(files):
        start, skeleton = len(text), (before + behind).encode()
        skeletons.append(
            (f"SKEL{number_of_file:010}", {1: [len(pieces)], 6: [start, len(skeleton), start, len(skeleton)]})
        )
        place = start + len(before.encode())
        text += skeleton
        for piece in pieces:
            row = len(fragments)
            fragments.append((f"{place:010}", {2: [0], 3: [number_of_file], 4: [row], 6: [0, len(piece.encode())]}))
            place += len(piece.encode())
            text += piece.encode()
    flows = b"FDST" + struct.pack(">LL4L", 12, 2, 0, len(text), len(text), len(text) + len(style))
    content = text + style.encode()
    chunks = [content[at : at + RECORD_BYTES] for at in range(0, len(content), RECORD_BYTES)]
    records = list(chunks)
    places: dict[str, Any] = {}  # numbers of records, by the header's names
    names, offsets = titles(*(title for title, _, _ in contents))
    for name, rows in (
        ("skeletons", index([(1, 1, 3), (6, 2, 12)], skeletons)),
        (
            "fragments",
            index([(2, 1, 1), (3, 1, 2), (4, 1, 4), (6, 2, 8)], fragments, titles("P-//*[@aid='0']")[0]),
        ),
        (
            "contents",
            index(
                [(3, 1, 1), (4, 1, 2), (6, 2, 12)],
                [(str(n), {3: [offsets[n]], 4: [level], 6: [at, 0]}) for n, (_, at, level) in enumerate(contents)],
                names,
            ),
        ),
        ("flows", [flows]),
    ):
        places[name] = 1 + len(records)
        records += rows
    head = header(
        text_bytes=len(content),
        text_records=len(chunks),
        version=8,
        first_picture=1 + len(records),
        metadata=metadata,
        **places,
    )
    return [head, *records, *pictures]


FILES = (
    ('<html><body class="a">', "</body></html>", ('<h1 id="one">The lighthouse</h1><p>It began', " on a Tuesday.</p>")),
    ("<html><body><div>", "</div></body></html>", ("<h1>Two</h1><p>The lamp — “Marta” — went out.</p>",)),
)


def azw3(files: Sequence[tuple[str, str, Sequence[str]]] = FILES, *, pictures: Sequence[bytes] = ()) -> bytes:
    """Return a book in KF8 alone."""
    return database(kf8_records(files, pictures=pictures, contents=(("One", 0, 0), ("Two", 2, 0))))


def both() -> bytes:
    """Return a book in MOBI and KF8, as Amazon's program writes it."""
    old = b"<html><body><p>Read this with an old Kindle.</p></body></html>"
    boundary = 3
    head = header(
        text_bytes=len(old),
        text_records=1,
        first_picture=3,
        metadata=((121, struct.pack(">L", boundary)), (524, b"en")),
    )
    return database([head, old, b"BOUNDARY", *kf8_records(FILES)])
