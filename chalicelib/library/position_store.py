"""SQL of reading positions: one for each media, whether its text is read, listened to or both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.library.anchors import Quotation
from chalicelib.library.place import MediaExtent, Place
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

FINISHED_FRACTION: LiteralString = "0.98"  # what follows are notes, an index or the last screen
# Of the media in progress. A position of the release before has no fraction.
IN_PROGRESS: LiteralString = f"""
    SELECT media_id FROM listening_positions
    WHERE CASE WHEN fraction IS NULL THEN text_offset > 0 ELSE fraction > 0 AND fraction < {FINISHED_FRACTION} END"""


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """A reader's position: `past_ms` after the start of the word at `text_offset` of the media's current text.

    `quotation` is a TextQuoteSelector, once the text was made again; `detached`, if the text does not contain what it quotes.
    """

    text_offset: int
    past_ms: int
    device_time: datetime
    quotation: dict[str, str] | None = None
    detached: bool = False


def get(connection: Connection, media_id: UUID) -> ReadingPosition | None:
    return database.fetch_one(
        connection,
        ReadingPosition,
        """SELECT text_offset, past_ms, device_time, quotation, detached FROM listening_positions
           WHERE media_id = %(media)s""",
        {"media": media_id},
    )


def upsert(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    position: ReadingPosition,
    place: Place,
    *,
    zoom: float | None,
) -> None:
    """Store the position unless one with a later `device_time` is stored. Without a zoom, the stored one stays."""
    connection.execute(
        """
        INSERT INTO listening_positions AS stored (media_id, owner_id, text_offset, past_ms, device_time, quotation, detached,
                                                   page, time_ms, zoom, fraction)
        VALUES (%(media)s, %(owner)s, %(offset)s, %(past)s, %(time)s, %(quotation)s, %(detached)s, %(page)s, %(time_ms)s,
                %(zoom)s, %(fraction)s)
        ON CONFLICT (media_id) DO UPDATE
            SET text_offset = excluded.text_offset, past_ms = excluded.past_ms, device_time = excluded.device_time,
                quotation = excluded.quotation, detached = excluded.detached, page = excluded.page,
                time_ms = excluded.time_ms, zoom = coalesce(excluded.zoom, stored.zoom), fraction = excluded.fraction
            WHERE excluded.device_time >= stored.device_time
        """,
        {
            "media": media_id,
            "owner": owner_id,
            "offset": position.text_offset,
            "past": position.past_ms,
            "time": position.device_time,
            "quotation": position.quotation and json.dumps(position.quotation),
            "detached": position.detached,
            "page": place.page,
            "time_ms": place.time_ms,
            "zoom": zoom,
            "fraction": place.fraction,
        },
    )


def move(
    connection: Connection,
    media_id: UUID,
    *,
    text_offset: int,
    fraction: float,
    quotation: Quotation,
    detached: bool,
) -> None:
    """Move the position to a place in another text. The page stays: it is one of the file."""
    connection.execute(
        """UPDATE listening_positions
           SET text_offset = %(offset)s, fraction = %(fraction)s, quotation = %(quotation)s, detached = %(detached)s,
               past_ms = CASE WHEN %(detached)s THEN 0 ELSE past_ms END
           WHERE media_id = %(media)s""",
        {
            "media": media_id,
            "offset": text_offset,
            "fraction": fraction,
            "quotation": json.dumps(quotation.to_selector()),
            "detached": detached,
        },
    )


def get_extent(connection: Connection, media_id: UUID) -> MediaExtent | None:
    return database.fetch_one(
        connection,
        MediaExtent,
        """SELECT title, coalesce(text_length, 0) AS text_length, page_count, duration_ms FROM media WHERE id = %(id)s""",
        {"id": media_id},
    )


def get_page_at(connection: Connection, media_id: UUID, text_offset: int) -> int | None:
    """Return the page of a place in the current text; None in a text without pages."""
    row = connection.execute(
        """SELECT nullif(page, 0) FROM media_passages WHERE media_id = %s AND text_start <= %s
           ORDER BY text_start DESC, number DESC LIMIT 1""",
        [media_id, text_offset],
    ).fetchone()
    return None if row is None else row[0]


def get_page_start(connection: Connection, media_id: UUID, page: int) -> int | None:
    """Return where the current text of a page starts, or of the next one that has text; None if none has."""
    row = connection.execute(
        "SELECT min(text_start) FROM media_passages WHERE media_id = %s AND page >= %s", [media_id, page]
    ).fetchone()
    return None if row is None else row[0]
