"""SQL of media and their texts. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.inspection.model import Rejection
from chalicelib.library import folding, position_store
from chalicelib.library.media_metadata import NamedMedia
from chalicelib.library.model import Media, MediaAccess, MediaFilter, MediaSort, StoredObject
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import KeysetCursor
from chalicelib.platform.db.database import Connection

MEDIA_COLUMNS: LiteralString = """
    media.id, filename, title, media_type, size_bytes, sha256, status,
    CASE WHEN rejection_code IS NOT NULL
         THEN jsonb_build_object('code', rejection_code, 'detail', rejection_detail) END AS rejection,
    notes, page_count, duration_ms, width, height, word_count, language,
    CASE WHEN status NOT IN ('ready', 'trashed') THEN 'none'
         WHEN recognition_status = 'recognizing' THEN 'recognizing'
         WHEN text_length > 0 THEN 'ready'
         WHEN recognition_status = 'failed' OR notes @> '[{"code": "unreadable"}]' THEN 'failed'
         ELSE 'none' END AS text_status,
    CASE WHEN text_length > 0 THEN text_version END AS text_version, chosen_encoding AS encoding,
    EXISTS (SELECT FROM text_requests WHERE media_id = media.id AND reason <> 'upgrade') AS text_updating,
    CASE WHEN recognition_pages_total IS NOT NULL
         THEN jsonb_build_object('pages_done', recognition_pages_done, 'pages_total', recognition_pages_total,
                                 'text_pages', recognition_text_pages) END AS recognition,
    (media_type = 'application/pdf' OR starts_with(media_type, 'image/')) AND (recognition_pages_total IS NOT NULL
        OR jsonb_path_exists(notes, '$[*].code ? (@ == "no_text_layer" || @ == "some_pages_without_text" || @ == "garbled_text")')
        OR EXISTS (SELECT FROM text_versions WHERE media_id = media.id AND text_versions.owner_id = media.owner_id
                                                   AND reason = 'recognition')) AS is_scan,
    '{"title": null, "creators": [], "language": null, "publisher": null, "published": null, "series": null,
      "series_index": null}'::jsonb || coalesce(file_metadata, '{}') || own_metadata AS metadata,
    status IN ('ready', 'trashed')
        AND coalesce(has_thumbnail, media_type = 'application/pdf' OR starts_with(media_type, 'image/')) AS has_thumbnail,
    display IS NOT NULL AS has_document,
    ARRAY(SELECT tag FROM media_tags WHERE media_id = media.id ORDER BY tag) AS tags,
    ARRAY(SELECT collection_id FROM collection_items WHERE media_id = media.id ORDER BY added_at, collection_id)
        AS collection_ids,
    media.created_at, media.updated_at, ready_at, trashed_at, opened_at, source_url,
    CASE WHEN status IN ('pending', 'inspecting', 'ready') THEN (
        SELECT first.id FROM media AS first
        WHERE first.owner_id = media.owner_id AND first.sha256 = media.sha256 AND first.size_bytes = media.size_bytes
              AND first.status = 'ready' AND (first.created_at, first.id) < (media.created_at, media.id)
        ORDER BY first.created_at, first.id LIMIT 1) END AS duplicate_of,
    (SELECT jsonb_build_object('text_offset', text_offset, 'page', page, 'time_ms', time_ms, 'zoom', zoom, 'detached', detached,
                               'fraction', coalesce(fraction, least(1, text_offset::float8 / nullif(text_length, 0)), 0),
                               'updated_at', device_time)
     FROM listening_positions WHERE media_id = media.id) AS position
