"""Backup of a stage into a bucket: a consistent snapshot of all rows, and a copy of every object in the library.

    <name>/database/…       one compressed file per table, and dump.json, written last
    <name>/library/<key>    the objects
    <name>/objects/…        lists of the objects, one per batch
    <name>/backup.json      written when everything is there

Each run does what fits into its time; the next one resumes. Runs as the owner role, from inside the network.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.library.object_keys import original_key, view_key, withheld_key
from chalicelib.maintenance.backup import objects, tables
from chalicelib.maintenance.backup.objects import BackupProgress
from chalicelib.maintenance.backup.tables import RestoreError
from chalicelib.platform.aws import buckets, copies
from chalicelib.platform.aws.s3 import Bucket, ObjectNotFoundError
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.deadline import Deadline
from chalicelib.speech import jobs


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """Rows compared with objects: `missing` and `changed` are damage; the sweep deletes those `without_row`."""

    rows: int
    missing: list[str]
    changed: list[str]
    without_row: int


def save(name: str, deadline: Deadline) -> BackupProgress:
    """Back up all rows, then the objects that they refer to. A finished backup is left as it is."""
    if _read(f"{name}/backup.json") is not None:
        return BackupProgress(0, is_finished=True)
    started_at = _dump_time(name) or _dump(name)
    progress = objects.save(name, started_at, deadline)
    if progress.is_finished:
        summary = {"rows_of": started_at.isoformat(), "objects": len(objects.ObjectList(name))}
        copies.write(Bucket.BACKUPS, f"{name}/backup.json", json.dumps(summary))
    return progress


def restore(name: str, deadline: Deadline) -> BackupProgress:
    """Restore all objects, then all rows in one transaction, so that no row is without its object. Raises RestoreError."""
    if _read(f"{name}/backup.json") is None:
        raise RestoreError(
            f"There is no finished backup named {name}; these are finished: {', '.join(names()) or 'none'}"
        )
    with tempfile.TemporaryDirectory() as folder:
        for file in buckets.list_all(Bucket.BACKUPS, f"{name}/database/"):
            copies.download(Bucket.BACKUPS, file.key, Path(folder) / Path(file.key).name)
        with database.connect() as connection:
            tables.validate_dump(connection, Path(folder))
        progress = objects.restore(name, deadline)
        if progress.is_finished:
            with database.connect() as connection:
                tables.load(connection, Path(folder))
    return progress


def names() -> list[str]:
    """Return the names of all finished backups."""
    return [name for name in buckets.list_folders(Bucket.BACKUPS) if _read(f"{name}/backup.json") is not None]


def check() -> ConsistencyReport:
    """Compare every row that needs an object with the objects in the library."""
    present = {item.key: item.etag for item in buckets.list_all(Bucket.LIBRARY, "")}
    with database.connect() as connection:
        tables.grant_owner_read(connection)
        expected = dict(_expected_objects(connection))
        owners = {str(row[0]) for row in connection.execute("SELECT owner_id FROM accounts")}
    return ConsistencyReport(
        rows=len(expected),
        missing=sorted(key for key in expected if key not in present),
        changed=sorted(
            key for key, etag in expected.items() if etag and key in present and _differ(etag, present[key])
        ),
        without_row=sum(1 for key in present if key.split("/")[1:2] and key.split("/")[1] not in owners),
    )


def _differ(etag: str, other: str) -> bool:
    """Return whether two ETags prove different contents. One with a dash depends on the parts of an upload."""
    return "-" not in etag + other and etag.strip('"') != other.strip('"')


def _dump(name: str) -> datetime:
    """Save all rows; return the moment before their snapshot."""
    started_at = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        with database.connect() as connection:
            tables.grant_owner_read(connection)
            tables.dump(connection, Path(folder), started_at)
        files = sorted(Path(folder).iterdir(), key=lambda file: file.name == tables.DUMP)  # the description last
        for file in files:
            copies.upload(file, Bucket.BACKUPS, f"{name}/database/{file.name}")
    return started_at


def _dump_time(name: str) -> datetime | None:
    """Return the moment of the rows that an earlier run has saved."""
    stored = _read(f"{name}/database/{tables.DUMP}")
    return datetime.fromisoformat(json.loads(stored)["started_at"]) if stored else None


def _read(key: str) -> str | None:
    try:
        return copies.read(Bucket.BACKUPS, key)
    except ObjectNotFoundError:
        return None


def _expected_objects(connection: Connection) -> Iterator[tuple[str, str | None]]:
    """Yield the key of every row's object, with its ETag if the row contains it."""
    media = connection.execute(
        "SELECT id, owner_id, media_type, original_withheld, etag, view_etag FROM media WHERE status IN ('ready', 'trashed')"
    )
    for media_id, owner_id, media_type, withheld, etag, view_etag in media:
        yield (withheld_key if withheld else original_key)(owner_id, media_id), etag
        if view_etag is not None:
            yield view_key(owner_id, media_id, media_type), view_etag
    for job_id, owner_id in connection.execute(
        "SELECT id, owner_id FROM speech_jobs WHERE status IN ('done', 'partial')"
    ):
        yield jobs.recording_key(owner_id, job_id), None
