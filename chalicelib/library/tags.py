"""The tags of an owner's media: listed, and completed while one is typed."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict

from chalicelib.library import folding, tag_store
from chalicelib.library.fields import QueryText
from chalicelib.library.tag_store import UsedTag
from chalicelib.platform.db import cursor, database
from chalicelib.platform.lazy_model import LazyModel

_ORDER = "tag"
_NO_ID = UUID(int=0)  # a tag is its own key


class TagFilter(LazyModel):
    """`q`: tags that contain it. Case, accents and kinds of apostrophes do not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText | None = None


def list_page(owner_id: UUID, tag_filter: TagFilter, *, after: str | None, limit: int) -> cursor.Page[UsedTag]:
    """List a page of the owner's tags in alphabetical order."""
    start = cursor.decode_key(after, _ORDER, cursor.parse_text)
    with database.transaction(owner_id) as connection:
        tags = tag_store.list_all(connection)
    query = folding.fold(tag_filter.q or "")
    matching = sorted((tag for tag in tags if query in folding.fold(tag.tag)), key=lambda tag: _sort_key(tag.tag))
    rows = [tag for tag in matching if start is None or _sort_key(tag.tag) > _sort_key(start.key)]
    return cursor.keyset_page(rows[: limit + 1], limit, lambda last: cursor.encode_key(_ORDER, last.tag, _NO_ID))


def _sort_key(tag: str) -> tuple[str, str]:
    return folding.fold(tag), tag
