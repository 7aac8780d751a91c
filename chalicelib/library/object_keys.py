"""The keys of a media's objects in storage."""

from __future__ import annotations

import re
from uuid import UUID

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INCOMING_KEY = re.compile(f"uploads/(?P<owner>{_UUID})/(?P<media>{_UUID})")


def media_prefixes(owner_id: UUID, media_id: UUID) -> tuple[str, str]:
    """Return the prefixes of all objects of a media in the library bucket."""
    return f"media/{owner_id}/{media_id}/", f"withheld/{owner_id}/{media_id}/"


def incoming_key(owner_id: UUID, media_id: UUID) -> str:
    return f"uploads/{owner_id}/{media_id}"


def parse_incoming_key(key: str) -> tuple[UUID, UUID] | None:
    """Return the owner and media in an upload's key; None if the server did not make it."""
    match = _INCOMING_KEY.fullmatch(key)
    return (UUID(match["owner"]), UUID(match["media"])) if match else None


def original_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/original"


def view_key(owner_id: UUID, media_id: UUID, media_type: str) -> str:
    return f"media/{owner_id}/{media_id}/view{'.pdf' if media_type == 'application/pdf' else ''}"


def thumbnail_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/thumbnail.webp"


def cover_key(owner_id: UUID, media_id: UUID) -> str:
    """Return the key of the picture that the recordings of a document have."""
    return f"media/{owner_id}/{media_id}/cover.jpg"


def illustrations_key(owner_id: UUID, media_id: UUID) -> str:
    """Return the key of the archive of a book's illustrations."""
    return f"media/{owner_id}/{media_id}/illustrations.zip"


def picture_key(owner_id: UUID, media_id: UUID, name: str) -> str:
    """Return the key of a picture of the display form."""
    return f"media/{owner_id}/{media_id}/pictures/{name}"


def display_key(owner_id: UUID, media_id: UUID, making: UUID) -> str:
    """Return the key of one making of the display form: all sections, one behind the other."""
    return f"media/{owner_id}/{media_id}/display/{making}.html"


def withheld_key(owner_id: UUID, media_id: UUID) -> str:
    """Return the key of a withheld original. The API's role cannot read it."""
    return f"withheld/{owner_id}/{media_id}/original"
