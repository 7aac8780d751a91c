"""SQL of text versions: the current text of a media, and earlier ones that recordings were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.library.model import VersionReason
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class CurrentText:
    """The columns of a media that describe its current text. `text_length` is None without text."""

    filename: str
    status: str
    text_version: int
    text_length: int | None
    word_count: int | None
    language: str | None
    chosen_language: str | None
    chapters: list[dict[str, object]]
    notes: list[dict[str, str]]
    text_extractor: int | None
    ready_at: datetime | None


@dataclass(frozen=True, slots=True)
class TextVersion:
    """A text version. `extractor` is None for texts of earlier releases, `created_at` for now."""

    number: int
    reason: VersionReason
    language: str | None
    text_length: int
    word_count: int
    chapters: Sequence[Mapping[str, object]]
    extractor: int | None
    created_at: datetime | None = None


def lock_current(connection: Connection, media_id: UUID) -> CurrentText | None:
    """Lock a media, and return what describes its text."""
    return database.fetch_one(
        connection,
        CurrentText,
        """SELECT filename, status, text_version, text_length, word_count, language, chosen_language, chapters, notes,
                  text_extractor, ready_at
           FROM media WHERE id = %(id)s FOR UPDATE""",
        {"id": media_id},
    )


def lock_shared(connection: Connection, media_id: UUID) -> None:
    """Keep the current text of a media until the end of the transaction."""
    connection.execute("SELECT FROM media WHERE id = %s FOR SHARE", [media_id])


def update_current(
    connection: Connection,
    media_id: UUID,
    version: TextVersion,
    notes: Sequence[Mapping[str, str]],
) -> None:
    """Describe the current text of a locked media."""
    connection.execute(
        """UPDATE media SET text_version = %(number)s, language = %(language)s, text_length = %(length)s, word_count = %(words)s,
                            chapters = %(chapters)s, text_extractor = %(extractor)s, notes = %(notes)s, updated_at = now()
           WHERE id = %(id)s""",
        {
            "id": media_id,
            "number": version.number,
            "language": version.language,
            "length": version.text_length,
            "words": version.word_count,
            "chapters": json.dumps(list(version.chapters)),
            "extractor": version.extractor,
            "notes": json.dumps(list(notes)),
        },
    )


def update_extractor(connection: Connection, media_id: UUID, extractor: int) -> None:
    connection.execute("UPDATE media SET text_extractor = %s WHERE id = %s", [extractor, media_id])


def upsert(connection: Connection, owner_id: UUID, media_id: UUID, version: TextVersion) -> None:
    connection.execute(
        """INSERT INTO text_versions (media_id, owner_id, number, reason, language, text_length, word_count, chapters, extractor,
                                      created_at)
           VALUES (%(media)s, %(owner)s, %(number)s, %(reason)s, %(language)s, %(length)s, %(words)s, %(chapters)s, %(extractor)s,
                   coalesce(%(at)s::timestamptz, now()))
           ON CONFLICT (media_id, owner_id, number) DO UPDATE
               SET language = excluded.language, text_length = excluded.text_length, word_count = excluded.word_count,
                   chapters = excluded.chapters, extractor = excluded.extractor""",
        {
            "media": media_id,
            "owner": owner_id,
            "number": version.number,
            "reason": version.reason,
            "language": version.language,
            "length": version.text_length,
            "words": version.word_count,
            "chapters": json.dumps(list(version.chapters)),
            "extractor": version.extractor,
            "at": version.created_at,
        },
    )


def set_jobs_version(connection: Connection, media_id: UUID, number: int) -> bool:
    """Give the recordings of the current text its number, before another one replaces it; return whether there are any."""
    cursor = connection.execute(
        "UPDATE speech_jobs SET text_version = %s WHERE media_id = %s AND text_version IS NULL", [number, media_id]
    )
    return cursor.rowcount > 0


def keep_passages(connection: Connection, media_id: UUID, number: int) -> None:
    """Copy the current text to the former ones, as the version `number`."""
    connection.execute(
        """INSERT INTO former_passages (media_id, owner_id, version, number, page, text_start, text_end, body, blocks, spans,
                                        left_out)
           SELECT media_id, owner_id, %(version)s, number, page, text_start, text_end, body, blocks, spans, left_out
           FROM media_passages WHERE media_id = %(media)s""",
        {"media": media_id, "version": number},
    )


def delete_unused(connection: Connection, media_id: UUID) -> None:
    """Delete earlier texts of a media without recordings."""
    connection.execute(
        """DELETE FROM text_versions AS version
           WHERE version.media_id = %(media)s AND number < (SELECT text_version FROM media WHERE id = %(media)s)
                 AND NOT EXISTS (SELECT FROM speech_jobs WHERE speech_jobs.media_id = %(media)s AND text_version = number)""",
        {"media": media_id},
    )
