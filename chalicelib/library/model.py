"""Models of media, and the keys of their objects in storage."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, field_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chalicelib.library.media_metadata import MediaMetadata
from chalicelib.metadata.model import MAX_CREATORS
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel

MAX_TITLE_CHARACTERS = 300  # the longest book titles in library catalogues; still fits a list
MAX_TAGS = 50  # keeps a page of 100 media below 1 MB
MAX_TAG_CHARACTERS = 50
MAX_QUERY_CHARACTERS = 200  # far more than users type; bounds what a search can cost
MAX_SHOWN_CHARACTERS = 80  # of a rejected value in an error sentence


def to_single_line(text: str) -> str:
    """Normalize to NFC and collapse white space. Rejects control characters and blank text."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if has_control_characters(line):
        raise control_characters_error(text)
    if not line:
        raise PydanticCustomError("blank", "This field is blank. Enter at least one visible character.")
    return line


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """True if the text contains control characters or lone surrogates."""
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in allowed)


def control_characters_error(text: str) -> PydanticCustomError:
    return PydanticCustomError(
        "control_characters",
        "{text} contains invisible control characters. Remove them, or type the text instead of pasting it.",
        {"text": repr(text[:MAX_SHOWN_CHARACTERS])},
    )


def not_removable_error(field: str) -> PydanticCustomError:
    return PydanticCustomError(
        "not_removable", "The {field} cannot be removed. Send a new {field}, or leave the field out.", {"field": field}
    )


def leave_out_null(schema: JsonDict) -> None:
    """Describe a field that may be left out, but has no null: for `Field(json_schema_extra=…)`."""
    options = schema.pop("anyOf")
    assert isinstance(options, list)  # noqa: S101 - pydantic's schema of `… | None`
    schema.update(next(option for option in options if isinstance(option, dict) and option != {"type": "null"}))


def _normalize_tag(text: str) -> str:
    """Give tags that look alike one form (NFKC, lower case)."""
    return to_single_line(unicodedata.normalize("NFKC", text)).lower()


def _without_control_characters(query: str) -> str:
    """Replace control characters, which Postgres may reject, by spaces."""
    return "".join(" " if has_control_characters(character) else character for character in query)


def _date(text: str) -> str:
    """Check a year, a month or a day of ISO 8601."""
    year, *rest = text.split("-")
    parts = [year, *rest, *("01", "01")[len(rest) :]]
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", "-".join(parts), re.ASCII):
        raise _not_a_date_error(text)
    try:
        date(*map(int, parts))
    except ValueError:
        raise _not_a_date_error(text) from None
    return text


def _not_a_date_error(text: str) -> PydanticCustomError:
    return PydanticCustomError(
        "not_a_date",
        "{text} is not a date. Write a year, a month or a day, such as 1922, 1922-05 or 1922-05-31.",
        {"text": repr(text[:MAX_SHOWN_CHARACTERS])},
    )


def _language_tag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}", text):
        raise PydanticCustomError(
            "not_a_language",
            "{text} is not a language tag. Write one such as en, de-AT or zh-Hant.",
            {"text": repr(text[:MAX_SHOWN_CHARACTERS])},
        )
    return text


def _deduplicate(tags: list[str]) -> list[str]:
    return sorted(set(tags))


Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS), AfterValidator(to_single_line)]
LanguageTag = Annotated[str, Field(max_length=60), AfterValidator(_language_tag)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARACTERS), AfterValidator(_normalize_tag)]
QueryText = Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS), AfterValidator(_without_control_characters)]


class Status(StrEnum):
    """The states of an upload, then of a media."""

    PENDING = "pending"
    INSPECTING = "inspecting"
    READY = "ready"
    REJECTED = "rejected"
    EXPIRED = "expired"
    TRASHED = "trashed"


class InspectionFinding(LazyModel):
    """A finding of the inspection: `code` for programs, `detail` a sentence for people."""

    model_config = ConfigDict(frozen=True)

    code: str
    detail: str


class TextStatus(StrEnum):
    """The state of a media's reading text."""

    NONE = "none"
    READY = "ready"
    RECOGNIZING = "recognizing"  # its pages are pictures, and their text is being recognized
    FAILED = "failed"


class VersionReason(StrEnum):
    """The reason why a text version was made."""

    INGEST = "ingest"
    LANGUAGE = "language"
    ENCODING = "encoding"
    RECOGNITION = "recognition"
    UPGRADE = "upgrade"  # by a newer extractor


class RecognitionProgress(LazyModel):
    """Numbers of pages of a scan: recognized ones, and all."""

    pages_done: int
    pages_total: int


