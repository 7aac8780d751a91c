"""One provider call: text in, audio and marks out. Runs without a database and decides nothing: every outcome is reported."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.s3 import ObjectNotFoundError, PreconditionFailedError, StorageRejectedError
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.model import SegmentMessage, SegmentResultMessage, SynthesizeSegmentMessage
from chalicelib.speech.voices import catalogue, clients
from chalicelib.speech.voices.model import (
    CallOutcome,
    InvalidAudioError,
    ProviderBusyError,
    ProviderError,
    SynthesizedAudio,
    TtsClient,
)

MEDIA_TYPE = "audio/mpeg"
CALL_TIMEOUT_S = 30  # what a call may take: this function's own time limit
MAX_WAIT_S = 3.0  # for a call's turn
OTHER_CALL_WAIT_S = 3.0  # after its audio, a call that is alive has written its marks by then
POLL_INTERVAL_S = 0.2


class SegmentAudio(BaseModel):
    """What is kept beside the audio. Written last: where it lies, the audio lies too."""

    voice: str
    frame_count: int
    audio_bytes: int
    duration_ms: int
    timing: str
    billed_characters: int
    request_id: str | None
    words: list[WordTiming]
    call_id: UUID | None = None


class _PendingAudio(BaseModel):
    """What lies in the description's place as long as there is no audio: which call is at it since when, and how it failed."""

    job_id: UUID
    index: int
    call_id: UUID
    begun_at: datetime
    failure: SegmentResultMessage | None = None


_Description: TypeAdapter[SegmentAudio | _PendingAudio] = TypeAdapter(SegmentAudio | _PendingAudio)


def synthesize(order: SynthesizeSegmentMessage) -> None:
    """Speak a segment unless its audio is there already, keep it, report what came of it.

    An order that comes too late is dropped: its slot is somebody else's by then, and its segment has another order. So is one
    that comes twice while it is carried out: if its worker dies, the first message comes again. One that comes after its call
    has failed is told what came of it.
    """
    now = datetime.now(UTC)
    is_late = now + timedelta(seconds=CALL_TIMEOUT_S) > order.ends_by
    if is_late or not _claim(order, now):
        earlier = _earlier(order)
        if earlier is not None:
            _report(order, earlier)
            return
        if is_late or not _take_over(order, now):
            late_s = (now - order.begins_at).seconds
            logger.warning("order dropped", job_id=order.job_id, index=order.index, late_s=late_s, twice=not is_late)
            return
    time.sleep(min(MAX_WAIT_S, max(0.0, (order.begins_at - now).total_seconds())))
    try:
        audio, spoken = _speak(order)
    except ProviderError as error:
        failure = _failed(order, error)
        if get_segment_audio(order.key) is None:  # another job may have spoken the same words meanwhile
            _describe(order, _begun(order, now, failure))
        _report(order, failure)
        return
    billed = spoken.billed_characters
    _report(order, _spoken(order, _keep(order, audio, spoken), billed=billed))


def get_segment_audio(key: str) -> SegmentAudio | None:
    """What was written beside a segment's audio, or None."""
    found = _description(key)
    return found if isinstance(found, SegmentAudio) else None


def _begun(
    order: SynthesizeSegmentMessage, now: datetime, failure: SegmentResultMessage | None = None
) -> _PendingAudio:
    return _PendingAudio(job_id=order.job_id, index=order.index, call_id=order.call_id, begun_at=now, failure=failure)


def _claim(order: SynthesizeSegmentMessage, now: datetime) -> bool:
    """Whether nobody has ever been at these words; then this call is."""
    try:
        _describe(order, _begun(order, now), overwrite=False)
    except (PreconditionFailedError, StorageRejectedError):  # the latter: both write at the same moment
        return False
    return True


def _earlier(order: SynthesizeSegmentMessage) -> SegmentResultMessage | None:
    """What there is to report of an earlier call: audio, or how this very call has failed."""
    kept = _kept(order.key)
    if kept is not None:
        died_before_reporting = kept.call_id == order.call_id
        return _spoken(order, kept, billed=kept.billed_characters if died_before_reporting else 0)
    found = _description(order.key)
    return found.failure if isinstance(found, _PendingAudio) and found.call_id == order.call_id else None


def _take_over(order: SynthesizeSegmentMessage, now: datetime) -> bool:
    """Claim words that somebody was at who left nothing; False when this is a copy of an order that is under way or over.

    A segment's later call has the greater id (RFC 9562, version 7), and begins when the earlier one is over.
    """
    found = _description(order.key)
    if isinstance(found, _PendingAudio) and (found.job_id, found.index) == (order.job_id, order.index):
        is_at_it = found.call_id == order.call_id and now - found.begun_at <= timedelta(seconds=CALL_TIMEOUT_S)
        if is_at_it or found.call_id > order.call_id:
            return False
    _describe(order, _begun(order, now))
    return True


