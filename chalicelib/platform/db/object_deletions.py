"""Objects that belong to nothing any more: written down with the change that orphans them, deleted later by the sweep.

The API's role may not delete objects, and no crash between the change and the deletion loses one.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.db.database import Connection


def enqueue(connection: Connection, owner_id: UUID, keys: Sequence[str]) -> None:
    """Write down library objects to delete, in the transaction after which nothing names them. `a/b/` is all below it."""
    connection.execute(
        """INSERT INTO object_deletions (id, owner_id, key)
           SELECT id, %s, key FROM unnest(%s::uuid[], %s::text[]) AS gone (id, key)""",
        [owner_id, [uuid7() for _ in keys], list(keys)],
    )
