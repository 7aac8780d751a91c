"""Models of media."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from chalicelib.formats.charset import Encoding
from chalicelib.library import fields, spoken_languages
from chalicelib.library.fields import (
    MAX_NAME_CHARACTERS,
    MAX_TAGS,
    QueryText,
    Tag,
    Title,
    leave_out_null,
    not_removable_error,
)
from chalicelib.library.media_metadata import MediaMetadata, MetadataChanges
from chalicelib.library.object_keys import original_key, thumbnail_key, view_key
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel


def _encoding_name(codec: str | None) -> str | None:
    return None if codec is None else Encoding(codec).name


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
    """Numbers of pages of a scan: recognized ones, and all.

    `text_pages` counts the pages from the first that can be spoken meanwhile; it is null if speech waits for all pages.
    """

    pages_done: int
    pages_total: int
    text_pages: int | None


class MediaPosition(LazyModel):
    """The place where a media's reader is. `text_offset` counts code points of the current text, `time_ms` is of audio or video.

    `fraction` is the part that is before, from 0 to 1; `zoom` is that of the page, 1 being as wide as the window. `detached`: the
    text was made again, and what was read here is no longer in it. `updated_at`: when the reader was there.
    """

    text_offset: int
    page: int | None
    time_ms: int | None
    zoom: float | None
    fraction: float
    detached: bool
    updated_at: datetime


class Media(ListItem):
    """A file of a user. Sizes are in bytes; `sha256` is base64, as the client declared it and, once ready, that of the bytes
    (null for older media). `duplicate_of` is the earliest ready media of yours that has the same bytes, if that is another one.
    `width` and `height` are the pixels of
    an image or video as it is shown, after rotation. `has_thumbnail`: `variant=thumbnail` has a URL. `has_document`: `/document`
    has its display form. `recognition` is null unless the media is a scan. `title` is that of the metadata, or of the filename,
    until you set one. `text_version` counts the texts that were made of the media; a recording has the number of its own.
    `text_updating`: the text is being made again because you chose another `language` or `encoding`; until then, the former is
    read. `encoding` is null unless you chose one.
    `has_voice`: a voice of this deployment speaks the language of the text; null without a text. `position` is where you stopped
    reading or listening, `opened_at` when you last opened the media; both are null before the first time. `source_url` is the
    address that the media was imported from. `is_scan`: pages are pictures, and their text
    can be recognized, or was; a picture is one once its text was.
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
    has_voice: bool | None = None
    text_status: TextStatus
    text_version: int | None
    text_updating: bool
    encoding: Annotated[str | None, AfterValidator(_encoding_name)]
    recognition: RecognitionProgress | None
    is_scan: bool
    metadata: MediaMetadata
    has_thumbnail: bool
    has_document: bool
    tags: list[str]
    collection_ids: list[UUID]
    updated_at: datetime
    ready_at: datetime | None
    trashed_at: datetime | None
    position: MediaPosition | None
    opened_at: datetime | None
    source_url: str | None
    duplicate_of: UUID | None

    @model_validator(mode="after")
    def _find_voice(self) -> Self:
        self.has_voice = spoken_languages.has_voice(self.language) if self.text_version is not None else None
        return self


class MediaSort(StrEnum):
    """Sort order of a list of media; `-` is descending. Titles sort naturally: without case or accents, 2 before 10.

    `-opened_at`: last opened first, and those that were never opened behind, newest first.
    """

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_REVERSED = "-title"
    SMALLEST = "size_bytes"
    LARGEST = "-size_bytes"
    LAST_OPENED = "-opened_at"


class MediaFilter(LazyModel):
    """Which media to list. Without `status`: all except those in the trash.

    `media_type` is a type or a family (`image/*`). `q` is words, or parts of words, that must all occur in the title, the
    filename, the creators or the series; what does not matter in `/v1/search` does not matter here. To search the text of
    documents, use that. `creator` and `series` are names exactly as in `metadata`. `in_progress`: those that you have begun and
    not finished, or all others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status | None = None
    media_type: Annotated[str, Field(max_length=127, pattern=r"^[\w.+-]+/([\w.+-]+|\*)$")] | None = None
    tag: Tag | None = None
    collection_id: UUID | None = None
    creator: QueryText | None = None
    series: QueryText | None = None
    q: QueryText | None = None
    in_progress: bool | None = None


class MediaChanges(LazyModel):
    """A merge patch (RFC 7396): fields left out do not change. `tags` are stored in lower case, each once; null removes them.

    `metadata` corrects what the file says of itself; null returns to that. The title follows it unless you set one.

    `language` (BCP 47) beats what the document says and what is detected. `encoding`, such as `Windows-1252` or `Shift_JIS`, is
    that of a plain text, Markdown or HTML file. After a change of either, the text is made again. Null returns to what was found.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[Title | None, Field(json_schema_extra=leave_out_null)] = None
    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(fields.deduplicate)] | None = None
    metadata: MetadataChanges | None = None
    language: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)] | None = None
    encoding: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)] | None = None

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