def _describe(order: SynthesizeSegmentMessage, what: SegmentAudio | _PendingAudio, *, overwrite: bool = True) -> None:
    body = what.model_dump_json().encode()
    storage.put(f"{order.key}.json", body, media_type="application/json", overwrite=overwrite)


def _description(key: str) -> SegmentAudio | _PendingAudio | None:
    body = storage.read_if_present(f"{key}.json")
    return None if body is None else _Description.validate_json(body)


def _kept(key: str) -> SegmentAudio | None:
    """What is there of an earlier call; None also when its audio is not what its description says."""
    kept = get_segment_audio(key)
    try:
        return kept if kept is not None and storage.size(f"{key}.mp3") == kept.audio_bytes else None
    except ObjectNotFoundError:
        return None


def _speak(order: SynthesizeSegmentMessage) -> tuple[mp3.Audio, SegmentAudio]:
    voice = catalogue.get_voice(order.voice, settings().tts_providers)
    heard = _speaker(voice.provider).synthesize(order.text, voice, order.language)
    audio = _with_pause(heard, order.pause_ms)
    try:
        marks.check(heard.words, text_length=len(order.text), duration_ms=audio.duration_ms)
    except marks.MarksError as error:
        detail = f"{voice.provider}'s word times do not fit its audio: {error}"
        raise InvalidAudioError(
            detail, request_id=heard.request_id, billed_characters=heard.billed_characters
        ) from None
    return audio, SegmentAudio(
        voice=order.voice,
        frame_count=audio.frame_count,
        audio_bytes=len(audio.frames),
        duration_ms=audio.duration_ms,
        timing=heard.timing,
        billed_characters=heard.billed_characters,
        request_id=heard.request_id,
        words=heard.words,
        call_id=order.call_id,
    )


def _keep(order: SynthesizeSegmentMessage, audio: mp3.Audio, spoken: SegmentAudio) -> SegmentAudio:
    """Write audio and description, once: of two calls for the same words, the first one's stay. Answers what is there now."""
    try:
        storage.put(f"{order.key}.mp3", audio.frames, media_type=MEDIA_TYPE, overwrite=False)
    except (PreconditionFailedError, StorageRejectedError):  # the latter: both write at the same moment
        if (theirs := _soon_kept(order.key)) is not None:
            return theirs
        storage.put(f"{order.key}.mp3", audio.frames, media_type=MEDIA_TYPE)  # what is there is half of something
    _describe(order, spoken)
    return spoken


def _soon_kept(key: str) -> SegmentAudio | None:
    """What another call has written or is just writing; None when it must be dead."""
    deadline = time.monotonic() + OTHER_CALL_WAIT_S
    while (kept := _kept(key)) is None and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_S)
    return kept


@cache
def _speaker(name: str) -> TtsClient:
    return clients.create_client(name)


def _with_pause(heard: SynthesizedAudio, pause_ms: int) -> mp3.Audio:
    audio = heard.audio
    if not pause_ms:
        return audio
    rest = mp3.silence(pause_ms, like=audio)
    return mp3.Audio(
        audio.frames + rest.frames, audio.frame_count + rest.frame_count, audio.sample_rate, audio.channels, audio.kbps
    )


def _spoken(order: SynthesizeSegmentMessage, spoken: SegmentAudio, *, billed: int) -> SegmentResultMessage:
    return SegmentResultMessage(
        **_about(order),
        outcome=CallOutcome.SPOKEN,
        frame_count=spoken.frame_count,
        audio_bytes=spoken.audio_bytes,
        duration_ms=spoken.duration_ms,
        billed_characters=billed,
    )


def _failed(order: SynthesizeSegmentMessage, error: ProviderError) -> SegmentResultMessage:
    return SegmentResultMessage(
        **_about(order),
        outcome=error.outcome,
        billed_characters=error.billed_characters,
        error=error.detail,
        retry_after_s=error.retry_after_s if isinstance(error, ProviderBusyError) else None,
    )


def _about(order: SynthesizeSegmentMessage) -> dict[str, Any]:
    return order.model_dump(include=set(SegmentMessage.model_fields))


def _report(order: SynthesizeSegmentMessage, result: SegmentResultMessage) -> None:
    queues.send(Queue.SPEECH_RESULTS, result.model_dump_json(), group=str(order.owner_id))
    logger.info(
        "segment spoken" if result.outcome is CallOutcome.SPOKEN else "segment failed",
        job_id=order.job_id,
        index=order.index,
        voice=order.voice,
        outcome=result.outcome.value,
        characters=len(order.text),
        billed_characters=result.billed_characters,
        duration_ms=result.duration_ms,
    )
