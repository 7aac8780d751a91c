"""The shapes of a reading aloud: the job clients see, its segments, and the messages between the functions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chalicelib.platform.db.cursor import ListItem
from chalicelib.speech.voices.languages import LanguageTag
from chalicelib.speech.voices.model import CallOutcome


class JobStatus(StrEnum):
    QUEUED = "queued"
    PLANNING = "planning"
    SPEAKING = "speaking"
    FINISHING = "finishing"
    DONE = "done"
    PARTIAL = "partial"  # some segments are silence; they are listed
    FAILED = "failed"
    CANCELLED = "cancelled"


class NewSpeech(BaseModel):
    """What to read: `start` and `end` count code points of the reading text; without them, all of it.

    `language` is that of the text, where the one that was found is not the right one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    voice: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    language: LanguageTag | None = None
    start: Annotated[int, Field(ge=0)] | None = None
    end: Annotated[int, Field(ge=1)] | None = None


UNFINISHED_STATUSES = (JobStatus.QUEUED, JobStatus.PLANNING, JobStatus.SPEAKING, JobStatus.FINISHING)


class Quote(BaseModel):
    """What a reading will be and cost: `cached_characters` of its `characters` were bought before and cost nothing."""

    voice: str
    characters: int
    cached_characters: int
    estimated_cost: float
    currency: str
    estimated_audio_ms: int
    segments: int


class Progress(BaseModel):
    """Segments settled, and segments in all; both 0 until the job is planned."""

    done: int
    total: int


class Gap(BaseModel):
    """Text that no provider would speak; half a second of silence stands in its place."""

    text_start: int
    text_end: int
    reason: str


class Job(ListItem):
    """One reading of one media with one voice. `providers` are who spoke how many segments; `cost` is what was billed for."""

    media_id: UUID
    voice: str
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
    error: str | None
    finished_at: datetime | None


class PlanSpeechMessage(BaseModel):
    """api → plan_speech: set a job going, from the beginning or from where it stands."""

    owner_id: UUID
    job_id: UUID


class SegmentMessage(BaseModel):
    """Which segment a message is about, and which call. `key` names its audio and its marks in the library bucket."""

    owner_id: UUID
    job_id: UUID
    index: int
    voice: str
    key: str
    call_id: UUID
    probe: bool = False


class SynthesizeSegmentMessage(SegmentMessage):
    """plan_speech, record_segment → synthesize: one provider call's worth of text.

    The call begins at `begins_at` and ends by `ends_by`; an order that comes too late for that is void, and another one is
    under way by then.
    """

    language: str
    text: str
    pause_ms: int
    begins_at: datetime
    ends_by: datetime


class SegmentResultMessage(SegmentMessage):
    """synthesize → record_segment. When it was spoken, the audio lies under `key`; else `error` says why not."""

    outcome: CallOutcome
    frame_count: int = 0
    audio_bytes: int = 0
    duration_ms: int = 0
    billed_characters: int = 0
    error: str | None = None
    retry_after_s: float | None = None


class RecheckProviderMessage(BaseModel):
    """plan_speech, record_segment → record_segment, later: look again who waits for this provider."""

    wake: str


class FinishSpeechMessage(BaseModel):
    """record_segment → finish_speech: put the segments together."""

    kind: Literal["finish"] = "finish"
    owner_id: UUID
    job_id: UUID


class BuildHlsSegmentsMessage(BaseModel):
    """record_segment → finish_speech: cut what was spoken into parts for players."""

    kind: Literal["cut"] = "cut"
    owner_id: UUID
    job_id: UUID


parse_finish_message = TypeAdapter[FinishSpeechMessage | BuildHlsSegmentsMessage](
    Annotated[FinishSpeechMessage | BuildHlsSegmentsMessage, Field(discriminator="kind")]
).validate_json
