"""Windows metafiles packed with gzip (EMZ, WMZ), which Word writes for drawings: pictures, although they begin like archives."""

import re
import zlib

MAX_UNPACKED_BYTES = 64 * 1024 * 1024  # as of any other part of a container
_GZIP = 16 + zlib.MAX_WBITS
_METAFILE = re.compile(rb"\x01\0\0\0.{36} EMF|\xd7\xcd\xc6\x9a|[\x01\x02]\0\x09\0\0[\x01\x03]", re.DOTALL)


def is_packed_metafile(name: str, content: bytes) -> bool:
    """Return whether a part is a metafile packed with gzip, and nothing follows it."""
    if not name.lower().endswith((".emz", ".wmz")):
        return False
    unpacker = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacker.decompress(content, MAX_UNPACKED_BYTES)
    except zlib.error:
        return False
    return unpacker.eof and not unpacker.unused_data and _METAFILE.match(unpacked) is not None
