"""Metadata of a PDF: its XMP, then its document information dictionary (ISO 32000-2, 14.3)."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.metadata import xmp
from chalicelib.metadata.model import MetadataDraft

if TYPE_CHECKING:
    import pikepdf

MAX_PACKET_BYTES = 2 * 1024 * 1024  # of XMP, unpacked; histories of pictures in it reach 1 MB


def read(path: Path) -> MetadataDraft:
    """Return what both say. The dates of the dictionary are those of the file, not of a publication."""
    import pikepdf

    with path.open("rb") as file, pikepdf.open(file) as document:
        draft = xmp.read(_packet(document))
        draft.titles += _entry(document, "/Title")
        draft.creators.append(_entry(document, "/Author"))
        stated = document.Root.get("/Lang")
        if isinstance(stated, pikepdf.String):
            draft.languages.insert(0, str(stated))
    return draft


def _packet(document: "pikepdf.Pdf") -> bytes:
    """Return the XMP; empty without one, or if it is too large or packed in an unusual way."""
    import pikepdf

    stream = document.Root.get("/Metadata")
    if not isinstance(stream, pikepdf.Stream):
        return b""
    packed, filters = stream.read_raw_bytes(), stream.get("/Filter")
    if len(packed) > MAX_PACKET_BYTES:
        return b""
    if filters is None:
        return packed
    names = [str(name) for name in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    if names != ["/FlateDecode"]:
        return b""
    try:
        packet = zlib.decompressobj().decompress(packed, MAX_PACKET_BYTES + 1)
    except zlib.error:
        return b""
    return packet if len(packet) <= MAX_PACKET_BYTES else b""


def _entry(document: "pikepdf.Pdf", key: str) -> list[str]:
    import pikepdf

    information = document.trailer.get("/Info")
    value = information.get(key) if isinstance(information, pikepdf.Dictionary) else None
    return [str(value)] if isinstance(value, pikepdf.String) else []
