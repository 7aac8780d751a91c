"""The query parameters of every list."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.platform.db.cursor import DEFAULT_LIMIT, MAX_CURSOR_CHARACTERS, MAX_LIMIT


class PageQuery(BaseModel):
    """`cursor` is the `next_cursor` of the previous page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=MAX_CURSOR_CHARACTERS)] | None = None
