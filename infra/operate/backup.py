"""Save a stage, bring it back into an empty one, and check that rows and objects agree.

    python -m infra.operate.backup save FOLDER [--stage prod]       all rows as of one moment, and the library's objects
    python -m infra.operate.backup restore FOLDER [--stage prod]    into a stage that was just deployed and is empty
    python -m infra.operate.backup check [--stage prod]             every row has its object

Each goes on where it was interrupted when it is called again. This is the portable copy, beside what AWS keeps by itself:
the database's own backups, and old versions of objects for a week. Users and passwords are the user pool's and cannot be saved.
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
from infra.operate.stage_connection import ReachError
from infra.operate.tables import RestoreError

AT_ONCE = 8  # objects; more would not be faster on one connection
KEPT_HEADERS = ("ContentType", "ContentDisposition", "ContentEncoding", "CacheControl")
STAGES = ("local", "dev", "prod")


@dataclass(frozen=True, slots=True)
class Saved:
    """One object in the backup."""

    key: str
    etag: str
    sha256: str
    size_bytes: int
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows against objects: `missing` and `changed` are damage, `without_row` are leftovers that the sweep takes away."""

    rows: int
    missing: list[str]
    changed: list[str]
    without_row: int


def save(folder: Path) -> int:
    """Save everything; answers how many objects were copied this time."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = datetime.now(UTC)
    with database.connect() as connection:
        tables.let_owner_look(connection)
        tables.dump(connection, folder / "database")
    book = Book(folder)
    wanted = {key: found for key, found in _versions(begun) if book.etag(key) != found["ETag"]}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(_save_object, folder, book, found) for found in wanted.values()]:
            done.result()
    return len(wanted)


def restore(folder: Path) -> int:
    """Bring everything back, objects first; answers how many were copied this time. Raises RestoreError."""
    with database.connect() as connection:
        tables.fit(connection, folder / "database")
    present = {entry["Key"]: entry["ETag"] for entry in _listed()}
    saved = [each for each in Book(folder) if present.get(each.key) is None]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(_restore_object, folder, each) for each in saved]:
            done.result()
    with database.connect() as connection:
        tables.load(connection, folder / "database")
    return len(saved)


def check() -> Agreement:
    """Compare every row that needs an object with what the library holds."""
    present = {entry["Key"]: entry["ETag"] for entry in _listed()}
    with database.connect() as connection:
        tables.let_owner_look(connection)
        needed = dict(_needed(connection))
        owners = {str(row[0]) for row in connection.execute("SELECT owner_id FROM accounts")}
    return Agreement(
        rows=len(needed),
        missing=sorted(key for key in needed if key not in present),
        changed=sorted(
            k for k, etag in needed.items() if etag and k in present and present[k].strip('"') != etag.strip('"')
        ),
        without_row=sum(1 for key in present if key.split("/")[1:2] and key.split("/")[1] not in owners),
    )


class Book:
    """What lies in the backup's folder, one line per object; a line is written when its object is whole."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "objects.jsonl"
        self._lock = threading.Lock()
        self._known: dict[str, Saved] = {}
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                try:
                    each = Saved(**json.loads(line))
                except (ValueError, TypeError):  # a line that was cut off when the last run was killed
                    continue
                self._known[each.key] = each

    def __iter__(self) -> Iterator[Saved]:
        yield from self._known.values()

    def etag(self, key: str) -> str | None:
        return self._known[key].etag if key in self._known else None

    def write(self, saved: Saved) -> None:
        with self._lock:
            self._known[saved.key] = saved
            with self._file.open("a") as file:
                file.write(
                    "\n" + json.dumps(asdict(saved)) if _ends_without_line(self._file) else json.dumps(asdict(saved))
                )
                file.write("\n")


def _ends_without_line(file: Path) -> bool:
    content = file.read_bytes()[-1:] if file.exists() else b""
    return bool(content) and content != b"\n"


def _versions(begun: datetime) -> Iterator[tuple[str, Any]]:
    """For each key the version that was the newest when the rows were saved, or became it since."""
    gone: set[str] = set()
    pages = client().get_paginator("list_object_versions").paginate(Bucket=settings().library_bucket)
    seen: set[str] = set()
    for page in pages:
        markers = [m for m in page.get("DeleteMarkers", ()) if m["IsLatest"] and m["LastModified"] < begun]
        gone |= {marker["Key"] for marker in markers}
        for version in page.get("Versions", ()):  # the newest of a key comes first
            if version["Key"] not in seen | gone:
                seen.add(version["Key"])
                yield version["Key"], version


def _listed() -> Iterator[Any]:
    for page in client().get_paginator("list_objects_v2").paginate(Bucket=settings().library_bucket):
        yield from page.get("Contents", ())


def _place(folder: Path, key: str) -> Path:
    """Keys are made of our own words and UUIDs; whatever else one is called, it stays inside the folder."""
    path = (folder / "library" / key).resolve()
    if not path.is_relative_to((folder / "library").resolve()):
        raise RestoreError(f"{key!r} is no key of ours")
    return path


def _save_object(folder: Path, book: Book, version: Any) -> None:
    found = client().get_object(Bucket=settings().library_bucket, Key=version["Key"], VersionId=version["VersionId"])
    path, digest, size = _place(folder, version["Key"]), hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for chunk in found["Body"].iter_chunks(tables.CHUNK_BYTES):
            digest.update(chunk)
            size += file.write(chunk)
    headers = {name: str(found[name]) for name in KEPT_HEADERS if name in found}  # type: ignore[literal-required]
    book.write(Saved(version["Key"], version["ETag"], digest.hexdigest(), size, headers))


def _restore_object(folder: Path, saved: Saved) -> None:
    path = _place(folder, saved.key)
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != saved.sha256:
        raise RestoreError(f"{path} is not what was saved; the backup is damaged")
    with path.open("rb") as file:
        arguments: Any = saved.headers
        client().put_object(Bucket=settings().library_bucket, Key=saved.key, Body=file, **arguments)


def _needed(connection: Connection) -> Iterator[tuple[str, str | None]]:
    """Every key that a row promises, with its ETag where the row knows it."""
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
    parser = argparse.ArgumentParser(description="Save a stage, bring it back, check it.")
    parser.add_argument("command", choices=["save", "restore", "check"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--stage", choices=STAGES, default="local")
    options = parser.parse_args(arguments)
    if options.command != "check" and options.folder is None:
        parser.error(f"{options.command} needs a folder")
    try:
        stage_connection.enter(options.stage)
        if options.command == "save":
            print(f"{save(options.folder):,} objects copied; the backup is in {options.folder}")
        elif options.command == "restore":
            print(f"{restore(options.folder):,} objects copied, and all rows")
        found = check()
    except (ReachError, RestoreError) as error:
        raise SystemExit(str(error)) from None
    print(f"{found.rows:,} objects are needed; {len(found.missing)} are missing, {len(found.changed)} are others")
    for key in [*found.missing, *found.changed][:20]:
        print(f"  {key}")
    raise SystemExit(bool(found.missing or found.changed))


if __name__ == "__main__":
    main()
