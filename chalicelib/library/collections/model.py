"""The shapes of collections."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from chalicelib.library.model import Media, to_single_line
from chalicelib.platform.db.cursor import ListItem

MAX_NAME_CHARACTERS = 100  # fits a line of a menu
MAX_DESCRIPTION_CHARACTERS = 2_000  # a paragraph or two
MAX_COLLECTIONS = 1_000  # beyond what anybody finds again; bounds what a stolen token can fill
MAX_MEDIA_AT_ONCE = 500  # one statement each way, ~20 ms


def _text(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} and character != "\n" for character in text):
        raise ValueError("contains control characters")
    return text.strip()


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS), AfterValidator(to_single_line)]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION_CHARACTERS), AfterValidator(_text)]


class CollectionSort(StrEnum):
    NEWEST = "-created_at"
    OLDEST = "created_at"
    NAME = "name"


class Collection(ListItem):
    """A named, ordered set of media. `item_count` leaves out what is in the trash."""

    name: str
    description: str
    item_count: int
    updated_at: datetime


class NewCollection(BaseModel):
    """Names are unique for their owner; case does not make another name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    description: Description = ""


class CollectionChanges(BaseModel):
    """A merge patch (RFC 7396): what is left out stays as it is; a description of null is removed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name | None = None
    description: Description | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _has_a_name(cls, name: object) -> object:
        if name is None:
            raise ValueError("cannot be removed; give another one")
        return name


class Placement(BaseModel):
    """Where a media shall stand, counted from 0; behind the last when there are fewer.

    Left out, a new media comes last and one that is there stays where it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    position: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class ManyMedia(BaseModel):
    """Several media at once, in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    media_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_MEDIA_AT_ONCE)]


class CollectionItem(Media):
    """A media in a collection; `position` is a number between its neighbours', and nobody else's business."""

    position: Annotated[int, Field(exclude=True)]
