"""SQL of API keys. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection

_COLUMNS: LiteralString = "id, name, scopes, last_four, created_at, expires_at, last_used_at"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as its owner sees it: neither the secret nor its hash."""

    id: UUID
    name: str
    scopes: Sequence[str]
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key found by its secret; `unused_s` is the time since its last use, None for one that was never used."""

    id: UUID
    scopes: Sequence[str]
    created_at: datetime
    is_expired: bool
    unused_s: float | None


def insert(
    connection: Connection,
    owner_id: UUID,
    key_id: UUID,
    *,
    name: str,
    scopes: Sequence[str],
    secret_hash: bytes,
    last_four: str,
    expires_at: datetime | None,
) -> None:
    connection.execute(
        """INSERT INTO api_keys (id, owner_id, name, scopes, secret_hash, last_four, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        [key_id, owner_id, name, list(scopes), secret_hash, last_four, expires_at],
    )


def lock(connection: Connection, owner_id: UUID) -> None:
    """Wait until no other transaction creates a key of this owner, so that their number can be counted."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('api keys'), hashtext(%s))", [str(owner_id)])


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM api_keys").fetchone()
    return int(row[0]) if row else 0


def get(connection: Connection, key_id: UUID) -> StoredKey | None:
    return database.fetch_one(
        connection, StoredKey, f"SELECT {_COLUMNS} FROM api_keys WHERE id = %(id)s", {"id": key_id}
    )


def list_newest(connection: Connection, *, after: TimeCursor | None, limit: int) -> list[StoredKey]:
    return database.fetch(
        connection,
        StoredKey,
        f"""SELECT {_COLUMNS} FROM api_keys
            WHERE %(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def get_by_secret_hash(connection: Connection, secret_hash: bytes) -> FoundKey | None:
    return database.fetch_one(
        connection,
        FoundKey,
        """SELECT id, scopes, created_at, coalesce(expires_at <= now(), false) AS is_expired,
                  extract(epoch FROM now() - last_used_at)::float AS unused_s
           FROM api_keys WHERE owner_id = app.current_owner_id() AND secret_hash = %(hash)s""",
        {"hash": secret_hash},
    )


def update_last_used_at(connection: Connection, key_id: UUID, *, precision_s: int) -> None:
    """Set it to now, unless another request did so just now."""
    connection.execute(
        """UPDATE api_keys SET last_used_at = now()
           WHERE id = %s AND (last_used_at IS NULL OR last_used_at <= now() - make_interval(secs => %s))""",
        [key_id, precision_s],
    )


def delete(connection: Connection, key_id: UUID) -> None:
    connection.execute("DELETE FROM api_keys WHERE id = %s", [key_id])


def delete_expired(connection: Connection, *, days: int, limit: int) -> int:
    """Delete keys of all owners that expired so many days ago; return their number."""
    return connection.execute(
        """DELETE FROM api_keys WHERE id IN (
               SELECT id FROM api_keys WHERE expires_at < now() - make_interval(days => %s) ORDER BY expires_at LIMIT %s)""",
        [days, limit],
    ).rowcount
