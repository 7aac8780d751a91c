"""Models of shares: what owners request and see, and what readers of a share see."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from chalicelib.library.media_metadata import MediaMetadata
from chalicelib.library.model import TextStatus
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.model import JobStatus
from chalicelib.speech.skipping import SkippableKind

MAX_SHARES = 200  # live ones of an owner: more than anyone keeps track of; bounds what a stolen token can open
MAX_VALID_DAYS = 3_650
MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 200  # a long sentence; bounds what a request costs


def _normalize(password: str) -> str:
    """Give passwords that are typed alike on different keyboards one form (NFKC, as RFC 8265 recommends)."""
    return unicodedata.normalize("NFKC", password)


Password = Annotated[str, Field(max_length=MAX_PASSWORD_CHARACTERS), AfterValidator(_normalize)]


class NewShare(LazyModel):
    """A share to create. Without `expires_at` it does not expire; without `password` the address is enough.

    `download`: readers may download the file and the recording, not only read and listen.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    expires_at: AwareDatetime | None = None
    password: Annotated[Password, Field(min_length=MIN_PASSWORD_CHARACTERS)] | None = None
    download: bool = False


class Share(ListItem):
    """A link to a media or a collection, which `title` names.

    `url` is the address to give to others, `path` that of the same content in this API. `open_count` says how often it was
    opened, `opened_at` when last.
    """

    media_id: UUID | None
    collection_id: UUID | None
    title: str
    url: str
    path: str
    download: bool
    has_password: bool
    expires_at: datetime | None
    open_count: int
    opened_at: datetime | None


class SharedKind(StrEnum):
    MEDIA = "media"
    COLLECTION = "collection"


class SharedContent(LazyModel):
    """Content of a share. `media_id` is that of a shared media; the media of a collection are listed by `/media`."""

    kind: SharedKind
    title: str
    description: str
    media_id: UUID | None
    download: bool
    expires_at: datetime | None


class SharedMedia(LazyModel):
    """A media as readers of a share see it. The fields mean what they mean for its owner."""

    id: UUID
    title: str
    media_type: str
    page_count: int | None
    duration_ms: int | None
    width: int | None
    height: int | None
    word_count: int | None
    language: str | None
    text_status: TextStatus
    text_version: int | None
    is_scan: bool
    metadata: MediaMetadata
    has_thumbnail: bool
    has_document: bool


class SharedRecording(ListItem):
    """A finished recording of a shared media. Its playlist, its marks and, where downloads are allowed, its audio can be read."""

    media_id: UUID
    voice: str
    language: str
    status: JobStatus
    duration_ms: int | None
    text_version: int | None
    start: int
    end: int
    skip: list[SkippableKind]


class Unlocking(LazyModel):
    """The password of a share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: Password


class UnlockedShare(LazyModel):
    """`token` takes the place of the share's own token in all its addresses, until it expires."""

    token: str
    path: str
    expires_at: datetime
