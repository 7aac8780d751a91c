"""SQL of exports of readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection
from chalicelib.speech.exports.model import Format, SpeechExport

EXPORT_COLUMNS: LiteralString = """id, job_id, format, status, size_bytes, error, created_at, finished_at, expires_at,
                           jsonb_build_object('done', cardinality(etags), 'total', parts) AS progress"""


@dataclass(frozen=True, slots=True)
class ExportClaim:
    """The right to go on with an export until the lease runs out, and where it stands."""

    id: UUID
    owner_id: UUID
    job_id: UUID
    format: str
    fence: int
    created_at: datetime
    upload_id: str | None
    layout: str | None
    etags: list[str]


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """An export, as the sweep sees those of all owners."""

    id: UUID
    owner_id: UUID
    job_id: UUID
    format: str


def insert(connection: Connection, owner_id: UUID, job_id: UUID, export_id: UUID, kind: Format) -> bool:
    """False when one of this kind is under way, or a first try wrote this one already."""
    cursor = connection.execute(
        "INSERT INTO speech_exports (id, owner_id, job_id, format) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [export_id, owner_id, job_id, kind],
    )
    return cursor.rowcount == 1


def complete_ready_made(connection: Connection, export_id: UUID, *, size_bytes: int, days: int) -> None:
    """For what was there before it was asked for."""
    connection.execute(
        """UPDATE speech_exports SET status = 'done', size_bytes = %s, parts = 1, etags = '{""}', finished_at = now(),
                                     expires_at = now() + make_interval(days => %s) WHERE id = %s AND status = 'queued'""",
        [size_bytes, days, export_id],
    )


def get(connection: Connection, job_id: UUID, export_id: UUID) -> SpeechExport | None:
    return database.fetch_one(
        connection,
        SpeechExport,
        f"SELECT {EXPORT_COLUMNS} FROM speech_exports WHERE id = %(id)s AND job_id = %(job)s",
        {"id": export_id, "job": job_id},
    )


def get_unfinished(connection: Connection, job_id: UUID, kind: Format) -> SpeechExport | None:
    return database.fetch_one(
        connection,
        SpeechExport,
        f"""SELECT {EXPORT_COLUMNS} FROM speech_exports
            WHERE job_id = %(job)s AND format = %(format)s AND status IN ('queued', 'running')""",
        {"job": job_id, "format": kind},
    )


def list_newest(connection: Connection, job_id: UUID, *, after: TimeCursor | None, limit: int) -> list[SpeechExport]:
    return database.fetch(
        connection,
        SpeechExport,
        f"""SELECT {EXPORT_COLUMNS} FROM speech_exports
            WHERE job_id = %(job)s AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"job": job_id, "at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def delete(connection: Connection, job_id: UUID, export_id: UUID) -> Format | None:
    """The removed one's format; None when there was none."""
    row = connection.execute(
        "DELETE FROM speech_exports WHERE id = %s AND job_id = %s RETURNING format", [export_id, job_id]
    ).fetchone()
    return Format(row[0]) if row else None


# ---- the job -----------------------------------------------------------------------------------------------------------


def claim(connection: Connection, export_id: UUID, *, lease_s: int) -> ExportClaim | None:
    """Take an unfinished export that nobody holds."""
    return database.fetch_one(
        connection,
        ExportClaim,
        """
        UPDATE speech_exports SET status = 'running', fence = fence + 1, updated_at = now(),
                                  lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND status IN ('queued', 'running')
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING id, owner_id, job_id, format, fence, created_at, upload_id, layout, etags
        """,
        {"id": export_id, "lease": lease_s},
    )


def start_upload(connection: Connection, held: ExportClaim, *, upload_id: str, layout: str, parts: int) -> bool:
    """Write down storage's upload, with nothing in it. False when the claim was lost."""
    cursor = connection.execute(
        """UPDATE speech_exports SET upload_id = %s, layout = %s, parts = %s, etags = '{}', updated_at = now()
           WHERE id = %s AND fence = %s AND status = 'running'""",
        [upload_id, layout, parts, held.id, held.fence],
    )
    return cursor.rowcount == 1


def add_part(connection: Connection, held: ExportClaim, etag: str) -> bool:
    """Write down that storage has the next part. False when the claim was lost."""
    cursor = connection.execute(
        """UPDATE speech_exports SET etags = etags || %s::text, updated_at = now()
           WHERE id = %s AND fence = %s AND status = 'running'""",
        [etag, held.id, held.fence],
    )
    return cursor.rowcount == 1


def release(connection: Connection, held: ExportClaim) -> None:
    connection.execute(
        """UPDATE speech_exports SET lease_until = NULL, updated_at = now()
           WHERE id = %s AND fence = %s AND status = 'running'""",
        [held.id, held.fence],
    )


def complete(
    connection: Connection,
    held: ExportClaim,
    status: str,
    *,
    days: int,
    size_bytes: int | None = None,
    error: str | None = None,
) -> bool:
    """False when the claim was lost meanwhile; then nothing was written."""
    cursor = connection.execute(
        """UPDATE speech_exports SET status = %(status)s, error = %(error)s, size_bytes = %(size)s, lease_until = NULL,
                  upload_id = NULL, updated_at = now(), finished_at = now(), expires_at = now() + make_interval(days => %(days)s)
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"id": held.id, "fence": held.fence, "status": status, "error": error, "size": size_bytes, "days": days},
    )
    return cursor.rowcount == 1


# ---- the sweep ---------------------------------------------------------------------------------------------------------


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[ExportSummary]:
    """Unfinished exports of all owners that should have moved by now."""
    return database.fetch(
        connection,
        ExportSummary,
        """SELECT id, owner_id, job_id, format FROM speech_exports
           WHERE status IN ('queued', 'running') AND updated_at < now() - make_interval(secs => %(idle)s)
                 AND (lease_until IS NULL OR lease_until < now()) ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def list_expired(connection: Connection, *, limit: int) -> list[ExportSummary]:
    return database.fetch(
        connection,
        ExportSummary,
        """SELECT id, owner_id, job_id, format FROM speech_exports
           WHERE expires_at < now() ORDER BY expires_at LIMIT %(limit)s""",
        {"limit": limit},
    )