"""

# Column, cast of a cursor's key to it, and whether descending. Each has an index whose first column is the owner.
_SORT_COLUMNS: dict[MediaSort, tuple[LiteralString, LiteralString, bool]] = {
    MediaSort.NEWEST: ("created_at", "%(key)s::timestamptz", True),
    MediaSort.OLDEST: ("created_at", "%(key)s::timestamptz", False),
    MediaSort.TITLE: ("title_key", "app.sort_key(%(key)s)", False),
    MediaSort.TITLE_REVERSED: ("title_key", "app.sort_key(%(key)s)", True),
    MediaSort.SMALLEST: ("size_bytes", "%(key)s::bigint", False),
    MediaSort.LARGEST: ("size_bytes", "%(key)s::bigint", True),
    MediaSort.LAST_OPENED: ("coalesce(opened_at, '-infinity')", "%(key)s::timestamptz", True),
}
# The longest word comes first: it excludes most media without the subquery for all words. Not LIKE: Postgres expects few matches,
# and sorts all media of the owner instead of reading them in order until the page is full.
_NAME_MATCHES: LiteralString = """
    strpos(folded_name, (%(words)s::text[])[1]) > 0
    AND NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(folded_name, word) = 0)"""
# Media of the release before, until the sweep folds them. An index lists only those.
_UNFOLDED_NAME_MATCHES: LiteralString = """
    folded_name IS NULL
    AND NOT EXISTS (SELECT FROM unnest(string_to_array(app.fold(%(q)s), ' ')) AS word WHERE strpos(media.name_key, word) = 0)"""
# IS TRUE keeps this a lookup in a hash of the collection's items, made for each media in the order of the list until the page is
# full. As a join, all items would be looked up in the media and sorted.
_IN_COLLECTION: LiteralString = (
    "(media.id IN (SELECT media_id FROM collection_items WHERE collection_id = %(collection)s)) IS TRUE"
)
_METADATA: LiteralString = "(coalesce(file_metadata, '{}') || own_metadata)"
_IN_PROGRESS: LiteralString = f"(media.id IN ({position_store.IN_PROGRESS}))"


@dataclass(frozen=True, slots=True)
class TextSummary:
    """The columns of a media that describe one of its texts. `text_length` is None without text.

    `is_being_recognized`: the text of pages is still missing, and another version will take its place. `speakable_length` is the
    length of the text up to the first such page; 0 if that is not known.
    """

    version: int
    text_length: int | None
    notes: list[dict[str, str]]
    language: str | None
    title: str
    chapters: list[dict[str, object]]
    is_being_recognized: bool
    speakable_length: int


def get(connection: Connection, media_id: UUID) -> Media | None:
    return database.fetch_one(
        connection, Media, f"SELECT {MEDIA_COLUMNS} FROM media WHERE id = %(id)s", {"id": media_id}
    )


def list_page(
    connection: Connection,
    media_filter: MediaFilter,
    *,
    media_types: Sequence[str] | None,
    sort: MediaSort,
    after: KeysetCursor[datetime | int | str] | None,
    limit: int,
) -> list[Media]:
    """List media in a sort order, after a cursor. `media_types` are those that `media_filter.media_type` covers."""
    column, key, is_descending = _SORT_COLUMNS[sort]
    direction: LiteralString = "DESC" if is_descending else "ASC"
    conditions: list[LiteralString] = [
        "status = %(status)s" if media_filter.status is not None else "status <> 'trashed'",
    ]
    if media_types is not None:
        conditions.append("media_type = ANY(%(types)s)")
    if media_filter.tag is not None:
        conditions.append("media.id IN (SELECT media_id FROM media_tags WHERE tag = %(tag)s)")
    if media_filter.collection_id is not None:
        conditions.append(_IN_COLLECTION)
    if media_filter.creator is not None:
        conditions.append(f"{_METADATA} @> jsonb_build_object('creators', jsonb_build_array(%(creator)s::text))")
    if media_filter.series is not None:
        conditions.append(f"{_METADATA} ->> 'series' = %(series)s")
    if media_filter.in_progress is not None:
        conditions.append(f"{_IN_PROGRESS} IS {'TRUE' if media_filter.in_progress else 'NOT TRUE'}")
    if after is not None:
        conditions.append(f"({column}, media.id) {'<' if is_descending else '>'} ({key}, %(id)s)")
    words = sorted(folding.fold(media_filter.q or "").split(), key=len, reverse=True)
    end: LiteralString = f"ORDER BY {column} {direction}, media.id {direction} LIMIT %(limit)s"
    rows: LiteralString = f"WHERE {' AND '.join(conditions)}"
    if words:
        # Without other columns in the subqueries, the names are read from the index of the sort order.
        rows = f"""WHERE media.id = ANY(ARRAY(
            (SELECT media.id FROM media {rows} AND {_NAME_MATCHES} {end}) UNION ALL
            (SELECT media.id FROM media {rows} AND {_UNFOLDED_NAME_MATCHES} {end})))"""
    return database.fetch(
        connection,
        Media,
        f"SELECT {MEDIA_COLUMNS} FROM media {rows} {end}",
        {
            "status": media_filter.status,
            "types": media_types,
            "tag": media_filter.tag,
            "collection": media_filter.collection_id,
            "creator": media_filter.creator,
            "series": media_filter.series,
            "q": media_filter.q,
            "words": words,
            "key": after and after.key,
            "id": after and after.id,
            "limit": limit,
        },
    )


def lock(connection: Connection, media_id: UUID) -> None:
    """Lock a media against other changes until the end of the transaction."""
    connection.execute("SELECT FROM media WHERE id = %s FOR UPDATE", [media_id])


def update_opened(connection: Connection, media_id: UUID) -> None:
    """Store that a media is opened now. Within a minute of the last time, and while its row is locked, nothing is stored."""
    connection.execute(
        """UPDATE media SET opened_at = now() WHERE id = (
               SELECT id FROM media WHERE id = %s AND coalesce(opened_at, '-infinity') < now() - interval '1 minute'
               FOR NO KEY UPDATE SKIP LOCKED)""",
        [media_id],
    )


def get_names(connection: Connection, media_id: UUID) -> NamedMedia | None:
    return database.fetch_one(
        connection,
        NamedMedia,
        "SELECT title, filename, file_metadata, own_metadata, has_own_title FROM media WHERE id = %(id)s",
        {"id": media_id},
    )


def update_names(connection: Connection, media_id: UUID, names: NamedMedia) -> None:
    """Change title and metadata. The folded name of a media that is not folded yet stays empty: its text is not folded either."""
    connection.execute(
        """UPDATE media SET title = %(title)s, has_own_title = %(is_own)s, file_metadata = %(file)s, own_metadata = %(own)s,
               folded_name = CASE WHEN folded_name IS NOT NULL THEN %(folded)s END, updated_at = now()
           WHERE id = %(id)s""",
        {
            "id": media_id,
            "title": names.title,
            "is_own": names.has_own_title,
            "file": None if names.file_metadata is None else json.dumps(names.file_metadata),
            "own": json.dumps(names.own_metadata or {}),
            "folded": folding.fold_name(names.title, names.filename, names.names),
        },
    )


def replace_tags(connection: Connection, owner_id: UUID, media_id: UUID, tags: Sequence[str]) -> None:
    """Replace all tags of a locked media."""
    connection.execute("UPDATE media SET updated_at = now() WHERE id = %s", [media_id])
    connection.execute("DELETE FROM media_tags WHERE media_id = %s", [media_id])
    connection.execute(
        "INSERT INTO media_tags (media_id, owner_id, tag) SELECT %s, %s, unnest(%s::text[])",
        [media_id, owner_id, list(tags)],
    )


def reject_after_acceptance(connection: Connection, media_id: UUID, rejection: Rejection) -> int | None:
    """Reject a ready or trashed media and return its size; None if it is neither."""
    row = connection.execute(
        """UPDATE media SET status = 'rejected', updated_at = now(), ready_at = NULL, trashed_at = NULL,
                            rejection_code = %s, rejection_detail = %s
           WHERE id = %s AND status IN ('ready', 'trashed') RETURNING size_bytes""",
        [rejection.code, rejection.detail, media_id],
    ).fetchone()
    return int(row[0]) if row else None


def get_object(connection: Connection, media_id: UUID) -> StoredObject | None:
    return next(iter(list_objects(connection, [media_id])), None)


def list_objects(connection: Connection, media_ids: Sequence[UUID]) -> list[StoredObject]:
    return database.fetch(
        connection,
        StoredObject,
        """SELECT id, owner_id, filename, media_type, size_bytes, status, etag, view_etag, view_bytes, original_withheld,
                  ready_at
           FROM media WHERE id = ANY(%(ids)s)""",
        {"ids": list(media_ids)},
    )


def get_access(connection: Connection, media_id: UUID) -> MediaAccess | None:
    return database.fetch_one(
        connection,
        MediaAccess,
        """SELECT filename, status, EXISTS (SELECT FROM erasures WHERE owner_id = app.current_owner_id()) AS is_being_erased
           FROM media WHERE id = %(id)s""",
        {"id": media_id},
    )


def list_recording_chapters(connection: Connection, media_id: UUID) -> list[dict[str, object]]:
    """Return the chapters of an uploaded recording; those of a document are parts of its text, and none of these."""
    row = connection.execute(
        "SELECT chapters FROM media WHERE id = %(id)s AND text_length IS NULL AND duration_ms IS NOT NULL",
        {"id": media_id},
    ).fetchone()
    return list(row[0]) if row else []


def get_text_summary(connection: Connection, media_id: UUID, *, version: int | None = None) -> TextSummary | None:
    """Return what describes a text, without a version the current one; None if there is no such version."""
    return database.fetch_one(
        connection,
        TextSummary,
        """SELECT text_version AS version, text_length, notes, language, title, chapters,
                  coalesce(recognition_status = 'recognizing', false) AS is_being_recognized,
                  coalesce(CASE WHEN recognition_status = 'recognizing'
                                THEN (SELECT max(text_end) FROM media_passages
                                      WHERE media_id = media.id AND page <= recognition_text_pages)
                                ELSE text_length END, 0) AS speakable_length FROM media
           WHERE id = %(id)s AND (%(version)s::int IS NULL OR text_version = %(version)s::int) UNION ALL
           SELECT number, text_versions.text_length, notes, text_versions.language, title, text_versions.chapters, false,
                  text_versions.text_length
           FROM text_versions JOIN media ON media.id = media_id
           WHERE media_id = %(id)s AND number = %(version)s::int AND number < text_version""",
        {"id": media_id, "version": version},
    )
