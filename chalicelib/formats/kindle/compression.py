"""Compression of a Kindle book's text: none, PalmDOC (LZ77), or HUFF/CDIC (Huffman codes for phrases)."""

import struct
from collections.abc import Callable

from chalicelib.formats.errors import FormatError
from chalicelib.formats.kindle.database import PalmDatabase, malformed
from chalicelib.formats.kindle.header import BookHeader

MAX_TEXT_BYTES = 16 * 1024 * 1024  # unpacked, with its markup; long novels have 3, and unpacking 16 takes 5 s
MAX_RECORD_BYTES = 64 * 1024  # unpacked; programs write 4 KB
MAX_PHRASE_DEPTH = 32  # of phrases in phrases
MAX_PHRASES = 1 << 20
MAX_PHRASE_BYTES = 64 * 1024 * 1024  # unpacked, all together

_NONE, _PALMDOC, _HUFFMAN = 1, 2, 17480
_CODE_BITS = 32


def read_text(database: PalmDatabase, header: BookHeader) -> bytes:
    """Return the unpacked text, which is marked up. Raises FormatError."""
    unpack = _unpacker(database, header)
    parts: list[bytes] = []
    size_bytes = 0
    for number in range(header.first_record + 1, header.first_record + 1 + header.text_records):
        part = unpack(_without_trailing(database.record(number), header.trailing_flags))
        size_bytes += len(part)
        if size_bytes > MAX_TEXT_BYTES:
            raise FormatError(
                "bomb",
                f"The text of the book has more than {MAX_TEXT_BYTES // 1024**2} MB. Split it and upload its parts.",
            )
        parts.append(part)
    return b"".join(parts)[: header.text_bytes]


def _unpacker(database: PalmDatabase, header: BookHeader) -> Callable[[bytes], bytes]:
    if header.compression == _NONE:
        return bytes
    if header.compression == _PALMDOC:
        return unpack_palmdoc
    if header.compression == _HUFFMAN and 0 < header.huffman_count <= database.count:
        first = header.huffman_record
        phrases = [database.record(number) for number in range(first + 1, first + header.huffman_count)]
        return HuffmanCodes(database.record(first), phrases).unpack
    raise malformed(f"its text is compressed in an unknown way ({header.compression})")


def _without_trailing(record: bytes, flags: int) -> bytes:
    """Return a text record without the entries behind its text, whose sizes stand at their ends."""
    end = len(record)
    for bit in range(1, 16):
        if flags >> bit & 1:
            end -= min(_size_before(record, end), end)
    if flags & 1 and end > 0:  # bytes of a letter that continues in the next record
        end -= min((record[end - 1] & 3) + 1, end)
    return record[:end]


def _size_before(record: bytes, end: int) -> int:
    """Return the number that ends here: groups of seven bits, of which the first is marked."""
    size = 0
    for shift, at in enumerate(range(end - 1, max(end - 5, -1), -1)):
        size |= (record[at] & 0x7F) << 7 * shift
        if record[at] & 0x80:
            break
    return size


def unpack_palmdoc(packed: bytes) -> bytes:
    """Return an unpacked record. Raises FormatError for references to before its beginning."""
    out = bytearray()
    at, length = 0, len(packed)
    while at < length:
        byte = packed[at]
        at += 1
        if byte >= 0xC0:
            out += b" "
            out.append(byte ^ 0x80)
        elif byte >= 0x80:
            if at == length:
                break
            pair = byte << 8 | packed[at]
            at += 1
            distance, count = (pair >> 3) & 0x7FF, (pair & 7) + 3
            if not 0 < distance <= len(out):
                raise malformed("its text cannot be unpacked")
            if distance >= count:
                out += out[-distance : len(out) - distance + count]
            else:
                for _ in range(count):
                    out.append(out[-distance])
        elif 1 <= byte <= 8:
            out += packed[at : at + byte]
            at += byte
        else:
            out.append(byte)
        if len(out) > MAX_RECORD_BYTES:
            raise malformed("its text cannot be unpacked")
    return bytes(out)


