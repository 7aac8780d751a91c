"""SQL of exports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from chalicelib.account.export.model import ArchiveEntry, ArchiveProgress, Export
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection

EXPORT_COLUMNS: LiteralString = """id, status, file_count AS files, byte_count AS size_bytes, error, created_at, finished_at,
                           expires_at"""


@dataclass(frozen=True, slots=True)
class ExportClaim:
    """The right to go on with an export until the lease runs out, and where it stands.

    `source` and `place` are the part of the account that was written last; `upload_id` is None before the first.
    """

    id: UUID
    owner_id: UUID
    fence: int
    created_at: datetime
    upload_id: str | None
    source: str | None
    place: dict[str, Any] | None
    byte_count: int


def insert(connection: Connection, owner_id: UUID, export_id: UUID) -> bool:
    """False when there is one under way, or a first try wrote this one already."""
    connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
    cursor = connection.execute(
        "INSERT INTO exports (id, owner_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [export_id, owner_id]
    )
    return cursor.rowcount == 1


def get(connection: Connection, export_id: UUID) -> Export | None:
    return database.fetch_one(
        connection, Export, f"SELECT {EXPORT_COLUMNS} FROM exports WHERE id = %(id)s", {"id": export_id}
    )


def get_unfinished(connection: Connection) -> Export | None:
    return database.fetch_one(
        connection, Export, f"SELECT {EXPORT_COLUMNS} FROM exports WHERE status IN ('queued', 'running')", {}
    )


def list_newest(connection: Connection, *, after: TimeCursor | None, limit: int) -> list[Export]:
    return database.fetch(
        connection,
        Export,
        f"""SELECT {EXPORT_COLUMNS} FROM exports
            WHERE %(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


# ---- the job ---------------------------------------------------------------------------------------------------------


def claim(connection: Connection, export_id: UUID, *, lease_s: int) -> ExportClaim | None:
    """Take an unfinished export that nobody holds."""
    return database.fetch_one(
        connection,
        ExportClaim,
        """
        UPDATE exports SET status = 'running', fence = fence + 1, updated_at = now(),
                           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND status IN ('queued', 'running')
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING id, owner_id, fence, created_at, upload_id, source, place, byte_count
        """,
        {"id": export_id, "lease": lease_s},
    )


def start_upload(connection: Connection, held: ExportClaim, upload_id: str | None) -> bool:
    """Write down S3's upload, with nothing in it; None for that there is none. False when the claim was lost."""
    cursor = connection.execute(
        """UPDATE exports SET upload_id = %s, source = NULL, place = NULL, byte_count = 0, file_count = 0
           WHERE id = %s AND fence = %s AND status = 'running'""",
        [upload_id, held.id, held.fence],
    )
    connection.execute("DELETE FROM export_entries WHERE export_id = %s", [held.id])
    connection.execute("DELETE FROM export_parts WHERE export_id = %s", [held.id])
    return cursor.rowcount == 1


def advance(
    connection: Connection, held: ExportClaim, *, source: str, place: dict[str, Any] | None, progress: ArchiveProgress
) -> bool:
    """Write down how far the archive has come. False when the claim was lost; then nothing was written."""
    cursor = connection.execute(
        """UPDATE exports SET source = %(source)s, place = %(place)s, byte_count = %(bytes)s,
                              file_count = file_count + %(files)s, updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {
            "id": held.id,
            "fence": held.fence,
            "source": source,
            "place": None if place is None else json.dumps(place),
            "bytes": progress.offset,
            "files": len(progress.entries),
        },
    )
    if cursor.rowcount == 0:
        return False
    connection.execute(
        """INSERT INTO export_entries (export_id, owner_id, number, name, header_offset, flags, crc, size_bytes, stored_bytes,
                                       sha256)
           SELECT %(export)s, %(owner)s, nth + (SELECT count(*) FROM export_entries WHERE export_id = %(export)s),
                  name, header_offset, flags, crc, size_bytes, stored_bytes, sha256
           FROM unnest(%(names)s::text[], %(offsets)s::bigint[], %(flags)s::int[], %(crcs)s::bigint[], %(sizes)s::bigint[],
                       %(stored)s::bigint[], %(hashes)s::text[])
                WITH ORDINALITY AS added (name, header_offset, flags, crc, size_bytes, stored_bytes, sha256, nth)""",
        {
            "export": held.id,
            "owner": held.owner_id,
            "names": [entry.name for entry in progress.entries],
            "offsets": [entry.header_offset for entry in progress.entries],
            "flags": [entry.flags for entry in progress.entries],
            "crcs": [entry.crc for entry in progress.entries],
            "sizes": [entry.size_bytes for entry in progress.entries],
            "stored": [entry.stored_bytes for entry in progress.entries],
            "hashes": [entry.sha256 for entry in progress.entries],
        },
    )
    connection.execute(
        """INSERT INTO export_parts (export_id, owner_id, number, etag)
           SELECT %s, %s, %s + nth - 1, etag FROM unnest(%s::text[]) WITH ORDINALITY AS sent (etag, nth)""",
        [held.id, held.owner_id, progress.first_part, list(progress.etags)],
    )
    return True


def list_entries(connection: Connection, export_id: UUID) -> list[ArchiveEntry]:
    return database.fetch(
        connection,
        ArchiveEntry,
        """SELECT name, header_offset, flags, crc, size_bytes, stored_bytes, sha256 FROM export_entries
           WHERE export_id = %(id)s ORDER BY number""",
        {"id": export_id},
    )


def list_etags(connection: Connection, export_id: UUID) -> list[str]:
    rows = connection.execute("SELECT etag FROM export_parts WHERE export_id = %s ORDER BY number", [export_id])
    return [row[0] for row in rows]


def release(connection: Connection, held: ExportClaim) -> None:
    connection.execute(
        "UPDATE exports SET lease_until = NULL, updated_at = now() WHERE id = %s AND fence = %s AND status = 'running'",
        [held.id, held.fence],
    )


def complete(connection: Connection, held: ExportClaim, status: str, *, days: int, error: str | None = None) -> bool:
    """False when the claim was lost meanwhile; then nothing was written."""
    cursor = connection.execute(
        """UPDATE exports SET status = %(status)s, error = %(error)s, lease_until = NULL, upload_id = NULL, updated_at = now(),
                              finished_at = now(), expires_at = now() + make_interval(days => %(days)s)
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"id": held.id, "fence": held.fence, "status": status, "error": error, "days": days},
    )
    if cursor.rowcount == 0:
        return False
    connection.execute("DELETE FROM export_entries WHERE export_id = %s", [held.id])
    connection.execute("DELETE FROM export_parts WHERE export_id = %s", [held.id])
    return True


# ---- the sweep ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExportSummary:
    id: UUID
    owner_id: UUID


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[ExportSummary]:
    """Unfinished exports of all owners that should have moved by now."""
    return database.fetch(
        connection,
        ExportSummary,
        """SELECT id, owner_id FROM exports
           WHERE status IN ('queued', 'running') AND updated_at < now() - make_interval(secs => %(idle)s)
                 AND (lease_until IS NULL OR lease_until < now()) ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def list_expired(connection: Connection, *, limit: int) -> list[ExportSummary]:
    return database.fetch(
        connection,
        ExportSummary,
        "SELECT id, owner_id FROM exports WHERE expires_at < now() ORDER BY expires_at LIMIT %(limit)s",
        {"limit": limit},
    )


def delete(connection: Connection, export_id: UUID) -> bool:
    return connection.execute("DELETE FROM exports WHERE id = %s", [export_id]).rowcount == 1
