"""The shapes of what a user owns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chalicelib.platform.cursor import Listed


class Status(StrEnum):
    """An upload's life, then a media's."""

    PENDING = "pending"
    INSPECTING = "inspecting"
    READY = "ready"
    REJECTED = "rejected"
    EXPIRED = "expired"
    TRASHED = "trashed"


class Remark(BaseModel):
    """Something the inspection found: `code` for programs, `detail` a sentence for people."""

    model_config = ConfigDict(frozen=True)

    code: str
    detail: str


class Media(Listed):
    """One thing a user owns. Sizes are bytes, `sha256` is base64 and the uploader's own."""

    filename: str
    title: str
    media_type: str
    size_bytes: int
    sha256: str | None
    status: Status
    rejection: Remark | None
    notes: list[Remark]
    page_count: int | None
    duration_ms: int | None
    word_count: int | None
    language: str | None
    tags: list[str]
    collection_ids: list[UUID]
    updated_at: datetime
    ready_at: datetime | None
    trashed_at: datetime | None


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
        return view_key(self.owner_id, self.id)


def incoming_key(owner_id: UUID, media_id: UUID) -> str:
    return f"uploads/{owner_id}/{media_id}"


def original_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/original"


def view_key(owner_id: UUID, media_id: UUID) -> str:
    return f"media/{owner_id}/{media_id}/view.pdf"


def withheld_key(owner_id: UUID, media_id: UUID) -> str:
    """Where the original of a disarmed document lies: the API's role cannot read there."""
    return f"withheld/{owner_id}/{media_id}/original"
