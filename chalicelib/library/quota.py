"""How much one owner may keep. Reserved before an upload may start, returned when it comes to nothing."""

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
    """Take `size_bytes` and one item from the owner's quota, or raise ForbiddenError (`quota_exceeded`).

    One conditional statement: however many requests run at once, the sum never passes the limit.
    """
    limits = settings()
    reserved = database.fetch_one(
        connection,
        QuotaUsage,
        """
        INSERT INTO accounts AS held (owner_id, stored_bytes, stored_items)
        SELECT %(owner)s, %(bytes)s, 1 WHERE %(bytes)s <= %(max_bytes)s
        ON CONFLICT (owner_id) DO UPDATE
            SET stored_bytes = held.stored_bytes + excluded.stored_bytes, stored_items = held.stored_items + 1
            WHERE held.stored_bytes + excluded.stored_bytes <= %(max_bytes)s AND held.stored_items < %(max_items)s
        RETURNING stored_bytes, stored_items
        """,
        {"owner": owner_id, "bytes": size_bytes, "max_bytes": limits.quota_bytes, "max_items": limits.quota_items},
    )
    if reserved is None:
        raise ForbiddenError(
            f"This upload of {size_bytes:,} bytes does not fit your quota of {limits.quota_bytes:,} bytes and "
            f"{limits.quota_items:,} files. Delete something first.",
            code="quota_exceeded",
        )


def release(connection: Connection, owner_id: UUID, size_bytes: int) -> None:
    """Give back what `reserve` took."""
    connection.execute(
        """
        UPDATE accounts SET stored_bytes = greatest(0, stored_bytes - %(bytes)s),
                            stored_items = greatest(0, stored_items - 1)
        WHERE owner_id = %(owner)s
        """,
        {"owner": owner_id, "bytes": size_bytes},
    )


def reduce(connection: Connection, owner_id: UUID, by_bytes: int) -> None:
    """Give back a part of what `reserve` took for one item."""
    connection.execute(
        "UPDATE accounts SET stored_bytes = greatest(0, stored_bytes - %s) WHERE owner_id = %s", [by_bytes, owner_id]
    )