class Media(ListItem):
    """A file of a user. Sizes are in bytes; `sha256` is base64, as the client declared it. `width` and `height` are the pixels of
    an image or video as it is shown, after rotation. `has_thumbnail`: `variant=thumbnail` has a URL. `recognition` is null unless
    the media is a scan. `title` is that of the metadata, or of the filename, until you set one. `text_version` counts the texts
    that were made of the media; a recording has the number of its own.
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
    text_status: TextStatus
    text_version: int | None
    recognition: RecognitionProgress | None
    metadata: MediaMetadata
    has_thumbnail: bool
    tags: list[str]
    collection_ids: list[UUID]
    updated_at: datetime
    ready_at: datetime | None
    trashed_at: datetime | None


class MediaSort(StrEnum):
    """Sort order of a list of media; `-` is descending. Titles sort naturally: without case or accents, 2 before 10."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_REVERSED = "-title"
    SMALLEST = "size_bytes"
    LARGEST = "-size_bytes"


class MediaFilter(LazyModel):
    """Which media to list. Without `status`: all except those in the trash.

    `media_type` is a type or a family (`image/*`). `q` is words, or parts of words, that must all occur in the title, the
    filename, the creators or the series; what does not matter in `/v1/search` does not matter here. To search the text of
    documents, use that.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status | None = None
    media_type: Annotated[str, Field(max_length=127, pattern=r"^[\w.+-]+/([\w.+-]+|\*)$")] | None = None
    tag: Tag | None = None
    collection_id: UUID | None = None
    q: QueryText | None = None


class MetadataChanges(LazyModel):
    """Corrections of a file's metadata: fields left out do not change, null removes a value.

    `published` is a year, a month or a day: "1922", "1922-05", "1922-05-31".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Title | None = None
    creators: Annotated[list[Title], Field(max_length=MAX_CREATORS)] | None = None
    language: LanguageTag | None = None
    publisher: Title | None = None
    published: Annotated[str, Field(max_length=10), AfterValidator(_date)] | None = None
    series: Title | None = None
    series_index: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None

    def to_row(self) -> dict[str, object]:
        """Return the fields that were sent, as they are stored."""
        values = self.model_dump(exclude_unset=True)
        return {**values, **({"creators": values["creators"] or []} if "creators" in values else {})}


class MediaChanges(LazyModel):
    """A merge patch (RFC 7396): fields left out do not change. `tags` are stored in lower case, each once; null removes them.

    `metadata` corrects what the file says of itself; null returns to that. The title follows it unless you set one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[Title | None, Field(json_schema_extra=leave_out_null)] = None
    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_deduplicate)] | None = None
    metadata: MetadataChanges | None = None

    @field_validator("title", mode="before")
    @classmethod
    def _require_title(cls, title: object) -> object:
        if title is None:
            raise not_removable_error("title")
        return title


class Chapter(LazyModel):
    """A chapter of the reading text. `start` and `end` are offsets in code points."""

    model_config = ConfigDict(frozen=True)

    title: str
    start: int
    end: int


class MediaAccess(LazyModel):
    """The columns that decide whether the contents of a media may be read."""

    filename: str
    status: Status
    is_being_erased: bool


class StoredObject(LazyModel):
    """The columns of a media that locate its objects in storage."""

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
    """Return the prefixes of all objects of a media in the library bucket."""
    return f"media/{owner_id}/{media_id}/", f"withheld/{owner_id}/{media_id}/"


def incoming_key(owner_id: UUID, media_id: UUID) -> str:
    return f"uploads/{owner_id}/{media_id}"


_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INCOMING_KEY = re.compile(f"uploads/(?P<owner>{_UUID})/(?P<media>{_UUID})")


def parse_incoming_key(key: str) -> tuple[UUID, UUID] | None:
    """Return the owner and media in an upload's key; None if the server did not make it."""
    match = _INCOMING_KEY.fullmatch(key)
    return (UUID(match["owner"]), UUID(match["media"])) if match else None


def original_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/original"


def view_key(owner_id: UUID, media_id: UUID, media_type: str) -> str:
    return f"media/{owner_id}/{media_id}/view{'.pdf' if media_type == 'application/pdf' else ''}"


def thumbnail_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/thumbnail.webp"


def cover_key(owner_id: UUID, media_id: UUID) -> str:
    """Return the key of the picture that the recordings of a document have."""
    return f"media/{owner_id}/{media_id}/cover.jpg"


def withheld_key(owner_id: UUID, media_id: UUID) -> str:
    """Return the key of a withheld original. The API's role cannot read it."""
    return f"withheld/{owner_id}/{media_id}/original"
