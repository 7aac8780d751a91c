"""Object deletions: enqueued in the transaction that orphans the objects, carried out later by the sweep.

The API's role may not delete objects, and a crash between the change and the deletion loses none.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.db.database import Connection


def enqueue(connection: Connection, owner_id: UUID, keys: Sequence[str]) -> None:
    """Enqueue library objects for deletion, in the transaction after which no row refers to them. `a/b/` is a whole prefix."""
    connection.execute(
        """INSERT INTO object_deletions (id, owner_id, key)
           SELECT id, %s, key FROM unnest(%s::uuid[], %s::text[]) AS orphaned (id, key)""",
        [owner_id, [uuid7() for _ in keys], list(keys)],
    )
