"""SQL of reading texts: their passages, with what each consists of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import LiteralString
from uuid import UUID

from chalicelib.extraction.model import BlockKind, BlockSpan, Omission, TextSpan
from chalicelib.library.passages import Passage, PassageMarks
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

PASSAGE_COLUMNS: LiteralString = "number, page, text_start, text_end, body"
MARKS_COLUMNS: LiteralString = "number, page, text_start, blocks, spans, left_out"

# The current text moves to the former ones when another replaces it: one statement looks in both, so that it cannot miss it.
_OF_CURRENT: LiteralString = """
    media_id = %(id)s AND (%(version)s::int IS NULL OR %(version)s::int = (SELECT text_version FROM media WHERE id = %(id)s))"""
_OF_FORMER: LiteralString = "media_id = %(id)s AND version = %(version)s::int"
_FIRST_OF_CURRENT: LiteralString = """coalesce(
    (SELECT max(text_start) FROM media_passages WHERE media_id = %(id)s AND text_start <= %(start)s), 0)"""
_FIRST_OF_FORMER: LiteralString = f"""coalesce(
    (SELECT max(text_start) FROM former_passages WHERE {_OF_FORMER} AND text_start <= %(start)s), 0)"""

_HEADING_COLUMNS: LiteralString = """
    (block->>1)::int AS start, coalesce((block->>3)::int, 1) AS level, page,
    substr(body, (block->>1)::int - text_start + 1, (block->>2)::int - (block->>1)::int) AS title"""
_IS_HEADING: LiteralString = "block->>0 = 'heading' AND (block->>1)::int >= text_start"  # not the rest of one


@dataclass(frozen=True, slots=True)
class MarkedPassage:
    """The marks of a passage, and its place. Texts of an earlier release have no marks."""

    page: int
    text_start: int
    marks: PassageMarks


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a text. `level` is that of the document; in a text without pages, `page` is 0."""

    start: int
    level: int
    page: int
    title: str


def replace(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    passages: Sequence[Passage],
    marks: Sequence[PassageMarks],
) -> None:
    """Replace the text of a media. `marks` has an item for each passage."""
    connection.execute("DELETE FROM media_passages WHERE media_id = %s", [media_id])
    connection.execute(  # COPY would be faster, but Postgres rejects it on tables with row-level security
        """INSERT INTO media_passages (media_id, owner_id, number, page, text_start, text_end, body, blocks, spans, left_out)
           SELECT %(media)s, %(owner)s, *
           FROM unnest(%(numbers)s::int[], %(pages)s::int[], %(starts)s::int[], %(ends)s::int[], %(bodies)s::text[],
                       %(blocks)s::json[], %(spans)s::json[], %(left_out)s::json[])""",
        {
            "media": media_id,
            "owner": owner_id,
            "numbers": [passage.number for passage in passages],
            "pages": [passage.page for passage in passages],
            "starts": [passage.text_start for passage in passages],
            "ends": [passage.text_end for passage in passages],
            "bodies": [passage.body for passage in passages],
            "blocks": [_to_json(of_passage.blocks) for of_passage in marks],
            "spans": [_to_json(of_passage.spans) for of_passage in marks],
            "left_out": [_to_json(of_passage.left_out) for of_passage in marks],
        },
    )


def list_passages(
    connection: Connection, media_id: UUID, start: int, end: int, *, version: int | None = None
) -> list[Passage]:
    """List the passages that overlap a text from `start` to `end`, in order. Without a version, of the current text."""
    return database.fetch(
        connection,
        Passage,
        f"""SELECT {PASSAGE_COLUMNS} FROM media_passages
            WHERE {_OF_CURRENT} AND text_start < %(end)s AND text_end > %(start)s AND text_start >= {_FIRST_OF_CURRENT}
            UNION ALL
            SELECT {PASSAGE_COLUMNS} FROM former_passages
            WHERE {_OF_FORMER} AND text_start < %(end)s AND text_end > %(start)s AND text_start >= {_FIRST_OF_FORMER}
            ORDER BY number""",
        {"id": media_id, "start": start, "end": end, "version": version},
    )


def list_current(connection: Connection, media_id: UUID) -> list[Passage]:
    """List all passages of the current text, in order."""
    return database.fetch(
        connection,
        Passage,
        f"SELECT {PASSAGE_COLUMNS} FROM media_passages WHERE media_id = %(id)s ORDER BY number",
        {"id": media_id},
    )


def list_page_passages(
    connection: Connection, media_id: UUID, page: int, *, version: int | None = None
) -> list[Passage]:
    """List the passages of a page, in order. Without a version, of the current text."""
    return database.fetch(
        connection,
        Passage,
        f"""SELECT {PASSAGE_COLUMNS} FROM media_passages WHERE {_OF_CURRENT} AND page = %(page)s UNION ALL
            SELECT {PASSAGE_COLUMNS} FROM former_passages WHERE {_OF_FORMER} AND page = %(page)s ORDER BY number""",
        {"id": media_id, "page": page, "version": version},
    )


def list_marks(
    connection: Connection, media_id: UUID, start: int, end: int, *, version: int | None = None
) -> list[MarkedPassage]:
    """List the marks of the passages that overlap a text from `start` to `end` or touch it, in order.

    Without a version, of the current text.
    """
    rows = connection.execute(
        f"""SELECT {MARKS_COLUMNS} FROM media_passages
            WHERE {_OF_CURRENT} AND text_start <= %(end)s AND text_end >= %(start)s AND text_start >= {_FIRST_OF_CURRENT}
            UNION ALL
            SELECT {MARKS_COLUMNS} FROM former_passages
            WHERE {_OF_FORMER} AND text_start <= %(end)s AND text_end >= %(start)s AND text_start >= {_FIRST_OF_FORMER}
            ORDER BY number""",
        {"id": media_id, "start": start, "end": end, "version": version},
    ).fetchall()
    return [
        MarkedPassage(
            page,
            text_start,
            PassageMarks(
                [BlockSpan(BlockKind(kind), *values) for kind, *values in blocks or ()],
                [TextSpan(*values) for values in spans or ()],
                [Omission(*values) for values in left_out or ()],
            ),
        )
        for _, page, text_start, blocks, spans, left_out in rows
    ]


def list_headings(connection: Connection, media_id: UUID, *, version: int, limit: int) -> list[Heading]:
    """List the headings of a text, in order."""
    return database.fetch(
        connection,
        Heading,
        f"""SELECT {_HEADING_COLUMNS} FROM media_passages CROSS JOIN json_array_elements(blocks) AS block
            WHERE {_OF_CURRENT} AND {_IS_HEADING} UNION ALL
            SELECT {_HEADING_COLUMNS} FROM former_passages CROSS JOIN json_array_elements(blocks) AS block
            WHERE {_OF_FORMER} AND {_IS_HEADING} ORDER BY start LIMIT %(limit)s""",
        {"id": media_id, "version": version, "limit": limit},
    )


def get_last_page(connection: Connection, media_id: UUID, *, version: int | None = None) -> int:
    """Return the number of the last page; 0 without text or without pages. Without a version, of the current text."""
    row = connection.execute(
        f"""SELECT greatest((SELECT max(page) FROM media_passages WHERE {_OF_CURRENT}),
                            (SELECT max(page) FROM former_passages WHERE {_OF_FORMER}))""",
        {"id": media_id, "version": version},
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _to_json(marks: Iterable[BlockSpan | TextSpan | Omission]) -> str:
    return json.dumps([astuple(mark) for mark in marks], separators=(",", ":"))
