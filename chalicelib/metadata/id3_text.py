"""The texts of ID3 tags: version 2's text frames, and the fields of version 1."""

from collections.abc import Iterator
from mmap import mmap

from chalicelib.formats import id3

VERSION_1_BYTES = 128
MAX_FRAME_BYTES = 10_000  # of one text; the rest would be cut off anyway
_VERSION_1_FIELDS = (("TIT2", 3, 33), ("TPE1", 33, 63), ("TALB", 63, 93), ("TYER", 93, 97))
_ENCODINGS = {1: "utf-16", 2: "utf-16-be", 3: "utf-8"}  # of version 2; 0 is Latin-1
# The movement and its number, which are no text frames by their names.
_OTHER_TEXT_FRAMES = frozenset({b"MVNM", b"MVIN"})


def list_texts(data: "bytes | mmap") -> Iterator[tuple[str, str]]:
    """Yield name and value of each text of the tag at the beginning.

    A text that its program named (TXXX) has that name, in capitals. A frame may hold several values.
    """
    for name, content, _ in id3.list_frames(data):
        if not (name.startswith(b"T") or name in _OTHER_TEXT_FRAMES) or not content:
            continue
        values = decode_text(content).split("\0")
        if name in {b"TXXX", b"TXX"}:
            chosen, *values = values
            yield from ((chosen.strip().upper(), value.lstrip("\ufeff")) for value in values if value)
        else:
            yield from ((name.decode("latin-1"), value.lstrip("\ufeff")) for value in values if value)


def list_version_1_texts(tag: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of the 128 bytes at the end of a file, by the names that version 2.3 has for them."""
    if len(tag) != VERSION_1_BYTES or tag[:3] != b"TAG":
        return
    for name, start, end in _VERSION_1_FIELDS:
        value = tag[start:end].partition(b"\0")[0].strip()
        if value:
            yield name, decode_unmarked(value)


def decode_unmarked(content: bytes) -> str:
    """Decode a text that should be Latin-1, but which programs write in the encoding of their system."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def decode_text(frame: bytes) -> str:
    """Return the text of a frame of version 2, which is not empty: its first byte is the encoding. Zeros part values."""
    encoding, content = frame[0], frame[1:MAX_FRAME_BYTES]
    if encoding in _ENCODINGS:
        return content.decode(_ENCODINGS[encoding], "replace")
    return decode_unmarked(content)
