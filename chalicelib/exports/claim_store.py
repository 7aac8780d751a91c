"""SQL for the work on exports: their leases, their checkpoints, and the lists that the sweep reads.

Claims name their table, so that each statement of the lease exists once. There are two tables because checkpoints differ.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, LiteralString, TypeAlias, TypeVar
from uuid import UUID

from chalicelib.exports.archive import ArchivePosition, HashedEntry
from chalicelib.exports.model import ExportStatus, Format, account_export_key, speech_export_key
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.lease import Lease


@dataclass(frozen=True, slots=True)
class AccountExportClaim(Lease):
    """The lease of an account's export and its checkpoint: content up to `source` and `source_position` is in storage.

    `upload_id` is None before the first part.
    """

    TABLE: ClassVar[LiteralString] = "exports"
    SIZE_COLUMN: ClassVar[LiteralString] = "byte_count"
    COLUMNS: ClassVar[LiteralString] = (
        "id, owner_id, fence AS fencing_token, created_at, upload_id, source, place AS source_position, byte_count"
    )

    created_at: datetime
    upload_id: str | None
    source: str | None
    source_position: dict[str, Any] | None
    byte_count: int

    @property
    def key(self) -> str:
        return account_export_key(self.owner_id, self.id)

    @property
    def media_type(self) -> str:
        return Format.ZIP.media_type

    @property
    def audit_detail(self) -> dict[str, str]:
        return {}

    @property
    def event_data(self) -> dict[str, UUID]:
        return {}


@dataclass(frozen=True, slots=True)
class SpeechExportClaim(Lease):
    """The lease of a recording's export and its checkpoint: the parts in storage, of the archive with the digest `layout`."""

    TABLE: ClassVar[LiteralString] = "speech_exports"
    SIZE_COLUMN: ClassVar[LiteralString] = "size_bytes"
    COLUMNS: ClassVar[LiteralString] = (
        "id, owner_id, fence AS fencing_token, created_at, upload_id, job_id, format, layout, etags"
    )

    created_at: datetime
    upload_id: str | None
    job_id: UUID
    format: str
    layout: str | None
    etags: list[str]

    @property
    def key(self) -> str:
        return speech_export_key(self.owner_id, self.job_id, self.id, Format(self.format))

    @property
    def media_type(self) -> str:
        return Format(self.format).media_type

    @property
    def audit_detail(self) -> dict[str, str]:
        return {"format": self.format}

    @property
    def event_data(self) -> dict[str, UUID]:
        return {"job_id": self.job_id}


ExportClaim: TypeAlias = AccountExportClaim | SpeechExportClaim
SomeExportClaim = TypeVar("SomeExportClaim", AccountExportClaim, SpeechExportClaim)


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """An export as the sweep sees those of all owners."""

    id: UUID
    owner_id: UUID


# ---- leases -----------------------------------------------------------------------------------------------------------


def claim(
    connection: Connection, kind: type[SomeExportClaim], export_id: UUID, *, lease_s: int
) -> SomeExportClaim | None:
    """Claim an unfinished export that no worker holds."""
    return database.fetch_one(
        connection,
        kind,
        f"""
        UPDATE {kind.TABLE} SET status = 'running', fence = fence + 1, updated_at = now(),
                                lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND status IN ('queued', 'running')
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING {kind.COLUMNS}
        """,
        {"id": export_id, "lease": lease_s},
    )


def release(connection: Connection, claim: ExportClaim) -> None:
    connection.execute(
        f"""UPDATE {claim.TABLE} SET lease_until = NULL, updated_at = now()
            WHERE id = %s AND fence = %s AND status = 'running'""",
        [claim.id, claim.fencing_token],
    )


def complete(
    connection: Connection,
    claim: ExportClaim,
    status: ExportStatus,
    *,
    days: int,
    size_bytes: int | None = None,
    error: str | None = None,
) -> None:
    """Complete an export as done or failed, and delete its checkpoint. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        f"""UPDATE {claim.TABLE} SET status = %(status)s, error = %(error)s, lease_until = NULL, upload_id = NULL,
                   {claim.SIZE_COLUMN} = coalesce(%(size)s, {claim.SIZE_COLUMN}), updated_at = now(), finished_at = now(),
                   expires_at = now() + make_interval(days => %(days)s)
            WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"status": status, "error": error, "size": size_bytes, "days": days},
    )
    _delete_entries_and_parts(connection, claim)


# ---- checkpoints -------------------------------------------------------------------------------------------------------


