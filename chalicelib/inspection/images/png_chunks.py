"""PNG chunks that decoders may ignore: one with a wrong checksum is left out, as browsers do."""

import io
import zlib
from typing import BinaryIO

_SIGNATURE_BYTES = 8
_FRAME_BYTES = 12  # of a chunk: its size, kind and checksum


def is_critical(kind: bytes) -> bool:
    """Return whether the picture cannot be shown without this chunk (ISO 15948, 5.4): bit 5 of its first letter is 0."""
    return not kind[0] & 0x20


def without_damaged_chunks(file: BinaryIO) -> BinaryIO:
    """Return the file; without its ancillary chunks of a wrong checksum, which Pillow does not read, if it has such."""
    content = file.read()
    at, kept_from = _SIGNATURE_BYTES, 0
    kept: list[bytes] = []
    while at + _FRAME_BYTES <= len(content):
        end = at + _FRAME_BYTES + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if not is_critical(kind) and zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end], "big"
        ):
            kept.append(content[kept_from:at])
            kept_from = end
        at = end
    file.seek(0)
    return io.BytesIO(b"".join((*kept, content[kept_from:]))) if kept else file
