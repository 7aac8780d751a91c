"""Font programs of a few empty glyphs, made to have names."""

import struct
from collections.abc import Sequence


def cff(names: Sequence[str], codes: Sequence[int]) -> bytes:
    """Return a CFF program with a charset and an encoding of its own."""
    encoding = bytes([0, len(codes), *codes])
    charset = b"\0" + b"".join(struct.pack(">H", 391 + number) for number in range(len(names)))
    head = b"\x01\x00\x04\x01" + _index([b"Test"])
    strings, subroutines = _index([name.encode() for name in names]), _index([])
    place = len(head) + len(_index([_top(0, 0, 0)])) + len(strings) + len(subroutines)
    charset_at = place + len(encoding)
    top = _top(charset_at, place, charset_at + len(charset))
    endchars = _index([b"\x0e"] * (len(names) + 1))
    return head + _index([top]) + strings + subroutines + encoding + charset + endchars


def true_type(names: Sequence[str]) -> bytes:
    """Return a TrueType program whose `post` table has the names of the glyphs from 1 on; of "a" to "z" by number."""
    own = [name for name in names if len(name) > 1]
    numbers = [0, *(258 + own.index(name) if len(name) > 1 else ord(name) - 29 for name in names)]
    count = len(numbers)
    post = struct.pack(">IIhhI16xH", 0x00020000, 0, 0, 0, 0, count) + struct.pack(f">{count}H", *numbers)
    post += b"".join(bytes([len(name)]) + name.encode() for name in own)
    tables = {
        b"glyf": b"\0\0",
        b"head": struct.pack(">IIIIHHQQ4hHHhhh", 0x10000, 0, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(">I3hH3h3h8xhH", 0x10000, 800, -200, 0, 500, 0, 0, 0, 1, 0, 0, 0, count),
        b"hmtx": struct.pack(">Hh", 500, 0) * count,
        b"loca": b"\0\0" * (count + 1),
        b"maxp": struct.pack(">IH", 0x5000, count),
        b"post": post,
    }
    directory, data = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 48), b""
    for tag, table in tables.items():
        directory += struct.pack(">4sIII", tag, 0, 12 + 16 * len(tables) + len(data), len(table))
        data += table + b"\0" * (-len(table) % 4)
    return directory + data


def _top(charset: int, encoding: int, char_strings: int) -> bytes:
    return b"".join(
        b"\x1d" + struct.pack(">i", place) + bytes([operator])
        for place, operator in ((charset, 15), (encoding, 16), (char_strings, 17))
    )


def _index(entries: Sequence[bytes]) -> bytes:
    if not entries:
        return b"\0\0"
    ends = [1]
    for entry in entries:
        ends.append(ends[-1] + len(entry))
    return struct.pack(">HB", len(entries), 2) + b"".join(struct.pack(">H", end) for end in ends) + b"".join(entries)
