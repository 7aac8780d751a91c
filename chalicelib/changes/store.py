"""SQL of the change feed. Triggers of the tables record the changes (migration 20240101000079)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.changes.feed_cursor import FeedPosition
from chalicelib.changes.model import Change, ChangeKind
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class FeedState:
    """The database's feed, and the transactions that have ended by now."""

    feed_id: UUID
    snapshot: str
    now: datetime


@dataclass(frozen=True, slots=True)
class ChangeRow:
    kind: ChangeKind
    id: UUID
    media_id: UUID | None
    is_deleted: bool
    transaction_id: int
    changed_at: datetime

    @property
    def position(self) -> FeedPosition:
        return FeedPosition(self.transaction_id, ChangeKind(self.kind), self.id)

    def to_change(self) -> Change:
        return Change(
            kind=self.kind, id=self.id, media_id=self.media_id, deleted=self.is_deleted, changed_at=self.changed_at
        )


def get_state(connection: Connection) -> FeedState:
    state = database.fetch_one(
        connection,
        FeedState,
        "SELECT app.change_feed_id() AS feed_id, pg_current_snapshot()::text AS snapshot, clock_timestamp() AS now",
        {},
    )
    assert state is not None  # noqa: S101 - a statement without a table has one row
    return state


def list_changes(
    connection: Connection, *, since: str, until: str, after: FeedPosition | None, limit: int
) -> list[ChangeRow]:
    """List the resources whose last change is by a transaction that had ended at `until`, and not yet at `since`."""
    return database.fetch(
        connection,
        ChangeRow,
        """
        SELECT kind, id, media_id, is_deleted, transaction_id::text::bigint AS transaction_id, changed_at FROM changes
        WHERE owner_id = app.current_owner_id() AND transaction_id >= pg_snapshot_xmin(%(since)s::pg_snapshot)
              AND NOT pg_visible_in_snapshot(transaction_id, %(since)s::pg_snapshot)
              AND pg_visible_in_snapshot(transaction_id, %(until)s::pg_snapshot)
              AND (%(after)s::text IS NULL
                   OR (transaction_id, kind, id) > (%(after)s::text::xid8, %(after_kind)s::text, %(after_id)s::uuid))
        ORDER BY transaction_id, kind, id LIMIT %(limit)s
        """,
        {
            "since": since,
            "until": until,
            "after": None if after is None else str(after.transaction_id),
            "after_kind": None if after is None else after.kind.value,
            "after_id": None if after is None else after.id,
            "limit": limit,
        },
    )


def delete_old(connection: Connection, *, days: int, limit: int) -> int:
    """Delete changes of all owners that are older than every cursor; return their number."""
    return connection.execute(
        """DELETE FROM changes WHERE ctid = ANY (ARRAY(
               SELECT ctid FROM changes WHERE changed_at < now() - make_interval(days => %s) LIMIT %s))""",
        [days, limit],
    ).rowcount
