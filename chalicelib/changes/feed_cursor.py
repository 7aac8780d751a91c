"""Cursors of the change feed: a snapshot of the transactions whose changes a client has seen, opaque to clients.

Times and sequence numbers would miss changes: of two transactions that run at the same time, the one that took its number first
may commit last. A snapshot knows which transactions had ended; PostgreSQL's documentation, "Transaction ID and Snapshot
Information Functions".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from chalicelib.changes.model import ChangeKind

MAX_SNAPSHOT_CHARACTERS = 500  # a cursor with two of them has less than MAX_CURSOR_CHARACTERS
MAX_TRANSACTION_ID = 2**63 - 1

_SNAPSHOT = re.compile(r"(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)")


class FeedPosition(NamedTuple):
    """The sort key of a change."""

    transaction_id: int
    kind: ChangeKind
    id: UUID


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """The changes between two snapshots, after a position; up to now if `until` is None.

    `feed_id` is that of the database, `issued_at` the time of `since`.
    """

    feed_id: UUID
    issued_at: datetime
    since: str
    until: str | None = None
    until_at: datetime | None = None
    after: FeedPosition | None = None

    def next_page(self, after: FeedPosition) -> FeedCursor:
        return replace(self, after=after)

    def end(self) -> FeedCursor:
        """Return the cursor behind the last page."""
        assert self.until is not None and self.until_at is not None  # noqa: S101, PT018 - of a cursor that was read
        return FeedCursor(self.feed_id, self.until_at, self.until)


def max_transaction_id(snapshot: str) -> int:
    """Return the first transaction id that a snapshot has not seen assigned."""
    return int(snapshot.split(":")[1])


def shorten(snapshot: str) -> str:
    """Return a snapshot that fits into a cursor: one that has seen fewer transactions, whose changes are listed again."""
    if len(snapshot) <= MAX_SNAPSHOT_CHARACTERS:
        return snapshot
    first = snapshot.split(":")[0]
    return f"{first}:{first}:"


def encode(cursor: FeedCursor) -> str:
    after = cursor.after and [cursor.after.transaction_id, cursor.after.kind, str(cursor.after.id)]
    until_at = cursor.until_at and cursor.until_at.isoformat()
    parts = [str(cursor.feed_id), cursor.issued_at.isoformat(), cursor.since, cursor.until, until_at, after]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str) -> FeedCursor | None:
    """Return a cursor; None for a text that `encode` never made."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        feed_id, issued_at, since, until, until_at, after = parts
        return FeedCursor(
            UUID(feed_id),
            _time(issued_at),
            _snapshot(since),
            None if until is None else _snapshot(until),
            None if until_at is None else _time(until_at),
            None if after is None else _position(after),
        )
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        return None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(text)
    return time.astimezone(UTC)


def _snapshot(text: str) -> str:
    """Return a snapshot that Postgres accepts."""
    match = _SNAPSHOT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first, end = int(match[1]), int(match[2])
    running = [int(number) for number in match[3].split(",") if number]
    is_sorted = all(before < after for before, after in pairwise(running))
    if not (0 < first <= end <= MAX_TRANSACTION_ID and is_sorted and all(first <= number < end for number in running)):
        raise ValueError(text)
    return text


def _position(parts: list[object]) -> FeedPosition:
    transaction_id, kind, identifier = parts
    if not isinstance(transaction_id, int) or not 0 <= transaction_id <= MAX_TRANSACTION_ID:
        raise ValueError(transaction_id)
    return FeedPosition(transaction_id, ChangeKind(str(kind)), UUID(str(identifier)))
