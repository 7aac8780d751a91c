"""Places in one version of a text, as places in another."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library import anchors, texts
from chalicelib.library.anchors import Quotation
from chalicelib.platform.db.database import Connection


def quote_position(connection: Connection, media_id: UUID, offset: int, *, version: int | None) -> Quotation:
    """Quote the place of a listener in a version of a text; None is the current one."""
    start = max(0, offset - anchors.CONTEXT_CHARACTERS)
    text = texts.get_slice(connection, media_id, start, offset + anchors.QUOTED_CHARACTERS, version=version)
    return anchors.quote_position(text, offset - start)


def find(connection: Connection, media_id: UUID, quotation: Quotation, *, near: int, version: int | None) -> int | None:
    """Return the offset of what was quoted in a version of a text, None if it has no such place.

    `near` is where it is expected.
    """
    offset = max(0, near - anchors.NEARBY_CHARACTERS)
    nearby = texts.get_slice(connection, media_id, offset, near + anchors.NEARBY_CHARACTERS, version=version)
    place = anchors.find(nearby, quotation, near=near - offset)
    if place is not None:
        return offset + place.start
    whole = texts.get_slice(connection, media_id, 0, texts.MAX_TEXT_CHARACTERS, version=version)
    place = anchors.find(whole, quotation, near=near) if len(whole) > len(nearby) else None
    return None if place is None else place.start
