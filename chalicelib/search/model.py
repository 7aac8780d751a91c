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

    The last word may be the beginning of a longer one, from three characters on, unless a space follows it.

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
    which the newest finished recording that covers the match speaks it. `creators` and `series` are those of the metadata.
    """

    media_id: UUID
    title: str
    creators: list[str]
    series: str | None
    page: int | None
    snippet: str
    text_start: int | None
    text_end: int | None
    speech: IndexedWord | None


class PlaceQuery(LazyModel):
    """`q` is found as it is written, also inside words; what does not matter in `/v1/search` does not matter here.

    `version` is the `text_version` of a recording, to find in the text that it was made of.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[QueryText, Field(min_length=1)]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class FoundPlace(LazyModel):
    """An occurrence of a query, in code points of the reading text. `snippet` is HTML, as in `/v1/search`."""

    start: int
    end: int
    page: int | None
    snippet: str


class FoundPlaces(LazyModel):
    """The first 1,000 occurrences of a query in the text `version`, in order. `total` counts all of them."""

    version: int
    total: int
    items: list[FoundPlace]
