"""SQL of uploads, from `pending` to `ready`, `rejected` or `expired`. The library has the SQL of finished media."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.inspection.model import InspectionWarning, Rejection
from chalicelib.library import folding, media_metadata
from chalicelib.library.model import Status
from chalicelib.metadata.model import Metadata
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.uploads.model import Declaration, UploadClaim, UploadRow


@dataclass(frozen=True, slots=True)
class AcceptedUpload:
    """Columns of a media that passed the inspection. `media_type` is the canonical type, also when an alias was declared.

    `inspected_etag` is of the incoming object, `etag` of its copy in the library.
    """

    media_type: str
    sha256: str
    inspected_etag: str
    etag: str
    original_withheld: bool
    view_etag: str | None
    view_bytes: int | None
    warnings: Sequence[InspectionWarning]
    page_count: int | None
    duration_ms: int | None
    width: int | None
    height: int | None
    word_count: int | None
    language: str | None
    text_length: int | None
    has_thumbnail: bool
    metadata: Metadata
    chapters: Sequence[dict[str, object]]


def insert_pending(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    declaration: Declaration,
    *,
    title: str,
    reserved_bytes: int,
    expires_at: datetime,
) -> None:
    connection.execute(
        """
        INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, size_declared, sha256, upload_method,
                           upload_expires_at, source_url, folded_name)
        VALUES (%(id)s, %(owner)s, %(filename)s, %(title)s, %(type)s, %(bytes)s, %(declared)s, %(sha256)s, %(method)s, %(until)s,
                %(source_url)s, %(folded_name)s)
        """,
        {
            "id": media_id,
            "owner": owner_id,
            "filename": declaration.filename,
            "title": title,
            "type": declaration.media_type,
            "bytes": reserved_bytes,
            "declared": declaration.size_bytes is not None,
            "sha256": declaration.sha256,
            "method": declaration.method,
            "until": expires_at,
            "source_url": declaration.source_url,
            "folded_name": folding.fold_name(title, declaration.filename),
        },
    )


def get(connection: Connection, media_id: UUID) -> UploadRow | None:
    return database.fetch_one(
        connection,
        UploadRow,
        """
        SELECT id, status, filename, media_type, size_bytes, size_declared, sha256, upload_method, upload_expires_at,
               media.created_at, source_url IS NOT NULL AS is_fetched, upload_id, part_bytes, completing_at
        FROM media LEFT JOIN multipart_uploads ON media_id = id WHERE id = %(id)s
        """,
        {"id": media_id},
    )


def extend_expiry(connection: Connection, media_id: UUID, *, expires_at: datetime) -> None:
    """Postpone the expiry of a pending upload; never bring it forward."""
    connection.execute(
        """UPDATE media SET upload_expires_at = %s
           WHERE id = %s AND status = 'pending' AND upload_expires_at < %s""",
        [expires_at, media_id, expires_at],
    )


def delete_pending(connection: Connection, media_id: UUID) -> int | None:
    """Delete a pending upload and return the bytes it reserved; None if it is not pending."""
    row = connection.execute(
        "DELETE FROM media WHERE id = %s AND status = 'pending' RETURNING size_bytes", [media_id]
    ).fetchone()
    return int(row[0]) if row else None


def insert_multipart(
    connection: Connection, owner_id: UUID, media_id: UUID, *, upload_id: str, part_bytes: int | None
) -> str:
    """Link a media to an S3 multipart upload and return its id; the first link stays."""
    connection.execute(
        """INSERT INTO multipart_uploads (media_id, owner_id, upload_id, part_bytes) VALUES (%s, %s, %s, %s)
           ON CONFLICT (media_id) DO NOTHING""",
        [media_id, owner_id, upload_id, part_bytes],
    )
    row = connection.execute("SELECT upload_id FROM multipart_uploads WHERE media_id = %s", [media_id]).fetchone()
    return str(row[0]) if row else upload_id


def mark_completing(connection: Connection, media_id: UUID) -> None:
    connection.execute(
        "UPDATE multipart_uploads SET completing_at = coalesce(completing_at, now()) WHERE media_id = %s", [media_id]
    )


def claim(connection: Connection, media_id: UUID, *, lease_s: int) -> UploadClaim | None:
    """Claim an unfinished upload for `lease_s`, unless another lease is running by the database's clock."""
    return database.fetch_one(
        connection,
        UploadClaim,
        """
        UPDATE media SET status = 'inspecting', fence = fence + 1, updated_at = now(), waiting_since = NULL,
                         lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND (status = 'pending' OR (status = 'inspecting' AND lease_until < clock_timestamp()))
        RETURNING id, owner_id, fence AS fencing_token, filename, media_type, size_bytes, size_declared, sha256,
                  source_url IS NOT NULL AS is_fetched
        """,
        {"id": media_id, "lease": lease_s},
    )


def get_status(connection: Connection, media_id: UUID) -> Status | None:
    row = connection.execute("SELECT status FROM media WHERE id = %s", [media_id]).fetchone()
    return Status(row[0]) if row else None


def lock_status(connection: Connection, media_id: UUID) -> Status | None:
    """Return the media's status and lock its row until the end of the transaction."""
    row = connection.execute("SELECT status FROM media WHERE id = %s FOR UPDATE", [media_id]).fetchone()
    return Status(row[0]) if row else None


