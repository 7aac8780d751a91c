"""The legacy stack's tables and bucket, read through a mapping of tables and columns. Never written."""

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

REQUIRED_VARIABLES = ("OLD_DATABASE_URL", "OLD_S3_ACCESS_KEY", "OLD_S3_SECRET_KEY", "OLD_S3_BUCKET")


class MappingError(Exception):
    """A mapping that does not match the legacy database; the message names the section."""


@dataclass(frozen=True, slots=True)
class LegacyMedia:
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
    """Something that cannot be imported, with the reason."""

    kind: str
    old_id: str
    reason: str


class LegacyStack:
    """The legacy database and bucket, read through the mapping."""

    def __init__(self, mapping: Mapping[str, Any], connection: psycopg.Connection[Any], s3: Any, bucket: str) -> None:
        self._mapping = mapping
        self._connection = connection
        self._owners = _owners(mapping.get("owners", {}).get("from", "same"))
        self.s3 = s3
        self.bucket = bucket

    def media(self) -> Iterator[LegacyMedia | Problem]:
        for row in self._rows(
            "media", ("id", "owner", "key", "filename", "title", "media_type", "created_at", "sha256")
        ):
            owner_id = self._owner(row["owner"])
            if owner_id is None:
                yield Problem("media", str(row["id"]), f"the legacy user {row['owner']} has no account here")
                continue
            name = str(row["filename"] or row["key"]).rsplit("/", 1)[-1]
            yield LegacyMedia(
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
        """Yield the old ids of a collection and one of its media, in order."""
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
        mapping = self._mapping[section]
        columns = [
            sql.SQL("{} AS {}").format(
                sql.Identifier(mapping[name]) if mapping.get(name) else sql.NULL, sql.Identifier(name)
            )
            for name in names
        ]
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(columns), sql.SQL(".").join(map(sql.Identifier, mapping["table"].split(".")))
        )
        if mapping.get("where"):
            query += sql.SQL(" WHERE " + mapping["where"])  # the operator's SQL for the operator's database
        if sort_columns := [mapping[name] for name in order if mapping.get(name)]:
            query += sql.SQL(" ORDER BY ") + sql.SQL(", ").join(map(sql.Identifier, sort_columns))
        try:
            with self._connection.cursor(row_factory=dict_row) as cursor:
                yield from cursor.execute(query)
        except psycopg.errors.Error as error:
            raise MappingError(f"[{section}] does not match the legacy database: {error}") from None


def new_id(kind: str, old_id: str, created_at: datetime) -> UUID:
    """Return a UUIDv7 with the creation time, always the same for the same old id."""
    digest = int.from_bytes(hashlib.sha256(f"{kind} {old_id}".encode()).digest()[:10])
    milliseconds = int(created_at.timestamp() * 1000) & (2**48 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | (digest >> 64 & 0xFFF) << 64 | 2 << 62 | digest & (2**62 - 1))


def _owners(source: str) -> dict[str, UUID] | None:
    if source == "same":
        return None
    with Path(source).open(newline="") as file:
        return {row["old_id"]: UUID(row["owner_id"]) for row in csv.DictReader(file)}


def aware(time: datetime | None) -> datetime:
    """Return the time with a zone, UTC by default: legacy containers ran in UTC."""
    if time is None:
        return datetime(2020, 1, 1, tzinfo=UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def from_environment(mapping: Path) -> LegacyStack:
    """Return the legacy stack that OLD_DATABASE_URL and OLD_S3_* point to. Raises MappingError."""
    try:
        variables = {name: os.environ[name] for name in REQUIRED_VARIABLES}
    except KeyError as missing:
        raise MappingError(f"{missing.args[0]} is not set; see {mapping}") from None
    s3 = boto3.client(
        "s3",
        endpoint_url=os.environ.get("OLD_S3_ENDPOINT_URL"),
        aws_access_key_id=variables["OLD_S3_ACCESS_KEY"],
        aws_secret_access_key=variables["OLD_S3_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    connection = psycopg.connect(variables["OLD_DATABASE_URL"], autocommit=True)
    connection.read_only = True
    return LegacyStack(tomllib.loads(mapping.read_text()), connection, s3, variables["OLD_S3_BUCKET"])
