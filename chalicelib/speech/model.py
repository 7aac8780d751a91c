"""Models of the speech API: a request, its quote, and the job as clients see it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.preferences.model import PauseScale
from chalicelib.speech.skipping import SkippableKind, sorted_kinds
from chalicelib.speech.voices.languages import LanguageTag


class JobStatus(StrEnum):
    QUEUED = "queued"
    PLANNING = "planning"
    SPEAKING = "speaking"
    FINISHING = "finishing"
    DONE = "done"
    PARTIAL = "partial"  # some segments are silent; `gaps` lists them
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED_STATUSES = (JobStatus.QUEUED, JobStatus.PLANNING, JobStatus.SPEAKING, JobStatus.FINISHING)


class NewSpeech(LazyModel):
    """A request to read a text aloud, or a part of it.

    `start` and `end` count code points. `language` overrides the language of the text. `skip` are the kinds of blocks, and of
    parts of sentences (`citation`, `url`, `note_mark`), that are neither read nor paid for; an empty list reads everything.
    `pause_scale` is the length of the pauses between paragraphs, list items and lines, and around headings: 1 is usual. Without
    `voice`, `skip` or `pause_scale`, your preferences decide.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    voice: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    language: LanguageTag | None = None
    start: Annotated[int, Field(ge=0)] | None = None
    end: Annotated[int, Field(ge=1)] | None = None
    skip: Annotated[list[SkippableKind], AfterValidator(sorted_kinds)] | None = None
    pause_scale: PauseScale | None = None


class Quote(LazyModel):
    """Size and cost of a speech job before it starts. `cached_characters` were bought earlier and are free.

    `max_cost` is the cost if as much as possible is spoken again because of faults.

    `passage_voices` speak the passages in other languages, by language. `skippable` says how many characters of the requested
    text are of each kind that `skip` can leave out, beside the running text; those that are skipped count as well.
    """

    voice: str
    passage_voices: dict[str, str]
    characters: int
    cached_characters: int
    estimated_cost: float
    max_cost: float
    currency: str
    estimated_audio_ms: int
    segments: int
    skippable: dict[SkippableKind, int] = Field(default_factory=dict)


class Progress(LazyModel):
    """Finished segments, and all segments; both 0 until the job is planned."""

    done: int
    total: int


class Gap(LazyModel):
    """Text that no provider would speak: half a second of silence in the recording."""

    text_start: int
    text_end: int
    reason: str


class Doubt(LazyModel):
    """Text of which every try had faults: the best one is in the recording."""

    start: int
    end: int
    reason: str


class Checks(LazyModel):
    """Checks of a job's audio: how many segments were checked, further calls because of faults, and what stayed in doubt."""

    segments: int
    respoken: int
    doubtful: list[Doubt]


class Job(ListItem):
    """A speech job: one media item read by one voice. `passage_voices` speak its passages in other languages, by language.

    `providers` counts the segments that each provider has spoken; `cost` is the sum of what was billed. `text_version` is the
    text that it reads, which stays when the media's text is made again: `GET /v1/media/{id}/text?version=`. `start` and `end` are
    the part of it that is read, in code points.
    """

    media_id: UUID
    text_version: int
    start: int
    end: int
    voice: str
    passage_voices: dict[str, str]
    language: str
    skip: list[SkippableKind]
    pause_scale: float
    status: JobStatus
    progress: Progress
    characters: int
    cached_characters: int
    billed_characters: int
    estimated_cost: float
    cost: float
    currency: str
    providers: dict[str, int]
    duration_ms: int | None
    gaps: list[Gap]
    checks: Checks
    error: str | None
    finished_at: datetime | None
