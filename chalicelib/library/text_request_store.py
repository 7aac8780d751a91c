"""SQL of text requests: texts that are to be made again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.inspection.model import InspectionWarning
from chalicelib.library.model import VersionReason
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.lease import Lease


@dataclass(frozen=True, slots=True)
class TextSource:
    """The columns of a media on which its text depends, and what its owner chose."""

    filename: str
    media_type: str
    status: str
    chosen_language: str | None
    chosen_encoding: str | None
    has_text: bool


@dataclass(frozen=True, slots=True)
class TextRequestClaim(Lease):
    """The right to make the text of the media `id` again."""

    reason: str
    filename: str
    media_type: str
    status: str
    size_bytes: int
    chosen_language: str | None
    chosen_encoding: str | None
    original_withheld: bool
    has_view: bool
    has_text: bool
    is_recognized: bool
    has_metadata: bool


@dataclass(frozen=True, slots=True)
class StalledRequest:
    """A text request of any owner whose message or worker was lost."""

    media_id: UUID
    owner_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OutdatedText:
    """A media of any owner whose text an earlier extractor made."""

    id: UUID
    owner_id: UUID


def lock_source(connection: Connection, media_id: UUID) -> TextSource | None:
    return database.fetch_one(
        connection,
        TextSource,
        """SELECT filename, media_type, status, chosen_language, chosen_encoding, coalesce(text_length, 0) > 0 AS has_text
           FROM media WHERE id = %(id)s FOR UPDATE""",
        {"id": media_id},
    )


def update_language(connection: Connection, media_id: UUID, language: str | None) -> None:
    """Set the language that the owner chose; None leaves the media's language until its text is made again."""
    connection.execute(
        "UPDATE media SET chosen_language = %s, language = coalesce(%s, language), updated_at = now() WHERE id = %s",
        [language, language, media_id],
    )


def update_encoding(connection: Connection, media_id: UUID, encoding: str | None) -> None:
    connection.execute("UPDATE media SET chosen_encoding = %s, updated_at = now() WHERE id = %s", [encoding, media_id])


def upsert(connection: Connection, owner_id: UUID, media_id: UUID, reason: VersionReason) -> None:
    """Request a text. A worker that is making it already begins with what has changed since: its lease ends.

    Another encoding is the reason that remains: it changes more than another language.
    """
    connection.execute(
        """INSERT INTO text_requests AS request (media_id, owner_id, reason) VALUES (%(media)s, %(owner)s, %(reason)s)
           ON CONFLICT (media_id) DO UPDATE
               SET reason = CASE WHEN request.reason = 'encoding' THEN 'encoding' ELSE excluded.reason END,
                   fence = request.fence + 1, lease_until = NULL, created_at = now(), updated_at = now()""",
        {"media": media_id, "owner": owner_id, "reason": reason},
    )


def insert_upgrade(connection: Connection, owner_id: UUID, media_id: UUID) -> bool:
    """Request a text by a newer extractor; return False if the text is requested already."""
    cursor = connection.execute(
        """INSERT INTO text_requests (media_id, owner_id, reason) VALUES (%s, %s, 'upgrade') ON CONFLICT DO NOTHING""",
        [media_id, owner_id],
    )
    return cursor.rowcount == 1


def claim(connection: Connection, media_id: UUID, *, lease_s: int) -> TextRequestClaim | None:
    """Claim a request for `lease_s`, unless another lease is running by the database's clock."""
    return database.fetch_one(
        connection,
        TextRequestClaim,
        """UPDATE text_requests AS request
           SET fence = request.fence + 1, updated_at = now(), lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
           FROM media
           WHERE request.media_id = %(id)s AND media.id = request.media_id
                 AND (request.lease_until IS NULL OR request.lease_until < clock_timestamp())
           RETURNING media.id, media.owner_id, request.fence AS fencing_token, reason, filename, media_type, status, size_bytes,
                     chosen_language, chosen_encoding, original_withheld, view_etag IS NOT NULL AS has_view,
                     coalesce(text_length, 0) > 0 AS has_text, EXISTS (
                         SELECT FROM text_versions AS version
                         WHERE version.media_id = media.id AND number = text_version AND version.reason = 'recognition'
                     ) AS is_recognized, file_metadata IS NOT NULL AS has_metadata""",
        {"id": media_id, "lease": lease_s},
    )


def release(connection: Connection, request: TextRequestClaim) -> None:
    """End the lease early, so that a redelivered message need not wait until it expires."""
    connection.execute(
        "UPDATE text_requests SET lease_until = NULL WHERE media_id = %s AND fence = %s",
        [request.id, request.fencing_token],
    )


def complete(connection: Connection, request: TextRequestClaim) -> None:
    """Delete the request in the transaction that stores its text. Raises LeaseLostError."""
    lease.write(connection, request, "DELETE FROM text_requests WHERE media_id = %(id)s AND fence = %(fence)s", {})


def update_view(connection: Connection, media_id: UUID, *, etag: str | None, size_bytes: int | None) -> None:
    """Name the view copy that was written for another encoding; None if the original is shown."""
    connection.execute("UPDATE media SET view_etag = %s, view_bytes = %s WHERE id = %s", [etag, size_bytes, media_id])


def add_note(connection: Connection, media_id: UUID, note: InspectionWarning) -> None:
    """Add a note to a media in the place of one with the same code."""
    connection.execute(
        """UPDATE media SET notes = coalesce((SELECT jsonb_agg(note) FROM jsonb_array_elements(notes) AS note
                                              WHERE note ->> 'code' <> %(code)s), '[]') || %(note)s::jsonb, updated_at = now()
           WHERE id = %(id)s""",
        {"id": media_id, "code": note.code, "note": json.dumps(asdict(note))},
    )


def delete(connection: Connection, media_id: UUID) -> VersionReason | None:
    """Delete a request, and return its reason; None if there is none."""
    row = connection.execute("DELETE FROM text_requests WHERE media_id = %s RETURNING reason", [media_id]).fetchone()
    return VersionReason(row[0]) if row else None


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[StalledRequest]:
    """List requests of all owners that have not changed for `idle_s`, oldest first."""
    return database.fetch(
        connection,
        StalledRequest,
        """SELECT media_id, owner_id, created_at FROM text_requests
           WHERE updated_at < now() - make_interval(secs => %(idle)s) ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def postpone(connection: Connection, media_id: UUID) -> None:
    """Keep a request out of the list of stalled ones for a while: its message was sent again."""
    connection.execute("UPDATE text_requests SET updated_at = now() WHERE media_id = %s", [media_id])


def list_outdated(connection: Connection, *, extractor: int, limit: int) -> list[OutdatedText]:
    """List media of all owners whose text an earlier extractor made, without those that are requested already."""
    return database.fetch(
        connection,
        OutdatedText,
        """SELECT id, owner_id FROM media
           WHERE status = 'ready' AND text_length > 0 AND coalesce(text_extractor, 0) < %(extractor)s
                 AND NOT EXISTS (SELECT FROM text_requests WHERE media_id = media.id)
           ORDER BY coalesce(text_extractor, 0), owner_id, id LIMIT %(limit)s""",
        {"extractor": extractor, "limit": limit},
    )
