"""One provider call: text in, audio and word timings out. No database, no decisions: it reports every result."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, TypeAdapter

from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.s3 import ObjectNotFoundError, PreconditionFailedError, StorageRejectedError
from chalicelib.platform.config import settings
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.messages import SegmentMessage, SegmentResultMessage, SynthesizeSegmentMessage
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
CALL_TIMEOUT_S = 30  # of this function
MAX_WAIT_S = 3.0  # for a call's start
OTHER_CALL_WAIT_S = 3.0  # after its audio, another call that is alive has written its description by then
POLL_INTERVAL_S = 0.2


class SegmentAudio(LazyModel):
    """The stored description of a segment's audio. It is written after the audio."""

    voice: str
    frame_count: int
    audio_bytes: int
    duration_ms: int
    timing: str
    billed_characters: int
    request_id: str | None
    words: list[WordTiming]
    call_id: UUID | None = None


class _PendingAudio(LazyModel):
    """Placeholder stored while a call is running: which call, since when, and its failure if any."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    job_id: UUID
    index: int
    call_id: UUID
    started_at: datetime = Field(alias="begun_at")
    failure: SegmentResultMessage | None = None


_Description: TypeAdapter[SegmentAudio | _PendingAudio] = TypeAdapter(SegmentAudio | _PendingAudio)


def synthesize(message: SynthesizeSegmentMessage) -> None:
    """Synthesize a segment unless its audio exists, store it, and report the result.

    A message that arrives too late is dropped: its slot is reassigned by then, and its segment has another call. So is a copy
    that arrives while the call is running; if that worker dies, SQS redelivers the first message. A copy that arrives after
    the call has ended reports the same result again.
    """
    now = datetime.now(UTC)
    is_late = now + timedelta(seconds=CALL_TIMEOUT_S) > message.ends_by
    if is_late or not _claim(message, now):
        previous = _previous_attempt(message)
        if previous is not None:
            _report(message, previous)
            return
        if is_late or not _take_over(message, now):
            late_s = (now - message.begins_at).seconds
            logger.warning(
                "segment message dropped",
                job_id=message.job_id,
                index=message.index,
                late_s=late_s,
                is_duplicate=not is_late,
            )
            return
    time.sleep(min(MAX_WAIT_S, max(0.0, (message.begins_at - now).total_seconds())))
    try:
        audio, description = _call_provider(message)
    except ProviderError as error:
        failure = _failure_result(message, error)
        if get_segment_audio(message.key) is None:  # another job may have stored the same text's audio in the meantime
            _describe(message, _pending(message, now, failure))
        _report(message, failure)
        return
    billed = description.billed_characters
    _report(message, _audio_result(message, _store_audio(message, audio, description), billed=billed))


def get_segment_audio(key: str) -> SegmentAudio | None:
    """Return the description of a segment's audio, or None without one."""
    description = _get_description(key)
    return description if isinstance(description, SegmentAudio) else None


def _pending(
    message: SynthesizeSegmentMessage, now: datetime, failure: SegmentResultMessage | None = None
) -> _PendingAudio:
    return _PendingAudio(
        job_id=message.job_id, index=message.index, call_id=message.call_id, started_at=now, failure=failure
    )


def _claim(message: SynthesizeSegmentMessage, now: datetime) -> bool:
    """Claim this text; return False if any call has claimed it before."""
    try:
        _describe(message, _pending(message, now), overwrite=False)
    except (PreconditionFailedError, StorageRejectedError):  # the latter: two concurrent writes
        return False
    return True


def _previous_attempt(message: SynthesizeSegmentMessage) -> SegmentResultMessage | None:
    """Return the result of an earlier call: its audio, or the failure of this very call."""
    audio = _load_audio(message.key)
    if audio is not None:
        crashed_before_reporting = audio.call_id == message.call_id
        return _audio_result(message, audio, billed=audio.billed_characters if crashed_before_reporting else 0)
    pending = _get_description(message.key)
    return pending.failure if isinstance(pending, _PendingAudio) and pending.call_id == message.call_id else None


def _take_over(message: SynthesizeSegmentMessage, now: datetime) -> bool:
    """Claim a text without audio from its earlier call; return False if that is running.

    Return False also if this call is not the latest.

    Of a segment's calls, the later one has the greater id (RFC 9562, version 7), and starts after the earlier one has ended.
    """
    pending = _get_description(message.key)
    if isinstance(pending, _PendingAudio) and (pending.job_id, pending.index) == (message.job_id, message.index):
        is_running = pending.call_id == message.call_id and now - pending.started_at <= timedelta(
            seconds=CALL_TIMEOUT_S
        )
        if is_running or pending.call_id > message.call_id:
            return False
    _describe(message, _pending(message, now))
    return True


