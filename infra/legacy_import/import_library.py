"""Bring media, collections and files over from the container stack: its Postgres and its MinIO (or any S3).

    python -m infra.legacy_import.import_library old.toml --stage prod --dry-run   what would come, and what would not
    python -m infra.legacy_import.import_library old.toml --stage prod   bring it; again after an interruption it goes on

Files come in by the front door: a row that is `pending`, an object in the incoming bucket with its SHA-256, and then the
inspection that every upload passes. What it refuses is refused here, too, and the row says why. The old schema is not ours to
know: infra/legacy_import/mapping.toml says which tables and columns are meant. The old stack is only read.

Ids are made of the old ones, so that a second run finds what the first one made: nothing is lost, nothing comes twice.
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
from chalicelib.library.model import incoming_key
from chalicelib.platform.aws.s3 import client
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import AppError, ConflictError
from chalicelib.uploads import start
from chalicelib.uploads.model import Declaration, Method
from infra.legacy_import import legacy_tables
from infra.legacy_import.legacy_tables import MappingError, OldMedia, OldStack, Problem, new_id
from infra.operate import stage_connection
from infra.operate.stage_connection import ReachError

STAGES = ("local", "dev", "prod")
CHUNK_BYTES = 1024 * 1024


def bring(old: OldStack, *, dry_run: bool) -> tuple[Counter[str], list[Problem]]:
    """Bring everything that is not here yet; answers what was done, by kind, and what could not be."""
    done: Counter[str] = Counter()
    problems: list[Problem] = []
    ids: dict[str, tuple[UUID, UUID]] = {}
    for each in old.media():
        outcome = each if isinstance(each, Problem) else _bring_media(old, each, dry_run=dry_run)
        if isinstance(outcome, Problem):
            problems.append(outcome)
        else:
            assert isinstance(each, OldMedia)  # noqa: S101 - a problem has no outcome
            ids[each.old_id] = (each.owner_id, each.id)
            done[outcome] += 1
    shelves = _bring_collections(old, done, problems, dry_run=dry_run)
    for shelf, media in old.items():
        if shelf in shelves and media in ids and shelves[shelf][0] == ids[media][0]:
            done["items"] += 1
            if not dry_run:
                items.add_items(shelves[shelf][0], shelves[shelf][1], [ids[media][1]])
        else:
            problems.append(
                Problem("item", f"{shelf}/{media}", "its collection, its media or their common owner did not come")
            )
    return done, problems


def _bring_media(old: OldStack, media: OldMedia, *, dry_run: bool) -> str | Problem:
    status = _status(media)
    if status not in {None, "pending"}:
        return f"media here already ({status})"
    if status == "pending" and _arrived(media):
        return "media on their way"
    try:
        head = old.s3.head_object(Bucket=old.bucket, Key=media.key)
    except ClientError as error:
        return Problem(
            "media", media.old_id, f"its file {media.key!r} cannot be read: {error.response['Error']['Code']}"
        )
    refusal = types.check_declaration(media.media_type, media.filename)
    if refusal is not None:
        return Problem("media", media.old_id, refusal.detail)
    size, most = head["ContentLength"], types.MAX_FILE_BYTES
    if not 0 < size <= most:
        return Problem("media", media.old_id, f"its file has {size:,} bytes; 1 to {most:,} are taken")
    if dry_run:
        return "media to bring"
    with tempfile.TemporaryFile() as file:
        digest, size = _fetch(old, media, file)
        if media.sha256 is not None and digest.hex() != media.sha256.lower():
            return Problem(
                "media", media.old_id, f"its file is not the one the old row describes: SHA-256 {digest.hex()}"
            )
        checksum = base64.b64encode(digest).decode()
        try:
            _write_down(media, size, checksum)
        except AppError as error:
            return Problem("media", media.old_id, error.detail)
        file.seek(0)
        client().put_object(
            Bucket=settings().incoming_bucket,
            Key=incoming_key(media.owner_id, media.id),
            Body=file,
            ContentType=media.media_type,
            ChecksumSHA256=checksum,  # storage refuses what was changed on the way
        )
    return "media brought"


def _fetch(old: OldStack, media: OldMedia, file: Any) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in old.s3.get_object(Bucket=old.bucket, Key=media.key)["Body"].iter_chunks(CHUNK_BYTES):
        digest.update(chunk)
        size += file.write(chunk)
    return digest.digest(), size


def _write_down(media: OldMedia, size_bytes: int, checksum: str) -> None:
    """The row, with the title and the date it had."""
    declared = Declaration(media.filename, media.media_type, size_bytes, checksum, Method.PUT)
    start.register_unlimited(media.owner_id, declared, media_id=media.id)
    with database.transaction(media.owner_id) as connection:
        connection.execute(
            "UPDATE media SET title = %s, created_at = %s WHERE id = %s", [media.title, media.created_at, media.id]
        )


def _status(media: OldMedia) -> str | None:
    with database.transaction(media.owner_id) as connection:
        row = connection.execute("SELECT status FROM media WHERE id = %s", [media.id]).fetchone()
    return str(row[0]) if row else None


def _arrived(media: OldMedia) -> bool:
    try:
        client().head_object(Bucket=settings().incoming_bucket, Key=incoming_key(media.owner_id, media.id))
    except ClientError:
        return False
    return True


def _bring_collections(
    old: OldStack, done: Counter[str], problems: list[Problem], *, dry_run: bool
) -> dict[str, tuple[UUID, UUID]]:
    """Answers owner and new id of each old one."""
    here: dict[str, tuple[UUID, UUID]] = {}
    for row in old.collections():
        owner_id, created_at = row["owner_id"], legacy_tables.aware(row["created_at"])
        if owner_id is None:
            problems.append(Problem("collection", str(row["id"]), f"the old user {row['owner']} is nobody here"))
            continue
        collection_id = new_id("collection", str(row["id"]), created_at)
        if not dry_run:
            request = NewCollection(name=row["name"], description=row["description"] or "")
            try:
                collections.create(owner_id, request, collection_id=collection_id)
            except ConflictError as error:
                if not _is_here(owner_id, collection_id):
                    problems.append(Problem("collection", str(row["id"]), error.detail))
                    continue
        here[str(row["id"])] = (owner_id, collection_id)
        done["collections"] += 1
    return here


def _is_here(owner_id: UUID, collection_id: UUID) -> bool:
    with database.transaction(owner_id) as connection:
        return connection.execute("SELECT 1 FROM collections WHERE id = %s", [collection_id]).fetchone() is not None


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Bring media, collections and files over from the old stack.")
    parser.add_argument("mapping", type=Path, help="a copy of infra/legacy_import/mapping.toml")
    parser.add_argument("--stage", choices=STAGES, default="local")
    parser.add_argument("--dry-run", action="store_true", help="say what would come, and write nothing")
    options = parser.parse_args(arguments)
    try:
        old = legacy_tables.from_environment(options.mapping)
        stage_connection.enter(options.stage, role="visionary_app")
        done, problems = bring(old, dry_run=options.dry_run)
    except (MappingError, ReachError) as error:
        raise SystemExit(str(error)) from None
    for what, number in sorted(done.items()):
        print(f"{number:8,} {what}")
    print(f"{len(problems):8,} not brought")
    for problem in problems:
        print(f"  {problem.what} {problem.old_id}: {problem.reason}")
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
