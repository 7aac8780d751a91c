"""Places in one version of a text, as places in another."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library import anchors, passage_store, texts
from chalicelib.library.anchors import Quotation, TextRange
from chalicelib.platform.db.database import Connection


def quote_position(connection: Connection, media_id: UUID, offset: int, *, version: int | None = None) -> Quotation:
    """Quote the place of a listener in a version of a text; None is the current one."""
    start = max(0, offset - anchors.CONTEXT_CHARACTERS)
    text = texts.get_slice(connection, media_id, start, offset + anchors.QUOTED_CHARACTERS, version=version)
    return anchors.quote_position(text, offset - start)


def quote(connection: Connection, media_id: UUID, start: int, end: int) -> Quotation:
    """Quote a range of the current text."""
    offset = max(0, start - anchors.CONTEXT_CHARACTERS)
    text = texts.get_slice(connection, media_id, offset, end + anchors.CONTEXT_CHARACTERS)
    return anchors.quote(text, start - offset, end - offset)


def find(connection: Connection, media_id: UUID, quotation: Quotation, *, near: int, version: int | None) -> int | None:
    """Return the offset of what was quoted in a version of a text, None if it has no such place.

    `near` is where it is expected.
    """
    place = find_range(connection, media_id, quotation, near=near, version=version)
    return None if place is None else place.start


def find_range(
    connection: Connection, media_id: UUID, quotation: Quotation, *, near: int, version: int | None = None
) -> TextRange | None:
    """Return the range of what was quoted in a version of a text, as `find`; None is the current version."""
    offset = max(0, near - anchors.NEARBY_CHARACTERS)
    nearby = texts.get_slice(connection, media_id, offset, near + anchors.NEARBY_CHARACTERS, version=version)
    place = anchors.find(nearby, quotation, near=near - offset)
    if place is not None:
        return TextRange(offset + place.start, offset + place.end)
    whole = texts.get_slice(connection, media_id, 0, texts.MAX_TEXT_CHARACTERS, version=version)
    return anchors.find(whole, quotation, near=near) if len(whole) > len(nearby) else None


def get_page(connection: Connection, media_id: UUID, offset: int) -> int | None:
    """Return the page of an offset of the current text, the last one for its end; None in documents without pages."""
    rows = passage_store.list_passages(connection, media_id, offset, offset + 1) or passage_store.list_passages(
        connection, media_id, max(0, offset - 1), offset
    )
    return (rows[-1].page or None) if rows else None


def get_page_start(connection: Connection, media_id: UUID, page: int) -> int:
    """Return where the current text of a page begins; 0 for a page that has none."""
    rows = passage_store.list_page_passages(connection, media_id, page)
    return rows[0].text_start if rows else 0
