"""Cursors of the change feed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from chalicelib.changes import feed_cursor
from chalicelib.changes.feed_cursor import FeedCursor, FeedPosition
from chalicelib.changes.model import ChangeKind
from chalicelib.platform.db.cursor import MAX_CURSOR_CHARACTERS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POSITION = FeedPosition(17, ChangeKind.MEDIA, UUID(int=5))


def test_a_cursor_is_decoded_as_it_was_encoded() -> None:
    cursor = FeedCursor(UUID(int=1), NOW, "10:20:11,15", "12:25:", NOW, POSITION)
    assert feed_cursor.decode(feed_cursor.encode(cursor)) == cursor
    assert feed_cursor.decode(feed_cursor.encode(cursor.end())) == FeedCursor(UUID(int=1), NOW, "12:25:")


@pytest.mark.parametrize(
    "snapshot",
    ["", "1", "0:5:", "9:5:", "5:9:4", "5:9:9", "5:9:6,6", "5:9:7,6", "5:9:x", f"1:{2**63}:", "5:9:,", 5, None],
)
def test_a_snapshot_that_postgres_would_refuse_is_no_cursor(snapshot: object) -> None:
    parts = [str(UUID(int=1)), NOW.isoformat(), snapshot, None, None, None]
    text = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    assert feed_cursor.decode(text) is None


def test_a_cursor_in_the_middle_of_many_running_transactions_is_short_enough() -> None:
    running = ",".join(str(10**12 + number) for number in range(0, 4000, 2))
    snapshot = feed_cursor.shorten(f"{10**12}:{10**12 + 5000}:{running}")
    assert snapshot == f"{10**12}:{10**12}:"
    running = ",".join(str(10**18 + number) for number in range(23))
    longest = f"{10**18}:{10**18 + 900}:{running}"
    assert feed_cursor.shorten(longest) == longest
    cursor = FeedCursor(
        UUID(int=1), NOW, longest, longest, NOW, FeedPosition(10**18, ChangeKind.COLLECTION, UUID(int=5))
    )
    assert len(feed_cursor.encode(cursor)) < MAX_CURSOR_CHARACTERS
    assert feed_cursor.decode(feed_cursor.encode(cursor)) == cursor
