"""The query parameters of every list."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib.platform.db.cursor import DEFAULT_LIMIT, MAX_CURSOR_CHARACTERS, MAX_LIMIT
from chalicelib.platform.lazy_model import LazyModel


class PageQuery(LazyModel):
    """`cursor` is the `next_cursor` of the previous page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=MAX_CURSOR_CHARACTERS)] | None = None
