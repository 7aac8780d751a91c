"""SQL of the results of the malware scan."""

from __future__ import annotations

from uuid import UUID

from chalicelib.inspection.antivirus.guardduty import ScanOutcome, ScanResult
from chalicelib.platform.db.database import Connection


def insert(connection: Connection, owner_id: UUID, media_id: UUID, result: ScanResult) -> None:
    """Insert a scan result; inserting the same one again changes nothing."""
    connection.execute(
        """INSERT INTO scan_results (media_id, owner_id, key, version_id, etag, outcome, word)
           VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        [media_id, owner_id, result.key, result.version_id, result.etag, result.outcome, result.word],
    )


def list_by_media(connection: Connection, media_id: UUID) -> list[ScanResult]:
    """List the scan results of all versions of an upload."""
    rows = connection.execute(
        "SELECT key, version_id, etag, outcome, word FROM scan_results WHERE media_id = %s", [media_id]
    ).fetchall()
    return [ScanResult(key, version, etag, ScanOutcome(outcome), word) for key, version, etag, outcome, word in rows]