def _describe(
    message: SynthesizeSegmentMessage, description: SegmentAudio | _PendingAudio, *, overwrite: bool = True
) -> None:
    body = description.model_dump_json().encode()
    storage.put(f"{message.key}.json", body, media_type="application/json", overwrite=overwrite)


def _get_description(key: str) -> SegmentAudio | _PendingAudio | None:
    body = storage.read_if_present(f"{key}.json")
    return None if body is None else _Description.validate_json(body)


def _load_audio(key: str) -> SegmentAudio | None:
    """Return the description of stored audio; None also when the audio does not match it."""
    audio = get_segment_audio(key)
    try:
        return audio if audio is not None and storage.size(f"{key}.mp3") == audio.audio_bytes else None
    except ObjectNotFoundError:
        return None


def _call_provider(message: SynthesizeSegmentMessage) -> tuple[mp3.Audio, SegmentAudio]:
    voice = catalogue.get_voice(message.voice, settings().tts_providers)
    synthesized = _client(voice.provider).synthesize(message.text, voice, message.language)
    audio = _with_pause(synthesized, message.pause_ms)
    try:
        marks.check(synthesized.words, text_length=len(message.text), duration_ms=audio.duration_ms)
    except marks.MarksError as error:
        detail = f"{voice.provider}'s word times do not fit its audio: {error}"
        raise InvalidAudioError(
            detail, request_id=synthesized.request_id, billed_characters=synthesized.billed_characters
        ) from None
    return audio, SegmentAudio(
        voice=message.voice,
        frame_count=audio.frame_count,
        audio_bytes=len(audio.frames),
        duration_ms=audio.duration_ms,
        timing=synthesized.timing,
        billed_characters=synthesized.billed_characters,
        request_id=synthesized.request_id,
        words=synthesized.words,
        call_id=message.call_id,
    )


def _store_audio(message: SynthesizeSegmentMessage, audio: mp3.Audio, description: SegmentAudio) -> SegmentAudio:
    """Store audio and description unless another call has; return the stored description."""
    try:
        storage.put(f"{message.key}.mp3", audio.frames, media_type=MEDIA_TYPE, overwrite=False)
    except (PreconditionFailedError, StorageRejectedError):  # the latter: two concurrent writes
        if (stored := _wait_for_audio(message.key)) is not None:
            return stored
        # The pair there is incomplete: overwrite it.
        storage.put(f"{message.key}.mp3", audio.frames, media_type=MEDIA_TYPE)
    _describe(message, description)
    return description


def _wait_for_audio(key: str) -> SegmentAudio | None:
    """Return what another call has stored or is storing; None when that call must have crashed."""
    deadline = time.monotonic() + OTHER_CALL_WAIT_S
    while (audio := _load_audio(key)) is None and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_S)
    return audio


@cache
def _client(provider: str) -> TtsClient:
    return clients.create_client(provider)


def _with_pause(synthesized: SynthesizedAudio, pause_ms: int) -> mp3.Audio:
    audio = synthesized.audio
    if not pause_ms:
        return audio
    pause = mp3.silence(pause_ms, like=audio)
    return mp3.Audio(
        audio.frames + pause.frames,
        audio.frame_count + pause.frame_count,
        audio.sample_rate,
        audio.channels,
        audio.kbps,
    )


def _audio_result(message: SynthesizeSegmentMessage, audio: SegmentAudio, *, billed: int) -> SegmentResultMessage:
    return SegmentResultMessage(
        **_identity(message),
        outcome=CallOutcome.SPOKEN,
        frame_count=audio.frame_count,
        audio_bytes=audio.audio_bytes,
        duration_ms=audio.duration_ms,
        billed_characters=billed,
    )


def _failure_result(message: SynthesizeSegmentMessage, error: ProviderError) -> SegmentResultMessage:
    return SegmentResultMessage(
        **_identity(message),
        outcome=error.outcome,
        billed_characters=error.billed_characters,
        error=error.detail,
        retry_after_s=error.retry_after_s if isinstance(error, ProviderBusyError) else None,
    )


def _identity(message: SynthesizeSegmentMessage) -> dict[str, Any]:
    return message.model_dump(include=set(SegmentMessage.model_fields))


def _report(message: SynthesizeSegmentMessage, result: SegmentResultMessage) -> None:
    queues.send(Queue.SPEECH_RESULTS, result.model_dump_json(), group=str(message.owner_id))
    logger.info(
        "segment synthesized" if result.outcome is CallOutcome.SPOKEN else "segment failed",
        job_id=message.job_id,
        index=message.index,
        voice=message.voice,
        outcome=result.outcome.value,
        characters=len(message.text),
        billed_characters=result.billed_characters,
        duration_ms=result.duration_ms,
    )
