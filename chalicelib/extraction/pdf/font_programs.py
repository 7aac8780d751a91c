"""Names of the glyphs in font programs: of Type 1 and CFF by code, of TrueType by glyph.

A program is read as far as it is well-formed: every function raises ValueError, IndexError or struct.error on another.
"""

import re
import struct
from collections.abc import Iterator
from itertools import pairwise

_TYPE1_ENCODING = re.compile(rb"dup\s+(\d{1,3})\s*/([!-~]{1,100}?)\s+put\b")

# Operators of a CFF Top DICT (Adobe Technical Note 5176, table 9).
_CHARSET, _ENCODING, _CHAR_STRINGS, _ROS = 15, 16, 17, (12, 30)
_STANDARD_STRINGS = 391  # names that a CFF does not contain, none of them of several characters
_PREDEFINED = 2  # and less: the number of a charset or an encoding of the standard, not its place
_SUPPLEMENT = 0x80  # flag of an encoding's format

_POST_WITH_NAMES = 0x00020000
_MAC_GLYPHS = 258  # names that a `post` table does not contain, in Apple's order:
_MAC_ASCII = range(3, 98)
_MAC_ROMAN = range(98, 226)
_MAC_OTHERS = "ŁłŠšŽž¦ÐðÝýÞþ−×¹²³½¼¾₣ĞğİŞşĆćČčđ"  # from 226
_MAX_GLYPHS = 65_535


def type1_names(program: bytes) -> dict[int, str]:
    """Return the names of the encoding in the clear part of a Type 1 program."""
    clear = program.partition(b"eexec")[0]
    return {int(code): name.decode("ascii") for code, name in _TYPE1_ENCODING.findall(clear)}


def cff_names(program: bytes) -> dict[int, str]:
    """Return the names that a CFF program has of its own, by the codes of its own encoding."""
    _, position = _index(program, program[2])
    fonts, position = _index(program, position)
    strings, _ = _index(program, position)
    top = dict(_operators(fonts[0]))
    charset, encoding = (top.get(operator, (0,))[-1] for operator in (_CHARSET, _ENCODING))
    if _ROS in top or charset <= _PREDEFINED or encoding < _PREDEFINED:
        return {}
    glyphs = _count(program, top[_CHAR_STRINGS][-1])
    names = [
        strings[string - _STANDARD_STRINGS].decode("latin-1") if string >= _STANDARD_STRINGS else ""
        for string in _charset(program, charset, glyphs)
    ]
    return {code: names[glyph] for code, glyph in _encoding(program, encoding) if glyph < len(names) and names[glyph]}


def true_type_glyphs(program: bytes) -> list[str]:
    """Return the names of a TrueType program's glyphs from its `post` table; standard ones as the character itself."""
    (count,) = struct.unpack_from(">H", program, 4)
    tables = {
        program[entry : entry + 4]: struct.unpack_from(">II", program, entry + 8)
        for entry in range(12, 12 + 16 * count, 16)
    }
    if b"post" not in tables:
        return []
    start, length = tables[b"post"]
    post = program[start : start + length]
    version, glyphs = struct.unpack_from(">I28xH", post)
    if version != _POST_WITH_NAMES:
        return []
    indices = struct.unpack_from(f">{glyphs}H", post, 34)
    own_names: list[str] = []
    position = 34 + 2 * glyphs
    while position < len(post):
        own_names.append(post[position + 1 : position + 1 + post[position]].decode("latin-1"))
        position += 1 + post[position]
    return [
        _mac_character(index) if index < _MAC_GLYPHS else own_names[index - _MAC_GLYPHS]
        for index in indices
    ]  # fmt: skip


def _mac_character(index: int) -> str:
    if index in _MAC_ASCII:
        return chr(index - _MAC_ASCII.start + 0x20)
    if index in _MAC_ROMAN:
        return bytes([index - _MAC_ROMAN.start + 0x80]).decode("mac_roman")
    return _MAC_OTHERS[index - _MAC_ROMAN.stop] if index >= _MAC_ROMAN.stop else ""


def _count(program: bytes, position: int) -> int:
    (count,) = struct.unpack_from(">H", program, position)
    return int(count)


def _index(program: bytes, position: int) -> tuple[list[bytes], int]:
    """Return the entries of an INDEX, and the position behind it."""
    count = _count(program, position)
    if count == 0:
        return [], position + 2
    size = program[position + 2]
    first = position + 3
    offsets = [
        int.from_bytes(program[start : start + size]) for start in range(first, first + (count + 1) * size, size)
    ]
    data = first + (count + 1) * size - 1
    return [program[data + start : data + end] for start, end in pairwise(offsets)], data + offsets[-1]


def _operators(dictionary: bytes) -> Iterator[tuple[int | tuple[int, int], tuple[int, ...]]]:
    """Yield the operators of a DICT with their integers; a real number counts as 0."""
    operands: list[int] = []
    source = iter(dictionary)
    for byte in source:
        if byte <= 21:
            yield (byte, next(source)) if byte == 12 else byte, tuple(operands)
            operands = []
        elif byte == 28:
            operands.append(int.from_bytes((next(source), next(source)), signed=True))
        elif byte == 29:
            operands.append(int.from_bytes([next(source) for _ in range(4)], signed=True))
        elif byte == 30:
            while next(source) & 0x0F != 0x0F:
                pass
            operands.append(0)
        elif byte <= 246:
            operands.append(byte - 139)
        elif byte <= 250:
            operands.append((byte - 247) * 256 + next(source) + 108)
        else:
            operands.append(-(byte - 251) * 256 - next(source) - 108)


def _charset(program: bytes, position: int, glyphs: int) -> list[int]:
    """Return the string number of each glyph's name."""
    if program[position] == 0:
        return [0, *struct.unpack_from(f">{glyphs - 1}H", program, position + 1)]
    layout = ">HB" if program[position] == 1 else ">HH"
    strings, position = [0], position + 1
    while len(strings) < min(glyphs, _MAX_GLYPHS):
        first, left = struct.unpack_from(layout, program, position)
        strings += range(first, first + left + 1)
        position += struct.calcsize(layout)
    return strings[:glyphs]


def _encoding(program: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Yield the codes of an encoding with their glyphs, without those that it gives by name (its supplement)."""
    count = program[position + 1]
    rows = program[position + 2 :]
    if program[position] & ~_SUPPLEMENT == 0:
        yield from zip(rows[:count], range(1, count + 1), strict=True)
        return
    glyph = 1
    for first, left in zip(rows[: 2 * count : 2], rows[1 : 2 * count : 2], strict=True):
        for code in range(first, first + left + 1):
            yield code, glyph
            glyph += 1