def release(connection: Connection, claim: UploadClaim) -> None:
    """End the lease early: the upload stays `inspecting`, and any worker may claim it."""
    connection.execute(
        "UPDATE media SET lease_until = clock_timestamp() WHERE id = %s AND fence = %s AND status = 'inspecting'",
        [claim.id, claim.fencing_token],
    )


def return_to_pending(connection: Connection, claim: UploadClaim) -> None:
    connection.execute(
        "UPDATE media SET status = 'pending', lease_until = NULL WHERE id = %s AND fence = %s AND status = 'inspecting'",
        [claim.id, claim.fencing_token],
    )


def set_actual_size(connection: Connection, claim: UploadClaim, size_bytes: int) -> None:
    """Record the real size of an upload whose size was not declared. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE media SET size_bytes = %(bytes)s
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'inspecting' AND NOT size_declared""",
        {"bytes": size_bytes},
    )


def set_declaration(connection: Connection, claim: UploadClaim, *, filename: str, media_type: str) -> None:
    """Record the name and type of a fetched file; its title follows the name unless the owner set one. Raises LeaseLostError."""
    title = media_metadata.title_from_filename(filename)
    lease.write(
        connection,
        claim,
        """
        UPDATE media SET filename = %(filename)s, media_type = %(type)s,
               title = CASE WHEN has_own_title THEN title ELSE %(title)s END,
               folded_name = CASE WHEN has_own_title THEN folded_name ELSE %(folded)s END
        WHERE id = %(id)s AND fence = %(fence)s AND status = 'inspecting' AND source_url IS NOT NULL
        """,
        {
            "filename": filename,
            "type": media_type,
            "title": title,
            "folded": folding.fold_name(title, filename),
        },
    )


def is_any_import_pending(connection: Connection) -> bool:
    """Return whether an import of any owner waits for its page."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM media WHERE status = 'pending' AND source_url IS NOT NULL)"
    ).fetchone()
    return bool(row and row[0])


def complete_ready(connection: Connection, claim: UploadClaim, row: AcceptedUpload) -> None:
    """Complete an upload; its title follows the metadata of the file unless the owner set one. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """
        UPDATE media SET status = 'ready', ready_at = now(), updated_at = now(), lease_until = NULL,
               media_type = %(type)s, sha256 = %(sha256)s, duration_ms = %(duration)s, width = %(width)s, height = %(height)s,
               etag = %(etag)s, original_withheld = %(withheld)s, view_etag = %(view_etag)s, view_bytes = %(view_bytes)s,
               notes = %(notes)s, page_count = %(page_count)s, word_count = %(word_count)s, language = %(language)s,
               text_length = %(text_length)s, has_thumbnail = %(thumbnail)s, chapters = %(chapters)s,
               inspected_etag = %(inspected)s, file_metadata = %(metadata)s, title = CASE
                   WHEN has_own_title OR title <> %(filename_title)s THEN title ELSE coalesce(%(title)s, title) END
        WHERE id = %(id)s AND fence = %(fence)s AND status = 'inspecting'
        """,
        {
            "type": row.media_type,
            "sha256": row.sha256,
            "duration": row.duration_ms,
            "width": row.width,
            "height": row.height,
            "etag": row.etag,
            "withheld": row.original_withheld,
            "view_etag": row.view_etag,
            "view_bytes": row.view_bytes,
            "notes": json.dumps([{"code": warning.code, "detail": warning.detail} for warning in row.warnings]),
            "page_count": row.page_count,
            "word_count": row.word_count,
            "language": row.language,
            "text_length": row.text_length,
            "thumbnail": row.has_thumbnail,
            "chapters": json.dumps(list(row.chapters)),
            "inspected": row.inspected_etag,
            "metadata": json.dumps(asdict(row.metadata)),
            "filename_title": media_metadata.title_from_filename(claim.filename),
            "title": row.metadata.title,
        },
    )


def complete_rejected(
    connection: Connection, claim: UploadClaim, rejection: Rejection, *, inspected_etag: str | None = None
) -> None:
    """Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """
        UPDATE media SET status = 'rejected', updated_at = now(), lease_until = NULL,
                         rejection_code = %(code)s, rejection_detail = %(detail)s, inspected_etag = %(inspected)s
        WHERE id = %(id)s AND fence = %(fence)s AND status = 'inspecting'
        """,
        {"code": rejection.code, "detail": rejection.detail, "inspected": inspected_etag},
    )


def add_note_on_other_bytes(
    connection: Connection, media_id: UUID, note: InspectionWarning, etags: Iterable[str]
) -> bool:
    """Add a note to an upload that has ended, unless it has it or all of these ETags are that of the inspected bytes.

    Returns whether it was added. Rows without the ETag are those that an earlier release finished, or the sweep without bytes.
    """
    cursor = connection.execute(
        """
        UPDATE media SET notes = notes || %(notes)s::jsonb
        WHERE id = %(id)s AND NOT notes @> %(code)s::jsonb
              AND (status = 'expired' OR (inspected_etag IS NOT NULL AND NOT %(etags)s::text[] <@ ARRAY[inspected_etag]))
        """,
        {
            "id": media_id,
            "notes": json.dumps([{"code": note.code, "detail": note.detail}]),
            "code": json.dumps([{"code": note.code}]),
            "etags": list(etags),
        },
    )
    return cursor.rowcount == 1
