"""Messages between the speech functions. In flight during a deployment: their JSON keeps its fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field, TypeAdapter

from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.checks.model import SegmentChecks, VoicePace
from chalicelib.speech.normalization.model import Phonemes, Replacement
from chalicelib.speech.pauses import Pause
from chalicelib.speech.voices.model import CallOutcome


class PlanSpeechMessage(LazyModel):
    """API → run_speech_job: start a job, or resume it."""

    kind: Literal["plan"] = "plan"
    owner_id: UUID
    job_id: UUID


class MakeVoiceSamplesMessage(LazyModel):
    """API → run_speech_job: have these voices, by their ids, say their samples."""

    kind: Literal["samples"] = "samples"
    voices: list[str]


class SynthesizeSampleMessage(LazyModel):
    """run_speech_job → synthesize: the sample of a voice."""

    kind: Literal["sample"] = "sample"
    voice: str


class PrepareVoiceMessage(LazyModel):
    """API → synthesize_built_in: the first segments of a recording come soon."""

    kind: Literal["prepare"] = "prepare"


class SegmentMessage(LazyModel):
    """A segment and its call. `key` names the audio and its description in the library bucket.

    `word_key` names the audio that is bought where that has other pauses; `key` is made of it then.
    """

    owner_id: UUID
    job_id: UUID
    index: int
    voice: str
    key: str
    word_key: str | None = None
    call_id: UUID
    probe: bool = False

    @property
    def bought_key(self) -> str:
        return self.word_key or self.key


class SynthesizeSegmentMessage(SegmentMessage):
    """run_speech_job, record_segment → synthesize: the text of one provider call, as it is spoken.

    `replacements` lead back from it to the written text, whose characters the word timings and the offsets of `pauses` count.
    The audio that is bought has `pause_ms` of silence behind it. `phonemes` are of words whose sound the user's
    lexicon has. `usual` is the pace of its voice, `seed` 0 but for another try.

    The call starts at `begins_at` and ends by `ends_by`. A message that arrives too late for that is void: the segment has
    another call by then.
    """

    language: str
    text: str
    replacements: tuple[Replacement, ...] = ()
    phonemes: tuple[Phonemes, ...] = ()
    pause_ms: int
    pauses: tuple[Pause, ...] = ()
    seed: int = 0
    usual: VoicePace | None = None
    begins_at: datetime
    ends_by: datetime


class SegmentResultMessage(SegmentMessage):
    """synthesize → record_segment: the result of a call. The audio is stored under `key`, or `error` gives the reason."""

    outcome: CallOutcome
    frame_count: int = 0
    audio_bytes: int = 0
    duration_ms: int = 0
    billed_characters: int = 0
    checks: SegmentChecks | None = None
    error: str | None = None
    retry_after_s: float | None = None


class CallAnsweredMessage(LazyModel):
    """synthesize → record_segment: the provider can take another call, while this one's audio is checked and stored."""

    owner_id: UUID
    call_id: UUID
    provider: str


class RecheckProviderMessage(LazyModel):
    """run_speech_job, record_segment → record_segment, delayed: dispatch the provider's pending segments again."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    provider: str = Field(alias="wake")


class FinishSpeechMessage(LazyModel):
    """record_segment → run_speech_job: join the segments to a recording."""

    kind: Literal["finish"] = "finish"
    owner_id: UUID
    job_id: UUID


class BuildHlsSegmentsMessage(LazyModel):
    """record_segment → run_speech_job: build HLS segments of the audio there is."""

    kind: Literal["cut"] = "cut"
    owner_id: UUID
    job_id: UUID


class PreviewSpeechMessage(LazyModel):
    """API → run_speech_job: a call for no job, to hear a few words."""

    kind: Literal["preview"] = "preview"
    call: SynthesizeSegmentMessage


JobMessage: TypeAlias = (
    PlanSpeechMessage | FinishSpeechMessage | BuildHlsSegmentsMessage | MakeVoiceSamplesMessage | PreviewSpeechMessage
)
# PlanSpeechMessage comes first: version 0.1 sent it without a kind.
parse_job_message = TypeAdapter[JobMessage](
    Annotated[JobMessage, Field(union_mode="left_to_right")],
    config=ConfigDict(defer_build=True),
).validate_json

# Segments come first: they have no kind.
parse_synthesis_message = TypeAdapter[SynthesizeSegmentMessage | SynthesizeSampleMessage | PrepareVoiceMessage](
    Annotated[
        SynthesizeSegmentMessage | SynthesizeSampleMessage | PrepareVoiceMessage, Field(union_mode="left_to_right")
    ],
    config=ConfigDict(defer_build=True),
).validate_json

parse_result_message = TypeAdapter[SegmentResultMessage | CallAnsweredMessage | RecheckProviderMessage](
    SegmentResultMessage | CallAnsweredMessage | RecheckProviderMessage, config=ConfigDict(defer_build=True)
).validate_json
