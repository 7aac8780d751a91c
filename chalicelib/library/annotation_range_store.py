"""SQL of the ranges of annotations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.library.anchors import Quotation
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class AnnotationRange:
    """The range of an annotation. That of a bookmark is empty, and its quotation is of what follows it."""

    id: UUID
    is_bookmark: bool
    start: int
    end: int
    page: int | None
    quotation: Quotation
    detached: bool


def list_ranges(connection: Connection, media_id: UUID) -> list[AnnotationRange]:
    """Lock and list the ranges of a media in the order of its text."""
    rows = connection.execute(
        """SELECT id, kind = 'bookmark', text_start, text_end, page, quotation, detached FROM annotations
           WHERE media_id = %s ORDER BY text_start, id FOR UPDATE""",
        [media_id],
    )
    return [
        AnnotationRange(identifier, is_bookmark, start, end, page, Quotation.from_selector(selector), detached)
        for identifier, is_bookmark, start, end, page, selector, detached in rows
    ]


def update_ranges(connection: Connection, ranges: Sequence[AnnotationRange]) -> None:
    connection.execute(
        """UPDATE annotations
           SET text_start = moved.text_start, text_end = moved.text_end, page = moved.page, quotation = moved.quotation,
               detached = moved.detached
           FROM unnest(%(ids)s::uuid[], %(starts)s::int[], %(ends)s::int[], %(pages)s::int[], %(quotations)s::jsonb[],
                       %(detached)s::boolean[]) AS moved (id, text_start, text_end, page, quotation, detached)
           WHERE annotations.id = moved.id""",
        {
            "ids": [moved.id for moved in ranges],
            "starts": [moved.start for moved in ranges],
            "ends": [moved.end for moved in ranges],
            "pages": [moved.page for moved in ranges],
            "quotations": [json.dumps(moved.quotation.to_selector()) for moved in ranges],
            "detached": [moved.detached for moved in ranges],
        },
    )
