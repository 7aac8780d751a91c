"""Models of annotations: bookmarks, highlights and notes in a document."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.library.fields import (
    QueryText,
    control_characters_error,
    has_control_characters,
    leave_out_null,
    not_removable_error,
)
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel

MAX_ANNOTATIONS = 10_000  # of an owner: 30 a day for a year
MAX_NOTE_CHARACTERS = 10_000  # four printed pages
MAX_RANGE_CHARACTERS = (
    5_000  # of a highlight, which is quoted: a page of 100 of them stays below the 6 MB of a response
)
MAX_OFFSET = 2**31 - 1


class AnnotationKind(StrEnum):
    """`bookmark`: a place. `highlight`: a passage. Either may have a note."""

    BOOKMARK = "bookmark"
    HIGHLIGHT = "highlight"


class HighlightColour(StrEnum):
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PINK = "pink"


def _normalize_breaks(text: object) -> object:
    """Spell line breaks as `\\n`: text that is pasted contains others."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _check_note(text: str) -> str:
    if has_control_characters(text, allowed="\n\t"):
        raise control_characters_error(text)
    note = unicodedata.normalize("NFC", text).strip()
    if not note:
        raise PydanticCustomError("blank", "The note is blank. Write something, or leave the note out.")
    return note


Note = Annotated[
    str, BeforeValidator(_normalize_breaks), Field(max_length=MAX_NOTE_CHARACTERS), AfterValidator(_check_note)
]
TextOffset = Annotated[int, Field(ge=0, le=MAX_OFFSET)]


class NewAnnotation(LazyModel):
    """An annotation to create. `start` and `end` are offsets in code points of the document's text.

    A bookmark needs `start` or `page`; in documents without a text only `page` is possible. `id`: one that the client made, so
    that it can create annotations without a network; the same id creates one annotation. `quote`: the text from `start` to `end`
    as the client has it. If the document's text has changed since, the annotation is moved to the quoted passage.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID | None = None
    kind: AnnotationKind
    start: TextOffset | None = None
    end: TextOffset | None = None
    page: Annotated[int, Field(ge=1, le=MAX_OFFSET)] | None = None
    colour: HighlightColour | None = None
    note: Note | None = None
    quote: Annotated[str, Field(min_length=1, max_length=MAX_RANGE_CHARACTERS)] | None = None

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.kind is AnnotationKind.HIGHLIGHT:
            _require_range(self.start, self.end)
        elif self.start is None and self.page is None:
            raise PydanticCustomError("no_place", "The bookmark has no place. Send `start` or `page`.")
        elif self.colour is not None:
            raise PydanticCustomError(
                "no_colour", "A bookmark has no colour, not even {colour}. Leave it out.", {"colour": self.colour.value}
            )
        return self


def _require_range(start: int | None, end: int | None) -> None:
    if start is None or end is None:
        raise PydanticCustomError("no_range", "A highlight needs a passage. Send `start` and `end`.")
    if end <= start:
        raise PydanticCustomError(
            "empty_range",
            "The passage ends at {end}, which is not after its start at {start}. Send an `end` that is greater.",
            {"start": start, "end": end},
        )
    if end - start > MAX_RANGE_CHARACTERS:
        raise PydanticCustomError(
            "long_range",
            "The passage has {length} characters; a highlight has at most {limit}. Select less.",
            {"length": f"{end - start:,}", "limit": f"{MAX_RANGE_CHARACTERS:,}"},
        )


def _reject_null(colour: object) -> object:
    if colour is None:
        raise not_removable_error("colour")
    return colour


class AnnotationChanges(LazyModel):
    """A merge patch (RFC 7396): fields left out do not change; null removes the note. The last change counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colour: Annotated[
        HighlightColour | None, Field(json_schema_extra=leave_out_null), BeforeValidator(_reject_null)
    ] = None
    note: Note | None = None


class QuotedText(LazyModel):
    """The text that an annotation is about, and what is before and behind it."""

    exact: str
    prefix: str
    suffix: str


class Annotation(ListItem):
    """A bookmark or a highlight, with or without a note.

    `start` and `end` are offsets of the document's current text; those of a bookmark are equal. `page` is null in documents
    without pages. `quotation` is what the text says there; of a bookmark, what follows it. `detached`: the text was made again,
    and no longer contains what was quoted; `start` and `end` are then at as great a part of the text.
    """

    media_id: UUID
    media_title: str
    kind: AnnotationKind
    start: int
    end: int
    page: int | None
    colour: HighlightColour | None
    note: str | None
    quotation: QuotedText
    detached: bool
    updated_at: datetime


class AnnotationSearch(LazyModel):
    """`q`: words, or parts of words, that must all be in the quoted text, the note or the document's name."""

    q: QueryText = ""


class AnnotationFormat(StrEnum):
    """`markdown`: to read and to keep. `jsonld`: a collection of W3C Web Annotations."""

    MARKDOWN = "markdown"
    JSONLD = "jsonld"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]

    @property
    def extension(self) -> str:
        return "md" if self is AnnotationFormat.MARKDOWN else "jsonld"


_MEDIA_TYPES = {
    AnnotationFormat.MARKDOWN: "text/markdown; charset=utf-8",
    AnnotationFormat.JSONLD: 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
}