def start_account_upload(connection: Connection, claim: AccountExportClaim, upload_id: str) -> None:
    """Record a multipart upload with nothing in it. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE exports SET upload_id = %(upload)s, source = NULL, place = NULL, byte_count = 0, file_count = 0
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"upload": upload_id},
    )
    _delete_entries_and_parts(connection, claim)


def record_account_parts(
    connection: Connection, claim: AccountExportClaim, etags: Sequence[str], position: ArchivePosition
) -> None:
    """Record the parts and files added since the last position. Raises LeaseLostError."""
    source_position = position.content.source_position
    lease.write(
        connection,
        claim,
        """UPDATE exports SET source = %(source)s, place = %(place)s, byte_count = %(bytes)s,
                              file_count = file_count + %(files)s, updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {
            "source": position.content.source,
            "place": None if source_position is None else json.dumps(source_position),
            "bytes": position.offset,
            "files": len(position.entries),
        },
    )
    connection.execute(
        """INSERT INTO export_entries (export_id, owner_id, number, name, header_offset, flags, crc, size_bytes, stored_bytes,
                                       sha256)
           SELECT %(export)s, %(owner)s, nth + (SELECT count(*) FROM export_entries WHERE export_id = %(export)s),
                  name, header_offset, flags, crc, size_bytes, stored_bytes, sha256
           FROM unnest(%(names)s::text[], %(offsets)s::bigint[], %(flags)s::int[], %(crcs)s::bigint[], %(sizes)s::bigint[],
                       %(stored)s::bigint[], %(hashes)s::text[])
                WITH ORDINALITY AS added (name, header_offset, flags, crc, size_bytes, stored_bytes, sha256, nth)""",
        {
            "export": claim.id,
            "owner": claim.owner_id,
            "names": [entry.name for entry in position.entries],
            "offsets": [entry.header_offset for entry in position.entries],
            "flags": [entry.flags for entry in position.entries],
            "crcs": [entry.crc for entry in position.entries],
            "sizes": [entry.size_bytes for entry in position.entries],
            "stored": [entry.stored_bytes for entry in position.entries],
            "hashes": [entry.sha256 for entry in position.entries],
        },
    )
    connection.execute(
        """INSERT INTO export_parts (export_id, owner_id, number, etag)
           SELECT %(export)s, %(owner)s, nth + (SELECT count(*) FROM export_parts WHERE export_id = %(export)s), etag
           FROM unnest(%(etags)s::text[]) WITH ORDINALITY AS added (etag, nth)""",
        {"export": claim.id, "owner": claim.owner_id, "etags": list(etags)},
    )


def list_entries(connection: Connection, export_id: UUID) -> list[HashedEntry]:
    return database.fetch(
        connection,
        HashedEntry,
        """SELECT name, header_offset, flags, crc, size_bytes, stored_bytes, sha256 FROM export_entries
           WHERE export_id = %(id)s ORDER BY number""",
        {"id": export_id},
    )


def list_etags(connection: Connection, export_id: UUID) -> list[str]:
    rows = connection.execute("SELECT etag FROM export_parts WHERE export_id = %s ORDER BY number", [export_id])
    return [row[0] for row in rows]


def _delete_entries_and_parts(connection: Connection, claim: ExportClaim) -> None:
    if isinstance(claim, AccountExportClaim):
        connection.execute("DELETE FROM export_entries WHERE export_id = %s", [claim.id])
        connection.execute("DELETE FROM export_parts WHERE export_id = %s", [claim.id])


def start_speech_upload(
    connection: Connection, claim: SpeechExportClaim, upload_id: str, *, digest: str, part_count: int
) -> None:
    """Record a multipart upload with nothing in it. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE speech_exports SET upload_id = %(upload)s, layout = %(layout)s, parts = %(parts)s, etags = '{}',
                                     updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"upload": upload_id, "layout": digest, "parts": part_count},
    )


def record_speech_parts(connection: Connection, claim: SpeechExportClaim, etags: Sequence[str]) -> None:
    """Record the next parts. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE speech_exports SET etags = etags || %(etags)s::text[], updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"etags": list(etags)},
    )


def record_encoded_ranges(connection: Connection, claim: SpeechExportClaim, *, encoded: int, total: int) -> None:
    """Record how much of an audio book is encoded. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE speech_exports SET encoded_ranges = %(encoded)s, ranges = %(total)s, updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {"encoded": encoded, "total": total},
    )


# ---- the sweep ---------------------------------------------------------------------------------------------------------


def list_stalled(
    connection: Connection, kind: type[SomeExportClaim], *, idle_s: int, limit: int
) -> list[ExportSummary]:
    """List unfinished exports of all owners that have not progressed for `idle_s` and are held by no worker."""
    return database.fetch(
        connection,
        ExportSummary,
        f"""SELECT id, owner_id FROM {kind.TABLE}
            WHERE status IN ('queued', 'running') AND updated_at < now() - make_interval(secs => %(idle)s)
                  AND (lease_until IS NULL OR lease_until < now()) ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def list_expired(connection: Connection, kind: type[SomeExportClaim], *, limit: int) -> list[ExportSummary]:
    return database.fetch(
        connection,
        ExportSummary,
        f"SELECT id, owner_id FROM {kind.TABLE} WHERE expires_at < now() ORDER BY expires_at LIMIT %(limit)s",
        {"limit": limit},
    )
