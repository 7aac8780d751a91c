"""Keyset pagination: a cursor is the position after the last row, opaque to clients."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel

DEFAULT_LIMIT = 25
MAX_LIMIT = 100  # a page of media is ~60 KB then; API Gateway passes 6 MB
MAX_BIGINT = 2**63 - 1  # of Postgres
MAX_CURSOR_CHARACTERS = 2_000  # a title of 300 characters, four bytes each, in base64
NEWEST_FIRST = "-created_at"

Value = TypeVar("Value")
Item = TypeVar("Item", bound=BaseModel)


class ListItem(LazyModel):
    """An item of a list ordered by time."""

    id: UUID
    created_at: datetime


TimeItem = TypeVar("TimeItem", bound=ListItem)


class Page(LazyModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class TimeCursor(NamedTuple):
    """The position after a row of a list ordered by time, newest first."""

    created_at: datetime
    id: UUID


class KeysetCursor(NamedTuple, Generic[Value]):
    """The position after a row, by its sort key and id, in any order."""

    key: Value
    id: UUID


def encode_key(sort: str, key: str, identifier: UUID) -> str:
    """Return a cursor for a position in the list that `sort` names."""
    text = json.dumps([sort, key, str(identifier)], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_key(cursor: str | None, sort: str, parse: Callable[[str], Value]) -> KeysetCursor[Value] | None:
    """Return the position of a cursor; `parse` reads its key, or raises ValueError.

    Raises UnprocessableContentError for a text that `encode_key` never made, and (`sort_mismatch`) for a cursor of another list.
    """
    if cursor is None:
        return None
    invalid = UnprocessableContentError(f"The cursor {cursor[:80]!r} is invalid; request the first page without one.")
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        raise invalid from None
    if not (isinstance(parts, list) and len(parts) == 3 and all(isinstance(part, str) for part in parts)):
        raise invalid  # any other JSON value: `parse` gets texts only
    cursor_sort, key, identifier = parts
    if cursor_sort != sort:
        raise UnprocessableContentError(
            "This cursor belongs to another list or another sort order. Request the first page without a cursor.",
            code="sort_mismatch",
        )
    try:
        return KeysetCursor(parse(key), UUID(identifier))
    except ValueError:
        raise invalid from None


def parse_text(text: str) -> str:
    """Parse a key that is a text which Postgres accepts: no NUL, no lone surrogate."""
    if "\0" in text.encode().decode():
        raise ValueError(text)
    return text


def parse_bigint(text: str) -> int:
    """Parse a key that is a whole number which fits Postgres's bigint."""
    number = int(text)
    if abs(number) > MAX_BIGINT:
        raise ValueError(text)
    return number


def parse_time(text: str) -> datetime:
    """Parse a key that is a time. Raises ValueError without a time zone, and for times that have no UTC."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(text)
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None


def encode(position: TimeCursor) -> str:
    return encode_key(NEWEST_FIRST, position.created_at.isoformat(), position.id)


def decode(cursor: str | None) -> TimeCursor | None:
    """Return the position of a cursor. Raises UnprocessableContentError for a text that `encode` never made."""
    position = decode_key(cursor, NEWEST_FIRST, parse_time)
    return position and TimeCursor(position.key, position.id)


def newest_page(rows: Sequence[TimeItem], limit: int) -> Page[TimeItem]:
    """Return a page, newest first, from up to `limit` + 1 rows."""
    return keyset_page(rows, limit, lambda last: encode(TimeCursor(last.created_at, last.id)))


def keyset_page(rows: Sequence[Item], limit: int, encode_cursor: Callable[[Item], str]) -> Page[Item]:
    """Return a page of any order, from up to `limit` + 1 rows. `encode_cursor` makes the cursor behind a row."""
    return Page(items=list(rows[:limit]), next_cursor=encode_cursor(rows[limit - 1]) if len(rows) > limit else None)
