"""Vorbis comments: names and values in FLAC, and in the second packet of Ogg streams (RFC 7845, 5.2)."""

import struct
from collections.abc import Iterator
from mmap import mmap

MAX_COMMENTS = 1_000
MAX_PACKET_BYTES = 1024 * 1024  # covers follow the texts, and may have 5 MB
MAX_PAGES = 1_000  # of one stream, in which the packet ends; a page has up to 64 KB
MAX_VALUE_BYTES = 10_000  # of one value; the rest would be cut off anyway
# What precedes the comments, by the codec: Vorbis, Opus, FLAC with the header of its block.
_PREFIXES = ((b"\x03vorbis", 7), (b"OpusTags", 8), (b"\x04", 4), (b"\x84", 4))


def list_comments(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the comments, names in capitals, as far as they are in order."""
    try:
        at = 4 + struct.unpack_from("<I", content)[0]  # behind the name of the program
        (count,) = struct.unpack_from("<I", content, at)
        at += 4
        for _ in range(min(count, MAX_COMMENTS)):
            (size,) = struct.unpack_from("<I", content, at)
            name, separator, value = content[at + 4 : at + 4 + min(size, MAX_VALUE_BYTES)].partition(b"=")
            at += 4 + size
            if separator:
                yield name.decode("latin-1").strip().upper(), value.decode(errors="replace")
    except struct.error:
        return


def read_ogg_packet(data: mmap) -> bytes:
    """Return the comments of the first stream: its second packet, without what precedes them."""
    packet = bytearray()
    at = packets = 0
    serial = data[14:18]
    for _ in range(MAX_PAGES):
        header = data[at : at + 27]
        if len(header) < 27 or header[:4] != b"OggS":
            break
        lacing = data[at + 27 : at + 27 + header[26]]
        body = at + 27 + len(lacing)
        at = body + sum(lacing)
        if header[14:18] != serial:
            continue
        for size in lacing:
            if packets == 1 and len(packet) < MAX_PACKET_BYTES:
                packet += data[body : body + size]
            body += size
            packets += size < 255
        if packets > 1 or len(packet) >= MAX_PACKET_BYTES:
            break
    content = bytes(packet)
    skipped = next((length for start, length in _PREFIXES if content.startswith(start)), None)
    return b"" if skipped is None else content[skipped:]