class HuffmanCodes:
    """Codes of phrases, from one HUFF record and the CDIC records with the phrases.

    A phrase may be packed itself; it is unpacked once. Raises FormatError.
    """

    def __init__(self, codes: bytes, phrase_records: list[bytes]) -> None:
        if codes[:4] != b"HUFF" or len(codes) < 24:
            raise malformed("its codes are missing")
        cache_at, limits_at = struct.unpack_from(">2L", codes, 8)
        if cache_at + 1024 > len(codes) or limits_at + 256 > len(codes):
            raise malformed("its codes are cut off")
        # By the first byte of a code: its length, whether that is known by this byte, and the largest code of that length.
        self._by_byte = [
            (entry & 0x1F, bool(entry & 0x80), (((entry >> 8) + 1) << (_CODE_BITS - (entry & 0x1F))) - 1)
            for entry in struct.unpack_from(">256L", codes, cache_at)
        ]
        limits = struct.unpack_from(">64L", codes, limits_at)
        self._smallest = [0, *(code << (_CODE_BITS - length) for length, code in enumerate(limits[0::2], 1))]
        self._largest = [0, *(((code + 1) << (_CODE_BITS - length)) - 1 for length, code in enumerate(limits[1::2], 1))]
        self._phrases: list[tuple[bytes, bool]] = []  # and whether it is unpacked
        for record in phrase_records:
            self._add_phrases(record)
        self._phrase_bytes = 0

    def _add_phrases(self, record: bytes) -> None:
        if record[:4] != b"CDIC" or len(record) < 16:
            raise malformed("its phrases are missing")
        total, bits = struct.unpack_from(">2L", record, 8)
        if total > MAX_PHRASES or bits > 20:
            raise FormatError(
                "bomb", f"The book has more than {MAX_PHRASES:,} phrases. Convert it again and upload that."
            )
        count = min(1 << bits, total - len(self._phrases), (len(record) - 16) // 2)
        for offset in struct.unpack_from(f">{max(count, 0)}H", record, 16):
            at = 16 + offset
            if at + 2 > len(record):
                raise malformed("its phrases are cut off")
            (size,) = struct.unpack_from(">H", record, at)
            self._phrases.append((record[at + 2 : at + 2 + (size & 0x7FFF)], bool(size & 0x8000)))

    def unpack(self, packed: bytes) -> bytes:
        """Return an unpacked record."""
        return self._unpack(packed, 0)

    def _unpack(self, packed: bytes, depth: int) -> bytes:
        if depth > MAX_PHRASE_DEPTH:
            raise FormatError(
                "bomb", "The book has phrases within phrases without end. Convert it again and upload that."
            )
        out = bytearray()
        position, end = 0, len(packed) * 8  # of the next bit
        padded = packed + bytes(8)
        while position < end:
            at = position >> 3
            code = int.from_bytes(padded[at : at + 5]) >> (8 - (position & 7)) & 0xFFFFFFFF
            length, is_final, largest = self._by_byte[code >> 24]
            if not is_final:
                while length < _CODE_BITS and code < self._smallest[length]:
                    length += 1
                largest = self._largest[length]
            if not length:
                raise malformed("its text cannot be unpacked")
            position += length
            if position > end:
                break
            out += self._phrase((largest - code) >> (_CODE_BITS - length), depth)
            if len(out) > MAX_RECORD_BYTES:
                raise malformed("its text cannot be unpacked")
        return bytes(out)

    def _phrase(self, number: int, depth: int) -> bytes:
        if not 0 <= number < len(self._phrases):
            raise malformed("its text cannot be unpacked")
        phrase, is_unpacked = self._phrases[number]
        if not is_unpacked:
            phrase = self._unpack(phrase, depth + 1)
            self._phrase_bytes += len(phrase)
            if self._phrase_bytes > MAX_PHRASE_BYTES:
                raise FormatError("bomb", "The phrases of the book are too long. Convert it again and upload that.")
            self._phrases[number] = (phrase, True)
        return phrase
