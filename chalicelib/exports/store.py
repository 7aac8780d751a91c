"""SQL for exports as the API shows them: an account's in `exports`, a recording's in `speech_exports`."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from chalicelib.exports.model import Export, Format, SpeechExport
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection

EXPORT_COLUMNS: LiteralString = """id, status, file_count AS files, byte_count AS size_bytes, error, created_at, finished_at,
                                   expires_at"""
SPEECH_EXPORT_COLUMNS: LiteralString = """id, job_id, format, status, size_bytes, error, created_at, finished_at, expires_at,
                                          jsonb_build_object('done', encoded_ranges + cardinality(etags),
                                                             'total', ranges + parts) AS progress"""

# ---- of an account -----------------------------------------------------------------------------------------------------


def insert_account_export(connection: Connection, owner_id: UUID, export_id: UUID) -> bool:
    """Return False if another export is unfinished, or an earlier attempt inserted this one."""
    connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
    cursor = connection.execute(
        "INSERT INTO exports (id, owner_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [export_id, owner_id]
    )
    return cursor.rowcount == 1


def get_account_export(connection: Connection, export_id: UUID) -> Export | None:
    return database.fetch_one(
        connection, Export, f"SELECT {EXPORT_COLUMNS} FROM exports WHERE id = %(id)s", {"id": export_id}
    )


def get_unfinished_account_export(connection: Connection) -> Export | None:
    return database.fetch_one(
        connection, Export, f"SELECT {EXPORT_COLUMNS} FROM exports WHERE status IN ('queued', 'running')", {}
    )


def list_newest_account_exports(connection: Connection, *, after: TimeCursor | None, limit: int) -> list[Export]:
    return database.fetch(
        connection,
        Export,
        f"""SELECT {EXPORT_COLUMNS} FROM exports
            WHERE %(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def delete_account_export(connection: Connection, export_id: UUID) -> bool:
    return connection.execute("DELETE FROM exports WHERE id = %s", [export_id]).rowcount == 1


# ---- of a recording -----------------------------------------------------------------------------------------------------


def insert_speech_export(
    connection: Connection, owner_id: UUID, job_id: UUID, export_id: UUID, file_format: Format
) -> bool:
    """Return False if another export of this format is unfinished, or an earlier attempt inserted this one."""
    cursor = connection.execute(
        "INSERT INTO speech_exports (id, owner_id, job_id, format) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [export_id, owner_id, job_id, file_format],
    )
    return cursor.rowcount == 1


def complete_ready_made(connection: Connection, export_id: UUID, *, size_bytes: int, days: int) -> None:
    """Complete the export of a file that the recording has anyway."""
    connection.execute(
        """UPDATE speech_exports SET status = 'done', size_bytes = %s, parts = 1, etags = '{""}', finished_at = now(),
                                     expires_at = now() + make_interval(days => %s) WHERE id = %s AND status = 'queued'""",
        [size_bytes, days, export_id],
    )


def get_speech_export(connection: Connection, job_id: UUID | None, export_id: UUID) -> SpeechExport | None:
    """Get an export of a recording, or with None of any."""
    return database.fetch_one(
        connection,
        SpeechExport,
        f"""SELECT {SPEECH_EXPORT_COLUMNS} FROM speech_exports
            WHERE id = %(id)s AND job_id = coalesce(%(job)s::uuid, job_id)""",
        {"id": export_id, "job": job_id},
    )


def get_unfinished_speech_export(connection: Connection, job_id: UUID, file_format: Format) -> SpeechExport | None:
    return database.fetch_one(
        connection,
        SpeechExport,
        f"""SELECT {SPEECH_EXPORT_COLUMNS} FROM speech_exports
            WHERE job_id = %(job)s AND format = %(format)s AND status IN ('queued', 'running')""",
        {"job": job_id, "format": file_format},
    )


def list_newest_speech_exports(
    connection: Connection, job_id: UUID, *, after: TimeCursor | None, limit: int
) -> list[SpeechExport]:
    return database.fetch(
        connection,
        SpeechExport,
        f"""SELECT {SPEECH_EXPORT_COLUMNS} FROM speech_exports
            WHERE job_id = %(job)s AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"job": job_id, "at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def delete_speech_export(
    connection: Connection, export_id: UUID, *, job_id: UUID | None = None
) -> tuple[UUID, Format] | None:
    """Delete an export and return its job and format; None if the job has no such export."""
    row = connection.execute(
        """DELETE FROM speech_exports WHERE id = %(id)s AND (%(job)s::uuid IS NULL OR job_id = %(job)s)
           RETURNING job_id, format""",
        {"id": export_id, "job": job_id},
    ).fetchone()
    return (row[0], Format(row[1])) if row else None
