"""Back up a stage, restore it into an empty one, and check that rows and objects match.

    python -m infra.operate.backup save FOLDER [--stage prod]       a consistent snapshot of all rows, and the library's objects
    python -m infra.operate.backup restore FOLDER [--stage prod]    into a newly deployed, empty stage
    python -m infra.operate.backup check [--stage prod]             every row has its object

Each resumes an interrupted run when called again. This is the portable copy, in addition to what AWS keeps automatically:
database backups, and old versions of objects for a week. Users and passwords are in the user pool and cannot be exported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.library.model import original_key, view_key, withheld_key
from chalicelib.platform.aws.s3 import client
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech import jobs
from infra.operate import stage_connection, tables
from infra.operate.stage_connection import StageConnectionError
from infra.operate.tables import RestoreError

MAX_CONCURRENT_COPIES = 8  # more would not be faster on one connection
SAVED_HEADERS = ("ContentType", "ContentDisposition", "ContentEncoding", "CacheControl")
STAGES = ("local", "dev", "prod")


@dataclass(frozen=True, slots=True)
class BackupObject:
    """One object in the backup."""

    key: str
    etag: str
    sha256: str
    size_bytes: int
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """Rows compared with objects: `missing` and `changed` are damage; the sweep deletes those `without_row`."""

    rows: int
    missing: list[str]
    changed: list[str]
    without_row: int


def save(folder: Path) -> int:
    """Back up everything; return how many objects this run copied."""
    folder.mkdir(parents=True, exist_ok=True)
    started_at = datetime.now(UTC)
    with database.connect() as connection:
        tables.grant_owner_read(connection)
        tables.dump(connection, folder / "database")
    manifest = BackupManifest(folder)
    outdated = [version for version in _versions(started_at) if manifest.etag(version["Key"]) != version["ETag"]]
    with ThreadPoolExecutor(MAX_CONCURRENT_COPIES) as pool:
        for copy in [pool.submit(_save_object, folder, manifest, version) for version in outdated]:
            copy.result()
    return len(outdated)


def restore(folder: Path) -> int:
    """Restore everything, objects first; return how many objects this run copied. Raises RestoreError."""
    with database.connect() as connection:
        tables.validate_dump(connection, folder / "database")
    present = {entry["Key"] for entry in _list_objects()}
    absent = [saved for saved in BackupManifest(folder) if saved.key not in present]
    with ThreadPoolExecutor(MAX_CONCURRENT_COPIES) as pool:
        for copy in [pool.submit(_restore_object, folder, saved) for saved in absent]:
            copy.result()
    with database.connect() as connection:
        tables.load(connection, folder / "database")
    return len(absent)


def check() -> ConsistencyReport:
    """Compare every row that needs an object with the objects in the library."""
    present = {entry["Key"]: entry["ETag"] for entry in _list_objects()}
    with database.connect() as connection:
        tables.grant_owner_read(connection)
        expected = dict(_expected_objects(connection))
        owners = {str(row[0]) for row in connection.execute("SELECT owner_id FROM accounts")}
    return ConsistencyReport(
        rows=len(expected),
        missing=sorted(key for key in expected if key not in present),
        changed=sorted(
            k for k, etag in expected.items() if etag and k in present and present[k].strip('"') != etag.strip('"')
        ),
        without_row=sum(1 for key in present if key.split("/")[1:2] and key.split("/")[1] not in owners),
    )


class BackupManifest:
    """The list of the backup's objects; a line is written once its object is complete."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "objects.jsonl"
        self._lock = threading.Lock()
        self._objects: dict[str, BackupObject] = {}
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                try:
                    saved = BackupObject(**json.loads(line))
                except (ValueError, TypeError):  # a line that was truncated when the last run was killed
                    continue
                self._objects[saved.key] = saved

    def __iter__(self) -> Iterator[BackupObject]:
        yield from self._objects.values()

    def etag(self, key: str) -> str | None:
        return self._objects[key].etag if key in self._objects else None

    def append(self, saved: BackupObject) -> None:
        with self._lock:
            self._objects[saved.key] = saved
            with self._file.open("a") as file:
                separator = "\n" if _is_last_line_truncated(self._file) else ""
                file.write(f"{separator}{json.dumps(asdict(saved))}\n")


def _is_last_line_truncated(file: Path) -> bool:
    content = file.read_bytes()[-1:] if file.exists() else b""
    return bool(content) and content != b"\n"


def _versions(started_at: datetime) -> Iterator[Any]:
    """Yield for each key its newest version, except of objects that were deleted before `started_at`."""
    deleted: set[str] = set()
    pages = client().get_paginator("list_object_versions").paginate(Bucket=settings().library_bucket)
    seen: set[str] = set()
    for page in pages:
        markers = [m for m in page.get("DeleteMarkers", ()) if m["IsLatest"] and m["LastModified"] < started_at]
        deleted |= {marker["Key"] for marker in markers}
        for version in page.get("Versions", ()):  # the newest of a key comes first
            if version["Key"] not in seen | deleted:
                seen.add(version["Key"])
                yield version


def _list_objects() -> Iterator[Any]:
    for page in client().get_paginator("list_objects_v2").paginate(Bucket=settings().library_bucket):
        yield from page.get("Contents", ())


def _object_path(folder: Path, key: str) -> Path:
    """Return the file of an object. Raises RestoreError if the key would lead out of the folder."""
    path = (folder / "library" / key).resolve()
    if not path.is_relative_to((folder / "library").resolve()):
        raise RestoreError(f"{key!r} is not a valid object key")
    return path


def _save_object(folder: Path, manifest: BackupManifest, version: Any) -> None:
    response = client().get_object(Bucket=settings().library_bucket, Key=version["Key"], VersionId=version["VersionId"])
    path, digest, size = _object_path(folder, version["Key"]), hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for chunk in response["Body"].iter_chunks(tables.CHUNK_BYTES):
            digest.update(chunk)
            size += file.write(chunk)
    headers = {name: str(response[name]) for name in SAVED_HEADERS if name in response}  # type: ignore[literal-required]
    manifest.append(BackupObject(version["Key"], version["ETag"], digest.hexdigest(), size, headers))


def _restore_object(folder: Path, saved: BackupObject) -> None:
    path = _object_path(folder, saved.key)
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != saved.sha256:
        raise RestoreError(f"{path} is not the file that was saved; the backup is damaged")
    with path.open("rb") as file:
        arguments: Any = saved.headers
        client().put_object(Bucket=settings().library_bucket, Key=saved.key, Body=file, **arguments)


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


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Back up, restore or check a stage.")
    parser.add_argument("command", choices=["save", "restore", "check"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--stage", choices=STAGES, default="local")
    options = parser.parse_args(arguments)
    if options.command != "check" and options.folder is None:
        parser.error(f"{options.command} requires a folder")
    try:
        stage_connection.connect(options.stage)
        if options.command == "save":
            print(f"{save(options.folder):,} objects copied; the backup is in {options.folder}")
        elif options.command == "restore":
            print(f"{restore(options.folder):,} objects copied, and all rows")
        report = check()
    except (StageConnectionError, RestoreError) as error:
        raise SystemExit(str(error)) from None
    print(f"{report.rows:,} objects are expected; {len(report.missing)} are missing, {len(report.changed)} differ")
    for key in [*report.missing, *report.changed][:20]:
        print(f"  {key}")
    raise SystemExit(bool(report.missing or report.changed))


if __name__ == "__main__":
    main()
