"""Bring media, collections and files over from the container stack: its Postgres and its MinIO (or any S3).

    python -m infra.old_stack old.toml --stage prod --dry-run     what would come, and what would not
    python -m infra.old_stack old.toml --stage prod               bring it; again after an interruption it goes on

Files come in by the front door: a row that is `pending`, an object in the incoming bucket with its SHA-256, and then the
inspection that every upload passes. What it refuses is refused here, too, and the row says why. The old schema is not ours to
know: infra/old_stack.toml says which tables and columns are meant. The old stack is only read.

Ids are made of the old ones, so that a second run finds what the first one made: nothing is lost, nothing comes twice.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import os
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import ClientError
from psycopg import sql
from psycopg.rows import dict_row

from chalicelib.inspection import types
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.model import NewCollection
from chalicelib.library.model import incoming_key
from chalicelib.platform import database
from chalicelib.platform.config import settings
from chalicelib.platform.errors import AppError, ConflictError
from chalicelib.platform.s3 import client
from chalicelib.uploads import start
from chalicelib.uploads.model import Declaration, Method
from infra import reach
from infra.reach import ReachError

STAGES = ("local", "dev", "prod")
CHUNK_BYTES = 1024 * 1024
NEEDED = ("OLD_DATABASE_URL", "OLD_S3_ACCESS_KEY", "OLD_S3_SECRET_KEY", "OLD_S3_BUCKET")


class MappingError(Exception):
    """The mapping does not fit the old database; the message says where."""


@dataclass(frozen=True, slots=True)
class OldMedia:
    old_id: str
    owner_id: UUID
    key: str
    filename: str
    title: str
    media_type: str
    created_at: datetime
    sha256: str | None

    @property
    def id(self) -> UUID:
        return new_id("media", self.old_id, self.created_at)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that did not come over, and why."""

    what: str
    old_id: str
    reason: str


class OldStack:
    """The old database and bucket, through the mapping; nothing is ever written there."""

    def __init__(self, mapping: Mapping[str, Any], connection: psycopg.Connection[Any], s3: Any, bucket: str) -> None:
        self._mapping = mapping
        self._connection = connection
        self._owners = _owners(mapping.get("owners", {}).get("from", "same"))
        self.s3 = s3
        self.bucket = bucket

    def media(self) -> Iterator[OldMedia | Problem]:
        for row in self._rows(
            "media", ("id", "owner", "key", "filename", "title", "media_type", "created_at", "sha256")
        ):
            owner_id = self._owner(row["owner"])
            if owner_id is None:
                yield Problem("media", str(row["id"]), f"the old user {row['owner']} is nobody here")
                continue
            name = str(row["filename"] or row["key"]).rsplit("/", 1)[-1]
            yield OldMedia(
                old_id=str(row["id"]),
                owner_id=owner_id,
                key=str(row["key"]),
                filename=name,
                title=str(row["title"] or name),
                media_type=str(row["media_type"]),
                created_at=_aware(row["created_at"]),
                sha256=row["sha256"] or None,
            )

    def collections(self) -> Iterator[dict[str, Any]]:
        if "collections" in self._mapping:
            for row in self._rows("collections", ("id", "owner", "name", "description", "created_at")):
                yield row | {"owner_id": self._owner(row["owner"])}

    def items(self) -> Iterator[tuple[str, str]]:
        """Old ids of a collection and of one of its media, in order."""
        if "items" in self._mapping:
            for row in self._rows("items", ("collection", "media", "position"), order=("collection", "position")):
                yield str(row["collection"]), str(row["media"])

    def _owner(self, old: object) -> UUID | None:
        if self._owners is not None:
            return self._owners.get(str(old))
        try:
            return UUID(str(old))
        except ValueError:
            return None

    def _rows(self, section: str, names: tuple[str, ...], *, order: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        told = self._mapping[section]
        columns = [
            sql.SQL("{} AS {}").format(sql.Identifier(told[name]) if told.get(name) else sql.NULL, sql.Identifier(name))
            for name in names
        ]
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(columns), sql.SQL(".").join(map(sql.Identifier, told["table"].split(".")))
        )
        if told.get("where"):
            query += sql.SQL(" WHERE " + told["where"])  # the operator's own words about the operator's own database
        if places := [told[name] for name in order if told.get(name)]:
            query += sql.SQL(" ORDER BY ") + sql.SQL(", ").join(map(sql.Identifier, places))
        try:
            with self._connection.cursor(row_factory=dict_row) as cursor:
                yield from cursor.execute(query)
        except psycopg.errors.Error as error:
            raise MappingError(f"[{section}] does not fit the old database: {error}") from None


def new_id(kind: str, old_id: str, created_at: datetime) -> UUID:
    """Always the same for the same old id: a UUIDv7 of the time at which the thing was made."""
    digest = int.from_bytes(hashlib.sha256(f"{kind} {old_id}".encode()).digest()[:10])
    milliseconds = int(created_at.timestamp() * 1000) & (2**48 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | (digest >> 64 & 0xFFF) << 64 | 2 << 62 | digest & (2**62 - 1))


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
                items.add(shelves[shelf][0], shelves[shelf][1], [ids[media][1]])
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
    start.declare(media.owner_id, declared, media_id=media.id)
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
        owner_id, created_at = row["owner_id"], _aware(row["created_at"])
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


def _owners(source: str) -> dict[str, UUID] | None:
    if source == "same":
        return None
    with Path(source).open(newline="") as file:
        return {row["old_id"]: UUID(row["owner_id"]) for row in csv.DictReader(file)}


def _aware(moment: datetime | None) -> datetime:
    """Old tables often leave the zone out; it was UTC in containers."""
    if moment is None:
        return datetime(2020, 1, 1, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def from_environment(mapping: Path) -> OldStack:
    """The old stack as OLD_DATABASE_URL and OLD_S3_* say. Raises MappingError."""
    try:
        told = {name: os.environ[name] for name in NEEDED}
    except KeyError as missing:
        raise MappingError(f"{missing.args[0]} is not set; {mapping} says what belongs there") from None
    s3 = boto3.client(
        "s3",
        endpoint_url=os.environ.get("OLD_S3_ENDPOINT_URL"),
        aws_access_key_id=told["OLD_S3_ACCESS_KEY"],
        aws_secret_access_key=told["OLD_S3_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    connection = psycopg.connect(told["OLD_DATABASE_URL"], autocommit=True)
    connection.read_only = True
    return OldStack(tomllib.loads(mapping.read_text()), connection, s3, told["OLD_S3_BUCKET"])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Bring media, collections and files over from the old stack.")
    parser.add_argument("mapping", type=Path, help="a copy of infra/old_stack.toml")
    parser.add_argument("--stage", choices=STAGES, default="local")
    parser.add_argument("--dry-run", action="store_true", help="say what would come, and write nothing")
    options = parser.parse_args(arguments)
    try:
        old = from_environment(options.mapping)
        reach.enter(options.stage, role="visionary_app")
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
