"""SQL of an upload's life: from `pending` to `ready`, `rejected` or `expired`. What follows is the library's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.inspection.antivirus.guardduty import ScanOutcome, ScanResult
from chalicelib.inspection.model import InspectionWarning, Rejection
from chalicelib.library.model import Status
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.uploads.model import Declaration, UploadClaim, UploadRow


@dataclass(frozen=True, slots=True)
class AcceptedUpload:
    """What is written about a media that passed. `media_type` is the accepted type, where an alias was declared."""

    media_type: str
    etag: str
    original_withheld: bool
    view_etag: str | None
    view_bytes: int | None
    notes: Sequence[InspectionWarning]
    page_count: int | None
    duration_ms: int | None
    width: int | None
    height: int | None
    word_count: int | None
    language: str | None
    text_length: int | None
    has_thumbnail: bool
    chapters: Sequence[dict[str, object]]


@dataclass(frozen=True, slots=True)
class StalledUpload:
    """`upload_id` is S3's id of an upload in parts whose sizes no signature fixed."""

    id: UUID
    owner_id: UUID
    status: str
    size_bytes: int
    created_at: datetime
    upload_id: str | None


def insert_pending(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    declared: Declaration,
    *,
    title: str,
    reserved_bytes: int,
    expires_at: datetime,
) -> None:
    connection.execute(
        """
        INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, size_declared, sha256, upload_method,
                           upload_expires_at)
        VALUES (%(id)s, %(owner)s, %(filename)s, %(title)s, %(type)s, %(bytes)s, %(declared)s, %(sha256)s, %(method)s, %(until)s)
        """,
        {
            "id": media_id,
            "owner": owner_id,
            "filename": declared.filename,
            "title": title,
            "type": declared.media_type,
            "bytes": reserved_bytes,
            "declared": declared.size_bytes is not None,
            "sha256": declared.sha256,
            "method": declared.method,
            "until": expires_at,
        },
    )


def get(connection: Connection, media_id: UUID) -> UploadRow | None:
    return database.fetch_one(
        connection,
        UploadRow,
        """
        SELECT id, status, filename, media_type, size_bytes, size_declared, sha256, upload_method, upload_expires_at,
               media.created_at, upload_id, part_bytes, completing_at
        FROM media LEFT JOIN multipart_uploads ON media_id = id WHERE id = %(id)s
        """,
        {"id": media_id},
    )


def extend_expiry(connection: Connection, media_id: UUID, *, expires_at: datetime) -> None:
    """Wait longer for an upload; never shorter than before."""
    connection.execute(
        """UPDATE media SET upload_expires_at = %s
           WHERE id = %s AND status = 'pending' AND upload_expires_at < %s""",
        [expires_at, media_id, expires_at],
    )


def delete_pending(connection: Connection, media_id: UUID) -> int | None:
    """Forget an upload that nobody inspects yet; answers the size that was reserved, or None when it is none of those."""
    row = connection.execute(
        "DELETE FROM media WHERE id = %s AND status = 'pending' RETURNING size_bytes", [media_id]
    ).fetchone()
    return int(row[0]) if row else None


def insert_multipart(
    connection: Connection, owner_id: UUID, media_id: UUID, *, upload_id: str, part_bytes: int | None
) -> str:
    """Note S3's upload of a media, once; answers the one that was noted first."""
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
    """Take the upload for `lease_s` unless somebody holds it or it is settled; only database time decides."""
    return database.fetch_one(
        connection,
        UploadClaim,
        """
        UPDATE media SET status = 'inspecting', fence = fence + 1, updated_at = now(),
                         lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND (status = 'pending' OR (status = 'inspecting' AND lease_until < clock_timestamp()))
        RETURNING id, filename, media_type, size_bytes, size_declared, sha256, fence
        """,
        {"id": media_id, "lease": lease_s},
    )


def get_status(connection: Connection, media_id: UUID) -> Status | None:
    row = connection.execute("SELECT status FROM media WHERE id = %s", [media_id]).fetchone()
    return Status(row[0]) if row else None


def lock_status(connection: Connection, media_id: UUID) -> Status | None:
    """The media's state, held until the end of the transaction."""
    row = connection.execute("SELECT status FROM media WHERE id = %s FOR UPDATE", [media_id]).fetchone()
    return Status(row[0]) if row else None


def release(connection: Connection, held: UploadClaim) -> None:
    """Let go of an upload that cannot be judged yet: it stays `inspecting`, and anyone may claim it again."""
    connection.execute(
        "UPDATE media SET lease_until = clock_timestamp() WHERE id = %s AND fence = %s AND status = 'inspecting'",
        [held.id, held.fence],
    )


