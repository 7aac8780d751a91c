"""SQL of annotations. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from chalicelib.annotations.model import Annotation, AnnotationKind, HighlightColour
from chalicelib.library.anchors import Quotation
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import KeysetCursor, TimeCursor
from chalicelib.platform.db.database import Connection

# Annotations of a document in the trash are not shown; they are deleted and restored with it.
_SHOWN: LiteralString = """
    SELECT annotations.id, media_id, title AS media_title, kind, text_start AS start, text_end AS "end", page, colour, note,
           quotation, detached, annotations.created_at, annotations.updated_at
    FROM annotations JOIN media ON media.id = media_id AND status = 'ready'"""


@dataclass(frozen=True, slots=True)
class AnnotatedRange:
    """The place of an annotation in the current text. If `detached`, the text does not contain the quotation."""

    start: int
    end: int
    page: int | None
    quotation: Quotation
    detached: bool = False


def insert(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    annotation_id: UUID,
    *,
    kind: AnnotationKind,
    annotated: AnnotatedRange,
    colour: HighlightColour | None,
    note: str | None,
    folded: str,
) -> bool:
    """Insert an annotation; return False if its id exists."""
    cursor = connection.execute(
        """INSERT INTO annotations (id, owner_id, media_id, kind, text_start, text_end, page, colour, note, quotation, folded,
                                    detached)
           VALUES (%(id)s, %(owner)s, %(media)s, %(kind)s, %(start)s, %(end)s, %(page)s, %(colour)s, %(note)s, %(quotation)s,
                   %(folded)s, %(detached)s)
           ON CONFLICT (owner_id, id) DO NOTHING""",
        {
            "id": annotation_id,
            "owner": owner_id,
            "media": media_id,
            "kind": kind,
            "start": annotated.start,
            "end": annotated.end,
            "page": annotated.page,
            "colour": colour,
            "note": note,
            "quotation": json.dumps(annotated.quotation.to_selector()),
            "folded": folded,
            "detached": annotated.detached,
        },
    )
    return cursor.rowcount == 1


def update(
    connection: Connection, annotation_id: UUID, *, colour: HighlightColour | None, note: str | None, folded: str
) -> None:
    connection.execute(
        """UPDATE annotations SET colour = %(colour)s, note = %(note)s, folded = %(folded)s, updated_at = now()
           WHERE id = %(id)s""",
        {"id": annotation_id, "colour": colour, "note": note, "folded": folded},
    )


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM annotations").fetchone()
    return int(row[0]) if row else 0


def get_media_id(connection: Connection, annotation_id: UUID) -> UUID | None:
    """Return the media of an annotation, shown or not; None without such an annotation."""
    row = connection.execute("SELECT media_id FROM annotations WHERE id = %s", [annotation_id]).fetchone()
    return row[0] if row else None


def get(connection: Connection, annotation_id: UUID) -> Annotation | None:
    return database.fetch_one(connection, Annotation, f"{_SHOWN} WHERE annotations.id = %(id)s", {"id": annotation_id})


def lock(connection: Connection, annotation_id: UUID) -> None:
    """Lock an annotation against other changes until the end of the transaction."""
    connection.execute("SELECT FROM annotations WHERE id = %s FOR UPDATE", [annotation_id])


def list_by_place(
    connection: Connection, media_id: UUID, *, after: KeysetCursor[int] | None, limit: int
) -> list[Annotation]:
    """List the annotations of a media in the order of its text."""
    condition: LiteralString = "(text_start, annotations.id) > (%(start)s, %(id)s)" if after else "true"
    return database.fetch(
        connection,
        Annotation,
        f"{_SHOWN} WHERE media_id = %(media)s AND {condition} ORDER BY text_start, annotations.id LIMIT %(limit)s",
        {"media": media_id, "start": after and after.key, "id": after and after.id, "limit": limit},
    )


def list_newest(
    connection: Connection, words: Sequence[str], *, after: TimeCursor | None, limit: int
) -> list[Annotation]:
    """List the annotations that contain all the folded words, or whose document's folded name does, newest first."""
    condition: LiteralString = "(annotations.created_at, annotations.id) < (%(at)s, %(id)s)" if after else "true"
    return database.fetch(
        connection,
        Annotation,
        f"""{_SHOWN}
            WHERE {condition}
                  AND NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word
                                  WHERE position(word IN folded || ' ' || coalesce(folded_name, '')) = 0)
            ORDER BY annotations.created_at DESC, annotations.id DESC LIMIT %(limit)s""",
        {"words": list(words), "at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def delete(connection: Connection, annotation_id: UUID) -> bool:
    return connection.execute("DELETE FROM annotations WHERE id = %s", [annotation_id]).rowcount == 1
