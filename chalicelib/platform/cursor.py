"""Keyset pages: the place after the last row, as a text that clients only hand back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.errors import InvalidError

DEFAULT_LIMIT = 25
MAX_LIMIT = 100  # a page of media is ~60 KB then; API Gateway passes 6 MB


class Listed(BaseModel):
    """What a list ordered by time can hold."""

    id: UUID
    created_at: datetime


Item = TypeVar("Item", bound=Listed)


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class Place(NamedTuple):
    """Where a list ordered by time, newest first, goes on: after this row."""

    created_at: datetime
    id: UUID


def encode(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place.created_at.isoformat()} {place.id}".encode()).decode().rstrip("=")


def decode(cursor: str | None) -> Place | None:
    """Raises InvalidError for a text that `encode` never made."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, identifier = text.partition(" ")
        return Place(datetime.fromisoformat(at), UUID(identifier))
    except (ValueError, binascii.Error):
        raise InvalidError(f"The cursor {cursor[:80]!r} is none of ours; start again without one.") from None


def page(rows: Sequence[Item], limit: int) -> Page[Item]:
    """A page from rows of which one more than `limit` was asked for."""
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items=list(rows[:limit]), next_cursor=encode(Place(last.created_at, last.id)) if last else None)
