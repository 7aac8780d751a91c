"""Keyset pages: the place after the last row, as a text that clients only hand back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.errors import UnprocessableContentError

DEFAULT_LIMIT = 25
MAX_LIMIT = 100  # a page of media is ~60 KB then; API Gateway passes 6 MB
MAX_CURSOR_CHARACTERS = 2_000  # a title of 300 characters, four bytes each, in base64
NEWEST_FIRST = "-created_at"

Value = TypeVar("Value")
Item = TypeVar("Item", bound=BaseModel)


class ListItem(BaseModel):
    """What a list ordered by time can hold."""

    id: UUID
    created_at: datetime


TimeItem = TypeVar("TimeItem", bound=ListItem)


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class TimeCursor(NamedTuple):
    """Where a list ordered by time, newest first, goes on: after this row."""

    created_at: datetime
    id: UUID


class KeysetCursor(NamedTuple, Generic[Value]):
    """Where a list of any order goes on: after the row with this sort key and this id."""

    key: Value
    id: UUID


def encode_key(order: str, key: str, identifier: UUID) -> str:
    """A cursor for a place in the list that `order` names."""
    text = json.dumps([order, key, str(identifier)], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_key(cursor: str | None, order: str, parse: Callable[[str], Value]) -> KeysetCursor[Value] | None:
    """The place that a cursor stands for; `parse` reads its key and raises ValueError for what cannot be one.

    Raises InvalidError for a text that `encode_key` never made, and (`other_order`) for a place in another list.
    """
    if cursor is None:
        return None
    try:
        made_for, key, identifier = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for == order:
            return KeysetCursor(parse(key), UUID(identifier))
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise UnprocessableContentError(
            f"The cursor {cursor[:80]!r} is none of ours; start again without one."
        ) from None
    raise UnprocessableContentError(
        f"The cursor belongs to the list {str(made_for)[:40]!r}, this one is {order!r}; start again without a cursor.",
        code="other_order",
    )


def parse_text(text: str) -> str:
    """A key that is a text Postgres can take: no NUL, no half of a character."""
    if "\0" in text.encode().decode():
        raise ValueError(text)
    return text


def encode(place: TimeCursor) -> str:
    return encode_key(NEWEST_FIRST, place.created_at.isoformat(), place.id)


def decode(cursor: str | None) -> TimeCursor | None:
    """Raises InvalidError for a text that `encode` never made."""
    found = decode_key(cursor, NEWEST_FIRST, datetime.fromisoformat)
    return found and TimeCursor(found.key, found.id)


def newest_page(rows: Sequence[TimeItem], limit: int) -> Page[TimeItem]:
    """A page, newest first, from rows of which one more than `limit` was asked for."""
    return keyset_page(rows, limit, lambda last: encode(TimeCursor(last.created_at, last.id)))


def keyset_page(rows: Sequence[Item], limit: int, encode_cursor: Callable[[Item], str]) -> Page[Item]:
    """A page of any order, from rows of which one more than `limit` was asked for; `place` makes a row's cursor."""
    return Page(items=list(rows[:limit]), next_cursor=encode_cursor(rows[limit - 1]) if len(rows) > limit else None)
