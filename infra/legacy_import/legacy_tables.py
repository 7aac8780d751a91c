"""The old stack as it is read: which tables and columns are meant, by a mapping, and what they say. Nothing is written there."""

from __future__ import annotations

import csv
import hashlib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import psycopg
from botocore.config import Config
from psycopg import sql
from psycopg.rows import dict_row

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
                created_at=aware(row["created_at"]),
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


def _owners(source: str) -> dict[str, UUID] | None:
    if source == "same":
        return None
    with Path(source).open(newline="") as file:
        return {row["old_id"]: UUID(row["owner_id"]) for row in csv.DictReader(file)}


def aware(moment: datetime | None) -> datetime:
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
