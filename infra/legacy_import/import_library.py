"""Import media, collections and files from the legacy stack's Postgres and MinIO (or any S3).

    python -m infra.legacy_import.import_library old.toml --stage prod --dry-run   list what would be imported, and what would not
    python -m infra.legacy_import.import_library old.toml --stage prod   import it; resumes after an interruption

Files are imported like uploads: a `pending` row, an object in the incoming bucket with its SHA-256, then the usual inspection.
Files that it rejects are rejected here, too, and their rows contain the reason. The legacy schema is not part of this project:
infra/legacy_import/mapping.toml maps its tables and columns. The legacy stack is only read.

Ids are derived from the old ones, so that a second run finds what the first one imported: nothing is lost or imported twice.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from botocore.exceptions import ClientError

from chalicelib.inspection import types
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.model import NewCollection
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws.s3 import client
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import AppError, ConflictError
from chalicelib.uploads import start
from chalicelib.uploads.model import Declaration, Method
from infra.legacy_import import legacy_tables
from infra.legacy_import.legacy_tables import LegacyMedia, LegacyStack, MappingError, Problem, new_id
from infra.operate import stage_connection
from infra.operate.stage_connection import StageConnectionError

STAGES = ("local", "dev", "prod")
CHUNK_BYTES = 1024 * 1024


def import_library(legacy: LegacyStack, *, dry_run: bool) -> tuple[Counter[str], list[Problem]]:
    """Import everything that is not imported yet; return counts of outcomes, and the problems."""
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    imported_media: dict[str, tuple[UUID, UUID]] = {}
    for media in legacy.media():
        outcome = media if isinstance(media, Problem) else _import_media(legacy, media, dry_run=dry_run)
        if isinstance(outcome, Problem):
            problems.append(outcome)
        else:
            assert isinstance(media, LegacyMedia)  # noqa: S101 - a problem has no outcome
            imported_media[media.old_id] = (media.owner_id, media.id)
            counts[outcome] += 1
    imported_collections = _import_collections(legacy, counts, problems, dry_run=dry_run)
    for collection, item in legacy.items():
        if (
            collection in imported_collections
            and item in imported_media
            and imported_collections[collection][0] == imported_media[item][0]
        ):
            counts["items"] += 1
            if not dry_run:
                items.add_items(*imported_collections[collection], [imported_media[item][1]])
        else:
            reason = "its collection or media was not imported, or they have different owners"
            problems.append(Problem("item", f"{collection}/{item}", reason))
    return counts, problems


def _import_media(legacy: LegacyStack, media: LegacyMedia, *, dry_run: bool) -> str | Problem:
    status = _status(media)
    if status not in {None, "pending"}:
        return f"media imported before ({status})"
    if status == "pending" and _is_uploaded(media):
        return "media awaiting inspection"
    try:
        head = legacy.s3.head_object(Bucket=legacy.bucket, Key=media.key)
    except ClientError as error:
        return Problem(
            "media", media.old_id, f"its file {media.key!r} cannot be read: {error.response['Error']['Code']}"
        )
    rejection = types.check_declaration(media.media_type, media.filename)
    if rejection is not None:
        return Problem("media", media.old_id, rejection.detail)
    size = head["ContentLength"]
    if not 0 < size <= types.MAX_FILE_BYTES:
        reason = f"its file has {size:,} bytes; 1 to {types.MAX_FILE_BYTES:,} are accepted"
        return Problem("media", media.old_id, reason)
    if dry_run:
        return "media to import"
    with tempfile.TemporaryFile() as file:
        digest, size = _download(legacy, media, file)
        if media.sha256 is not None and digest.hex() != media.sha256.lower():
            return Problem("media", media.old_id, f"its file does not match the legacy row: SHA-256 {digest.hex()}")
        checksum = base64.b64encode(digest).decode()
        try:
            _insert_media(media, size, checksum)
        except AppError as error:
            return Problem("media", media.old_id, error.detail)
        file.seek(0)
        client().put_object(
            Bucket=settings().incoming_bucket,
            Key=incoming_key(media.owner_id, media.id),
            Body=file,
            ContentType=media.media_type,
            ChecksumSHA256=checksum,  # storage rejects a body that was corrupted in transit
        )
    return "media imported"


def _download(legacy: LegacyStack, media: LegacyMedia, file: Any) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in legacy.s3.get_object(Bucket=legacy.bucket, Key=media.key)["Body"].iter_chunks(CHUNK_BYTES):
        digest.update(chunk)
        size += file.write(chunk)
    return digest.digest(), size


def _insert_media(media: LegacyMedia, size_bytes: int, checksum: str) -> None:
    """Insert the row with its legacy title and creation date."""
    declared = Declaration(media.filename, media.media_type, size_bytes, checksum, Method.PUT)
    start.register_unlimited(media.owner_id, declared, media_id=media.id)
    with database.transaction(media.owner_id) as connection:
        connection.execute(
            "UPDATE media SET title = %s, created_at = %s WHERE id = %s", [media.title, media.created_at, media.id]
        )


def _status(media: LegacyMedia) -> str | None:
    with database.transaction(media.owner_id) as connection:
        row = connection.execute("SELECT status FROM media WHERE id = %s", [media.id]).fetchone()
    return str(row[0]) if row else None


def _is_uploaded(media: LegacyMedia) -> bool:
    try:
        client().head_object(Bucket=settings().incoming_bucket, Key=incoming_key(media.owner_id, media.id))
    except ClientError:
        return False
    return True


def _import_collections(
    legacy: LegacyStack, counts: Counter[str], problems: list[Problem], *, dry_run: bool
) -> dict[str, tuple[UUID, UUID]]:
    """Import collections; return owner and new id by old id."""
    imported: dict[str, tuple[UUID, UUID]] = {}
    for row in legacy.collections():
        owner_id, created_at = row["owner_id"], legacy_tables.aware(row["created_at"])
        if owner_id is None:
            problems.append(
                Problem("collection", str(row["id"]), f"the legacy user {row['owner']} has no account here")
            )
            continue
        collection_id = new_id("collection", str(row["id"]), created_at)
        if not dry_run:
            request = NewCollection(name=row["name"], description=row["description"] or "")
            try:
                collections.create(owner_id, request, collection_id=collection_id)
            except ConflictError as error:
                if not _exists(owner_id, collection_id):
                    problems.append(Problem("collection", str(row["id"]), error.detail))
                    continue
        imported[str(row["id"])] = (owner_id, collection_id)
        counts["collections"] += 1
    return imported


def _exists(owner_id: UUID, collection_id: UUID) -> bool:
    with database.transaction(owner_id) as connection:
        return connection.execute("SELECT 1 FROM collections WHERE id = %s", [collection_id]).fetchone() is not None


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Import media, collections and files from the legacy stack.")
    parser.add_argument("mapping", type=Path, help="a copy of infra/legacy_import/mapping.toml")
    parser.add_argument("--stage", choices=STAGES, default="local")
    parser.add_argument("--dry-run", action="store_true", help="list what would be imported; write nothing")
    options = parser.parse_args(arguments)
    try:
        legacy = legacy_tables.from_environment(options.mapping)
        stage_connection.connect(options.stage, role="visionary_app")
        counts, problems = import_library(legacy, dry_run=options.dry_run)
    except (MappingError, StageConnectionError) as error:
        raise SystemExit(str(error)) from None
    for outcome, number in sorted(counts.items()):
        print(f"{number:8,} {outcome}")
    print(f"{len(problems):8,} not imported")
    for problem in problems:
        print(f"  {problem.kind} {problem.old_id}: {problem.reason}")
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
