"""Models of search."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from chalicelib.library.fields import QueryText
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.word_index.model import IndexedWord


class SearchText(LazyModel):
    """`"in quotes"` is a phrase, `or` an alternative, `-word` excludes. All other words must occur, in any form.

    Case, accents, ligatures (œ is oe, ß is ss), widths, kinds of apostrophes and invisible characters do not matter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[QueryText, Field(min_length=1)]


class Hit(LazyModel):
    """A page that matches the query; a page of more than 6,000 characters counts as several.

    `snippet` is HTML: the escaped text around the match, with each match inside `<mark>`; the title, if only the title matches,
    followed by creators and series if these match.
    `text_start` and `text_end` are the first match, in code points of the reading text; both are the start of the page if only
    the title matches. They are null for media without text; `page` is null for media without pages. `speech` is the time at
    which the newest finished recording that covers the match speaks it.
    """

    media_id: UUID
    title: str
    page: int | None
    snippet: str
    text_start: int | None
    text_end: int | None
    speech: IndexedWord | None
