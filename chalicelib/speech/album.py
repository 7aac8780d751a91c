"""The album of a recording: the document with its authors and its cover, as the tags of audio files have it."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library.model import Media
from chalicelib.library.object_keys import cover_key
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.speech.audio.id3 import Album


def of_media(media: Media, cover: bytes = b"") -> Album:
    """Return the album of a document's recordings."""
    metadata = media.metadata
    return Album(
        title=media.title,
        artists=tuple(metadata.creators),
        publisher=metadata.publisher,
        year=metadata.published[:4] if metadata.published else None,
        series=metadata.series,
        series_index=metadata.series_index,
        cover=cover,
    )


def read_cover(owner_id: UUID, media_id: UUID) -> bytes:
    """Return the cover of a document as JPEG; empty without one."""
    try:
        return storage.read(cover_key(owner_id, media_id))
    except ObjectNotFoundError:
        return b""
