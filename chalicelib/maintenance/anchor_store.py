"""SQL of audit anchors, across all owners: only the sweep's role sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class AnchoredTrail:
    """A trail with its last verified event. Events up to `deleted_number` are older than their retention."""

    owner_id: UUID
    anchor_id: UUID
    number: int
    hash: bytes
    deleted_number: int


def list_trails(connection: Connection, after: UUID, *, limit: int) -> list[AnchoredTrail]:
    """List verified trails by the names under which they are anchored."""
    return database.fetch(
        connection,
        AnchoredTrail,
        """SELECT owner_id, anchor_id, verified.number, verified.hash, coalesce(anchor_number, 0) AS deleted_number
           FROM audit_checks AS verified LEFT JOIN audit_heads USING (owner_id)
           WHERE anchor_id > %(after)s ORDER BY anchor_id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )


def list_hashes(connection: Connection, numbers: Mapping[UUID, int]) -> dict[UUID, bytes]:
    """Return the stored hash of one event of each owner.

    The head stands for its own event, which it was compared with when the trail changed, and for the last deleted one.
    """
    rows = connection.execute(
        """SELECT owner_id, coalesce(
               (SELECT CASE number WHEN wanted.wanted_number THEN hash ELSE anchor_hash END FROM audit_heads AS head
                WHERE head.owner_id = wanted.owner_id AND wanted.wanted_number IN (number, anchor_number)),
               (SELECT hash FROM audit_events AS event
                WHERE event.owner_id = wanted.owner_id AND event.number = wanted.wanted_number))
           FROM unnest(%s::uuid[], %s::bigint[]) AS wanted (owner_id, wanted_number)""",
        [list(numbers), list(numbers.values())],
    )
    return {owner_id: digest for owner_id, digest in rows if digest is not None}


def list_erased(connection: Connection, anchor_ids: Sequence[UUID]) -> set[UUID]:
    """Return those names whose trails ended with an erasure, also an unfinished one."""
    rows = connection.execute("SELECT anchor_id FROM erasures WHERE anchor_id = ANY(%s)", [list(anchor_ids)])
    return {row[0] for row in rows}
