"""SQL of the library. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from chalicelib.library.model import Chapter, Media, StoredObject
from chalicelib.platform import database
from chalicelib.platform.cursor import Place
from chalicelib.platform.database import Connection

MEDIA_COLUMNS: LiteralString = """
    media.id, filename, title, media_type, size_bytes, sha256, status,
    CASE WHEN rejection_code IS NOT NULL
         THEN jsonb_build_object('code', rejection_code, 'detail', rejection_detail) END AS rejection,
    notes, page_count, duration_ms, word_count, language, tags,
    ARRAY(SELECT collection_id FROM collection_items WHERE media_id = media.id ORDER BY added_at) AS collection_ids,
    created_at, updated_at, ready_at, trashed_at
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a media's reading text; offsets count code points of the whole."""

    number: int
    text_start: int
    text_end: int
    body: str


@dataclass(frozen=True, slots=True)
class TextFacts:
    text_length: int | None
    page_count: int | None
    language: str | None
    title: str
    status: str
    chapters: list[dict[str, object]]


def find(connection: Connection, media_id: UUID) -> Media | None:
    return database.fetch_one(
        connection, Media, f"SELECT {MEDIA_COLUMNS} FROM media WHERE id = %(id)s", {"id": media_id}
    )


def newest(connection: Connection, *, after: Place | None, limit: int) -> list[Media]:
    """Newest first, going on after a place."""
    return database.fetch(
        connection,
        Media,
        f"""SELECT {MEDIA_COLUMNS} FROM media
            WHERE %(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def find_object(connection: Connection, media_id: UUID) -> StoredObject | None:
    return database.fetch_one(
        connection,
        StoredObject,
        """SELECT id, owner_id, filename, media_type, size_bytes, status, etag, view_etag, view_bytes, original_withheld,
                  ready_at
           FROM media WHERE id = %(id)s""",
        {"id": media_id},
    )


def find_text_facts(connection: Connection, media_id: UUID) -> TextFacts | None:
    return database.fetch_one(
        connection,
        TextFacts,
        "SELECT text_length, page_count, language, title, status, chapters FROM media WHERE id = %(id)s",
        {"id": media_id},
    )


def replace_pages(connection: Connection, owner_id: UUID, media_id: UUID, pages: Sequence[Page]) -> None:
    connection.execute("DELETE FROM media_pages WHERE media_id = %s", [media_id])
    connection.execute(  # COPY would be faster, but Postgres refuses it on tables with row-level security
        """INSERT INTO media_pages (media_id, owner_id, number, text_start, text_end, body)
           SELECT %(media)s, %(owner)s, *
           FROM unnest(%(numbers)s::int[], %(starts)s::int[], %(ends)s::int[], %(bodies)s::text[])""",
        {
            "media": media_id,
            "owner": owner_id,
            "numbers": [page.number for page in pages],
            "starts": [page.text_start for page in pages],
            "ends": [page.text_end for page in pages],
            "bodies": [page.body for page in pages],
        },
    )


def pages_between(connection: Connection, media_id: UUID, start: int, end: int) -> list[Page]:
    """The pages that hold any of the reading text from `start` to `end`, in order."""
    return database.fetch(
        connection,
        Page,
        """SELECT number, text_start, text_end, body FROM media_pages
           WHERE media_id = %(id)s AND text_end > %(start)s AND text_start < %(end)s ORDER BY number""",
        {"id": media_id, "start": start, "end": end},
    )


def find_page(connection: Connection, media_id: UUID, number: int) -> Page | None:
    return database.fetch_one(
        connection,
        Page,
        "SELECT number, text_start, text_end, body FROM media_pages WHERE media_id = %(id)s AND number = %(number)s",
        {"id": media_id, "number": number},
    )


def count_pages(connection: Connection, media_id: UUID) -> int:
    row = connection.execute("SELECT count(*) FROM media_pages WHERE media_id = %s", [media_id]).fetchone()
    return int(row[0]) if row else 0


def chapters(facts: TextFacts) -> list[Chapter]:
    return [Chapter.model_validate(chapter) for chapter in facts.chapters]
