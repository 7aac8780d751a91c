"""Text recognition of documents: the request of the API, and the rows of the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from chalicelib.platform.db.lease import Lease
from chalicelib.platform.lazy_model import LazyModel

# Notes of media with pages to recognise, by the codes of `extract.EXTRACTION_WARNINGS`.
SCAN_CODES = ("no_text_layer", "some_pages_without_text", "garbled_text")
PICTURES = "image/"  # what the media types of pictures begin with
MAX_PAGES = 2_000  # of one document: an hour of processor time; a PDF may have as many
MAX_LANGUAGES = 5  # of one request: each model that a page is read with takes time
MAX_ATTEMPTS = 3  # at a page; then it is skipped
RUN_GROWTH = (
    2  # times as many pages as before are added to the text: all these texts together cost as much as the whole one
)
MAX_IN_FLIGHT = 20  # messages of one document: the most workers of a stage that may be at it


class RecognitionStatus(StrEnum):
    QUEUED = "queued"  # the pages to recognise are not known yet
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # no page could be recognised
    CANCELLED = "cancelled"


class NewRecognition(LazyModel):
    """`languages` are those of the document. Without them, the language of each page is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: (
        Annotated[
            list[Annotated[str, Field(min_length=2, max_length=35)]], Field(min_length=1, max_length=MAX_LANGUAGES)
        ]
        | None
    ) = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Facts about a media that a request depends on: which `pages` of it were recognised before, and which recognition is
    running."""

    filename: str
    media_type: str
    page_count: int | None
    note_codes: list[str]
    pages: list[int] | None
    running_id: UUID | None

    @property
    def is_picture(self) -> bool:
        """True for a picture, which has one page."""
        return self.media_type.startswith(PICTURES)


@dataclass(frozen=True, slots=True)
class RecognitionClaim(Lease):
    """The right to find the pages of a document, or to make its text of them."""

    media_id: UUID
    status: str
    pages: list[int]
    chosen_language: str | None


@dataclass(frozen=True, slots=True)
class RunClaim(Lease):
    """The right to make the text of the first `page_count` pages, before the other ones are finished."""

    media_id: UUID
    page_count: int
    chosen_language: str | None


@dataclass(frozen=True, slots=True)
class PageClaim(Lease):
    """The right to recognise one page. `id` is the recognition's."""

    media_id: UUID
    page: int
    attempts: int
    languages: list[str]
    usual_language: str | None


@dataclass(frozen=True, slots=True)
class PageResult:
    """A finished page. `words` is None for one that could not be recognised."""

    page: int
    confidence: float | None
    words: bytes | None


@dataclass(frozen=True, slots=True)
class StalledRecognition:
    """A recognition that no worker has touched for long, as the sweep sees those of all owners."""

    id: UUID
    owner_id: UUID