def insert_scan(connection: Connection, owner_id: UUID, media_id: UUID, found: ScanResult) -> None:
    """Keep one statement; the same again is the same."""
    connection.execute(
        """INSERT INTO scan_results (media_id, owner_id, key, version_id, etag, outcome, word)
           VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        [media_id, owner_id, found.key, found.version_id, found.etag, found.outcome, found.word],
    )


def list_scans(connection: Connection, media_id: UUID) -> list[ScanResult]:
    """All that was said about any version."""
    rows = connection.execute(
        "SELECT key, version_id, etag, outcome, word FROM scan_results WHERE media_id = %s", [media_id]
    ).fetchall()
    return [ScanResult(key, version, etag, ScanOutcome(outcome), word) for key, version, etag, outcome, word in rows]


def return_to_pending(connection: Connection, held: UploadClaim) -> None:
    connection.execute(
        "UPDATE media SET status = 'pending', lease_until = NULL WHERE id = %s AND fence = %s AND status = 'inspecting'",
        [held.id, held.fence],
    )


def set_actual_size(connection: Connection, held: UploadClaim, size_bytes: int) -> bool:
    """Write the real size of an upload that came without one. False when the claim was lost meanwhile."""
    cursor = connection.execute(
        "UPDATE media SET size_bytes = %s WHERE id = %s AND fence = %s AND status = 'inspecting' AND NOT size_declared",
        [size_bytes, held.id, held.fence],
    )
    return cursor.rowcount == 1


def release_expired_claim(connection: Connection, media_id: UUID) -> None:
    """Back to `pending` when the worker is dead and the object gone; what follows is what follows a missing upload."""
    connection.execute(
        """UPDATE media SET status = 'pending', lease_until = NULL
           WHERE id = %s AND status = 'inspecting' AND lease_until < clock_timestamp()""",
        [media_id],
    )


def complete_ready(connection: Connection, held: UploadClaim, outcome: AcceptedUpload) -> bool:
    """False when the claim was lost meanwhile; then nothing was written."""
    cursor = connection.execute(
        """
        UPDATE media SET status = 'ready', ready_at = now(), updated_at = now(), lease_until = NULL,
               media_type = %(type)s, duration_ms = %(duration)s, width = %(width)s, height = %(height)s,
               etag = %(etag)s, original_withheld = %(withheld)s, view_etag = %(view_etag)s, view_bytes = %(view_bytes)s,
               notes = %(notes)s, page_count = %(page_count)s, word_count = %(word_count)s, language = %(language)s,
               text_length = %(text_length)s, has_thumbnail = %(thumbnail)s, chapters = %(chapters)s
        WHERE id = %(id)s AND fence = %(fence)s AND status = 'inspecting'
        """,
        {
            "id": held.id,
            "fence": held.fence,
            "type": outcome.media_type,
            "duration": outcome.duration_ms,
            "width": outcome.width,
            "height": outcome.height,
            "etag": outcome.etag,
            "withheld": outcome.original_withheld,
            "view_etag": outcome.view_etag,
            "view_bytes": outcome.view_bytes,
            "notes": json.dumps([{"code": note.code, "detail": note.detail} for note in outcome.notes]),
            "page_count": outcome.page_count,
            "word_count": outcome.word_count,
            "language": outcome.language,
            "text_length": outcome.text_length,
            "thumbnail": outcome.has_thumbnail,
            "chapters": json.dumps(list(outcome.chapters)),
        },
    )
    return cursor.rowcount == 1


def complete_rejected(connection: Connection, held: UploadClaim, rejection: Rejection) -> bool:
    """False when the claim was lost meanwhile; then nothing was written."""
    cursor = connection.execute(
        """
        UPDATE media SET status = 'rejected', updated_at = now(), lease_until = NULL,
                         rejection_code = %(code)s, rejection_detail = %(detail)s
        WHERE id = %(id)s AND fence = %(fence)s AND status = 'inspecting'
        """,
        {"id": held.id, "fence": held.fence, "code": rejection.code, "detail": rejection.detail},
    )
    return cursor.rowcount == 1


def mark_expired(connection: Connection, media_id: UUID, *, grace_s: int) -> int | None:
    """Settle an upload that never came; answers its size, or None when it is not (or no longer) one of those."""
    row = connection.execute(
        """
        UPDATE media SET status = 'expired', updated_at = now()
        WHERE id = %s AND status = 'pending' AND upload_expires_at < now() - make_interval(secs => %s)
        RETURNING size_bytes
        """,
        [media_id, grace_s],
    ).fetchone()
    return int(row[0]) if row else None


def list_stalled(connection: Connection, *, pending_s: int, limit: int) -> list[StalledUpload]:
    """Uploads of all owners that should have moved by now: no event came, or a worker died. Oldest first."""
    return database.fetch(
        connection,
        StalledUpload,
        """
        SELECT id, media.owner_id, status, size_bytes, media.created_at, upload_id
        FROM media LEFT JOIN multipart_uploads ON media_id = id AND part_bytes IS NULL
        WHERE (status = 'pending' AND media.created_at < now() - make_interval(secs => %(pending)s))
           OR (status = 'inspecting' AND lease_until < clock_timestamp() - make_interval(secs => %(pending)s))
        ORDER BY upload_expires_at LIMIT %(limit)s
        """,
        {"pending": pending_s, "limit": limit},
    )
