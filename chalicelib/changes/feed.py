"""Reading the change feed, and deleting what no cursor reaches any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.changes import feed_cursor, store
from chalicelib.changes.feed_cursor import FeedCursor
from chalicelib.changes.model import MAX_CURSOR_DAYS, RETENTION_DAYS, ChangePage
from chalicelib.changes.store import FeedState
from chalicelib.platform.db import database
from chalicelib.platform.errors import GoneError

RENEW_AFTER = timedelta(days=1)  # a cursor without changes is kept for so long, and with it the ETag


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> ChangePage:
    """List what changed since a cursor was issued, each resource once; without a cursor nothing, and the cursor of now.

    No change is missed, whichever transactions run at the same time; one may be listed twice. Raises GoneError (`resync`) for a
    cursor that is older than `MAX_CURSOR_DAYS`, or of another database.
    """
    with database.transaction(owner_id) as connection:
        state = store.get_state(connection)
        if after is None:
            return ChangePage(items=[], next_cursor=feed_cursor.encode(_current(state)), has_more=False)
        cursor = _require_known(after, state)
        if cursor.until is None:
            cursor = FeedCursor(
                cursor.feed_id, cursor.issued_at, cursor.since, feed_cursor.shorten(state.snapshot), state.now
            )
        assert cursor.until is not None  # noqa: S101 - set above
        rows = store.list_changes(
            connection, since=cursor.since, until=cursor.until, after=cursor.after, limit=limit + 1
        )
    has_more = len(rows) > limit
    if has_more:
        following = feed_cursor.encode(cursor.next_page(rows[limit - 1].position))
    elif rows or cursor.after is not None or state.now - cursor.issued_at > RENEW_AFTER:
        following = feed_cursor.encode(cursor.end())
    else:
        following = after
    return ChangePage(items=[row.to_change() for row in rows[:limit]], next_cursor=following, has_more=has_more)


def _current(state: FeedState) -> FeedCursor:
    return FeedCursor(state.feed_id, state.now.astimezone(UTC), feed_cursor.shorten(state.snapshot))


def _require_known(text: str, state: FeedState) -> FeedCursor:
    cursor = feed_cursor.decode(text)
    is_known = (
        cursor is not None
        and cursor.feed_id == state.feed_id
        and (cursor.until is None) == (cursor.until_at is None)
        and all(
            feed_cursor.max_transaction_id(snapshot) <= feed_cursor.max_transaction_id(state.snapshot)
            for snapshot in (cursor.since, cursor.until or cursor.since)
        )
        and datetime.now(UTC) - cursor.issued_at <= timedelta(days=MAX_CURSOR_DAYS)
    )
    if cursor is None or not is_known:
        raise GoneError(
            f"The cursor {text[:80]!r} is older than {MAX_CURSOR_DAYS} days, or not of this database. "
            "Load what you keep again, and continue from the cursor that a request without one returns.",
            code="resync",
        )
    return cursor


def delete_old(*, limit: int) -> int:
    """Delete changes that no cursor reaches; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        return store.delete_old(connection, days=RETENTION_DAYS, limit=limit)
