"""Models of collections."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, field_validator

from chalicelib.library.fields import (
    control_characters_error,
    has_control_characters,
    leave_out_null,
    not_removable_error,
    to_single_line,
)
from chalicelib.library.model import Media
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel

MAX_NAME_CHARACTERS = 100  # fits a line of a menu
MAX_DESCRIPTION_CHARACTERS = 2_000  # a paragraph or two
MAX_COLLECTIONS = 1_000  # more than a user can keep track of; bounds what a stolen token can create
MAX_MEDIA_PER_REQUEST = 500  # one statement each way, ~20 ms


def _normalize_breaks(text: object) -> object:
    """Spell line breaks as `\\n`, and tabs as spaces: text that is pasted contains both."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ") if isinstance(text, str) else text


def _strip_text(text: str) -> str:
    if has_control_characters(text, allowed="\n"):
        raise control_characters_error(text)
    return text.strip()


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS), AfterValidator(to_single_line)]
Description = Annotated[
    str,
    BeforeValidator(_normalize_breaks),  # before the length is checked: a line break counts once
    Field(max_length=MAX_DESCRIPTION_CHARACTERS),
    AfterValidator(_strip_text),
]


class CollectionSort(StrEnum):
    NEWEST = "-created_at"
    OLDEST = "created_at"
    NAME = "name"


class Collection(ListItem):
    """A named, ordered set of media. `item_count` does not include media in the trash."""

    name: str
    description: str
    item_count: int
    updated_at: datetime


class NewCollection(LazyModel):
    """A collection to create. An owner's names are unique, ignoring case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    description: Description = ""


class CollectionChanges(LazyModel):
    """A merge patch (RFC 7396): fields left out do not change; null removes the description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[Name | None, Field(json_schema_extra=leave_out_null)] = None
    description: Description | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _require_name(cls, name: object) -> object:
        if name is None:
            raise not_removable_error("name")
        return name


class Placement(LazyModel):
    """A media's place in a collection, counted from 0; beyond the last one it comes last.

    If left out, a new media comes last and an existing one stays where it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    position: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class MediaIds(LazyModel):
    """Several media, in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    media_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_MEDIA_PER_REQUEST)]


class CollectionItem(Media):
    """A media in a collection. `sort_position` is a number between those of its neighbours; the API does not return it."""

    sort_position: Annotated[int, Field(exclude=True)]
