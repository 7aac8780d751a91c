"""Storage quota of an owner: reserved before an upload starts, released when it fails or is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ForbiddenError


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    stored_bytes: int
    stored_items: int


def reserve(connection: Connection, owner_id: UUID, size_bytes: int) -> None:
    """Reserve `size_bytes` and one item of the owner's quota. Raises ForbiddenError (`quota_exceeded`).

    One conditional statement, so that concurrent requests never exceed the limit together.
    """
    limits = settings()
    reserved = database.fetch_one(
        connection,
        QuotaUsage,
        """
        INSERT INTO accounts AS account (owner_id, stored_bytes, stored_items)
        SELECT %(owner)s, %(bytes)s, 1 WHERE %(bytes)s <= %(max_bytes)s
        ON CONFLICT (owner_id) DO UPDATE
            SET stored_bytes = account.stored_bytes + excluded.stored_bytes, stored_items = account.stored_items + 1
            WHERE account.stored_bytes + excluded.stored_bytes <= %(max_bytes)s AND account.stored_items < %(max_items)s
        RETURNING stored_bytes, stored_items
        """,
        {"owner": owner_id, "bytes": size_bytes, "max_bytes": limits.quota_bytes, "max_items": limits.quota_items},
    )
    if reserved is None:
        raise ForbiddenError(
            f"There is no room for these {size_bytes:,} bytes: your quota is {limits.quota_bytes:,} bytes and "
            f"{limits.quota_items:,} files. Delete files permanently to free space.",
            code="quota_exceeded",
        )


def release(connection: Connection, owner_id: UUID, size_bytes: int) -> None:
    """Release the bytes and the item that `reserve` took."""
    connection.execute(
        """
        UPDATE accounts SET stored_bytes = greatest(0, stored_bytes - %(bytes)s),
                            stored_items = greatest(0, stored_items - 1)
        WHERE owner_id = %(owner)s
        """,
        {"owner": owner_id, "bytes": size_bytes},
    )


def reduce(connection: Connection, owner_id: UUID, by_bytes: int) -> None:
    """Release some of the bytes that `reserve` took for one item."""
    connection.execute(
        "UPDATE accounts SET stored_bytes = greatest(0, stored_bytes - %s) WHERE owner_id = %s", [by_bytes, owner_id]
    )
