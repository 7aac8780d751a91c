"""The shapes of search."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.library.model import QueryText
from chalicelib.speech.word_index.model import IndexedWord


class SearchQuestion(BaseModel):
    """`"in quotes"` is a phrase, `or` an alternative, `-word` excludes; other words must all occur, in any of their forms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[QueryText, Field(min_length=1)]


class Hit(BaseModel):
    """A page that answers the question; one of more than 6,000 characters counts as several.

    `snippet` is HTML: the text around the match, escaped, each match inside `<mark>`; the title when only that was found.
    `text_start` and `text_end` are the first match in code points of the reading text; both are the beginning of the page when
    only the title was found. Media without pages have no page, and those without text no place either. `speech` is where the
    newest finished reading that covers the place says the word.
    """

    media_id: UUID
    title: str
    page: int | None
    snippet: str
    text_start: int | None
    text_end: int | None
    speech: IndexedWord | None
