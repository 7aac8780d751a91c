"""The shapes of what a user owns."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from chalicelib.platform.db.cursor import ListItem

MAX_TITLE_CHARACTERS = 300  # the longest titles of books in library catalogues; a list still shows them
MAX_TAGS = 50  # more is a text, and a page of 100 media must stay below 1 MB
MAX_TAG_CHARACTERS = 50
MAX_QUERY_CHARACTERS = 200  # far more than anybody types to find something; bounds what a search can cost


def to_single_line(text: str) -> str:
    """Without spaces around it, with one where there were several, composed (NFC); control characters are refused."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in line):
        raise ValueError("contains control characters")
    if not line:
        raise ValueError("is blank")
    return line


def _tag(text: str) -> str:
    """Tags that look alike are one tag."""
    return to_single_line(unicodedata.normalize("NFKC", text)).lower()


def _readable(question: str) -> str:
    """Control characters, which Postgres may not take, separate words like spaces."""
    return "".join(" " if unicodedata.category(character) in {"Cc", "Cs"} else character for character in question)


def _each_once(tags: list[str]) -> list[str]:
    return sorted(set(tags))


Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS), AfterValidator(to_single_line)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARACTERS), AfterValidator(_tag)]
QueryText = Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS), AfterValidator(_readable)]


class Status(StrEnum):
    """An upload's life, then a media's."""

    PENDING = "pending"
    INSPECTING = "inspecting"
    READY = "ready"
    REJECTED = "rejected"
    EXPIRED = "expired"
    TRASHED = "trashed"


class InspectionFinding(BaseModel):
    """Something the inspection found: `code` for programs, `detail` a sentence for people."""

    model_config = ConfigDict(frozen=True)

    code: str
    detail: str


class Media(ListItem):
    """One thing a user owns. Sizes are bytes, `sha256` is base64 and the uploader's own. `width` and `height` of a picture or a
    video are the pixels that are seen: turned as the camera was held. `has_thumbnail`: `variant=thumbnail` has a URL.
    """

    filename: str
    title: str
    media_type: str
    size_bytes: int
    sha256: str | None
    status: Status
    rejection: InspectionFinding | None
    notes: list[InspectionFinding]
    page_count: int | None
    duration_ms: int | None
    width: int | None
    height: int | None
    word_count: int | None
    language: str | None
    has_thumbnail: bool
    tags: list[str]
    collection_ids: list[UUID]
    updated_at: datetime
    ready_at: datetime | None
    trashed_at: datetime | None


class MediaSort(StrEnum):
    """How a list of media is sorted: `-` is descending. Titles as people read them: no case, no accents, 2 before 10."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_REVERSED = "-title"
    SMALLEST = "size_bytes"
    LARGEST = "-size_bytes"


class MediaFilter(BaseModel):
    """Which media to list. Without `status`: all but those in the trash.

    `media_type` is a type or a family (`image/*`). `q` are words, or parts of words, that title and filename hold
    together, whatever their case and accents. The words inside are what `/v1/search` looks for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status | None = None
    media_type: Annotated[str, Field(max_length=127, pattern=r"^[\w.+-]+/([\w.+-]+|\*)$")] | None = None
    tag: Tag | None = None
    collection_id: UUID | None = None
    q: QueryText | None = None


class MediaChanges(BaseModel):
    """A merge patch (RFC 7396): what is left out stays as it is. `tags` are kept in lower case, each once; null removes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Title | None = None
    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_each_once)] | None = None

    @field_validator("title", mode="before")
    @classmethod
    def _has_a_title(cls, title: object) -> object:
        if title is None:
            raise ValueError("cannot be removed; give another one")
        return title


class Chapter(BaseModel):
    """`start` and `end` count code points of the reading text."""

    model_config = ConfigDict(frozen=True)

    title: str
    start: int
    end: int


class StoredObject(BaseModel):
    """What is needed to hand out a media's bytes."""

    id: UUID
    owner_id: UUID
    filename: str
    media_type: str
    size_bytes: int
    status: Status
    etag: str | None
    view_etag: str | None
    view_bytes: int | None
    original_withheld: bool
    ready_at: datetime | None

    @property
    def original_key(self) -> str:
        return original_key(self.owner_id, self.id)

    @property
    def view_key(self) -> str:
        return view_key(self.owner_id, self.id, self.media_type)

    @property
    def thumbnail_key(self) -> str:
        return thumbnail_key(self.owner_id, self.id)


def media_prefixes(owner_id: UUID, media_id: UUID) -> tuple[str, str]:
    """Everything of one media that lies in the library bucket is below these."""
    return f"media/{owner_id}/{media_id}/", f"withheld/{owner_id}/{media_id}/"


def incoming_key(owner_id: UUID, media_id: UUID) -> str:
    return f"uploads/{owner_id}/{media_id}"


_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INCOMING_KEY = re.compile(f"uploads/(?P<owner>{_UUID})/(?P<media>{_UUID})")


def parse_incoming_key(key: str) -> tuple[UUID, UUID] | None:
    """Owner and media of a key of the incoming bucket; None when the server never made it."""
    match = _INCOMING_KEY.fullmatch(key)
    return (UUID(match["owner"]), UUID(match["media"])) if match else None


def original_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/original"


def view_key(owner_id: UUID, media_id: UUID, media_type: str) -> str:
    return f"media/{owner_id}/{media_id}/view{'.pdf' if media_type == 'application/pdf' else ''}"


def thumbnail_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/thumbnail.webp"


def withheld_key(owner_id: UUID, media_id: UUID) -> str:
    """Where the original of a disarmed document lies: the API's role cannot read there."""
    return f"withheld/{owner_id}/{media_id}/original"
