"""One provider call: text in, audio and marks out. Runs without a database and decides nothing: every outcome is reported."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform import queues, storage
from chalicelib.platform.config import settings
from chalicelib.platform.observability import logger
from chalicelib.platform.queues import Queue
from chalicelib.platform.s3 import ObjectChangedError, ObjectGoneError, RefusedError
from chalicelib.speech import marks, mp3
from chalicelib.speech.marks import Mark
from chalicelib.speech.model import SegmentMessage, SegmentOrder, SegmentResult
from chalicelib.speech.voices import catalogue, speakers
from chalicelib.speech.voices.model import BadAudio, Busy, Outcome, Speaker, Spoken, VoiceError

MEDIA_TYPE = "audio/mpeg"
CALL_S = 30  # what a call may take: this function's own time limit
LONGEST_WAIT_S = 3.0  # for a call's turn
OTHERS_MARKS_S = 3.0  # after its audio, a call that is alive has written its marks by then
POLL_S = 0.2


class SpokenSegment(BaseModel):
    """What is kept beside the audio. Written last: where it lies, the audio lies too."""

    voice: str
    frame_count: int
    audio_bytes: int
    duration_ms: int
    timing: str
    billed_characters: int
    request_id: str | None
    words: list[Mark]
    call_id: UUID | None = None


def synthesize(order: SegmentOrder) -> None:
    """Speak a segment unless its audio is there already, keep it, report what came of it.

    An order that comes too late is dropped: its slot is somebody else's by then, and its segment has another order.
    """
    kept = _kept(order.key)
    if kept is not None:
        died_before_reporting = kept.call_id == order.call_id
        _report(order, _spoken(order, kept, billed=kept.billed_characters if died_before_reporting else 0))
        return
    now = datetime.now(UTC)
    if now + timedelta(seconds=CALL_S) > order.ends_by:
        logger.warning("order dropped", job_id=order.job_id, index=order.index, late_s=(now - order.begins_at).seconds)
        return
    time.sleep(min(LONGEST_WAIT_S, max(0.0, (order.begins_at - now).total_seconds())))
    try:
        audio, spoken = _speak(order)
    except VoiceError as error:
        _report(order, _failed(order, error))
        return
    billed = spoken.billed_characters
    _report(order, _spoken(order, _keep(order, audio, spoken), billed=billed))


def _kept(key: str) -> SpokenSegment | None:
    """What is there of an earlier call; None also when its audio is not what its description says."""
    body = storage.read_if_present(f"{key}.json")
    if body is None:
        return None
    kept = SpokenSegment.model_validate_json(body)
    try:
        return kept if storage.size(f"{key}.mp3") == kept.audio_bytes else None
    except ObjectGoneError:
        return None


def _speak(order: SegmentOrder) -> tuple[mp3.Audio, SpokenSegment]:
    voice = catalogue.find(order.voice, settings().tts_providers)
    heard = _speaker(voice.provider).speak(order.text, voice, order.language)
    audio = _with_pause(heard, order.pause_ms)
    try:
        marks.check(heard.marks, text_length=len(order.text), duration_ms=audio.duration_ms)
    except marks.MarksError as error:
        detail = f"{voice.provider}'s word times do not fit its audio: {error}"
        raise BadAudio(detail, request_id=heard.request_id, billed_characters=heard.billed_characters) from None
    return audio, SpokenSegment(
        voice=order.voice,
        frame_count=audio.frame_count,
        audio_bytes=len(audio.frames),
        duration_ms=audio.duration_ms,
        timing=heard.timing,
        billed_characters=heard.billed_characters,
        request_id=heard.request_id,
        words=heard.marks,
        call_id=order.call_id,
    )


def _keep(order: SegmentOrder, audio: mp3.Audio, spoken: SpokenSegment) -> SpokenSegment:
    """Write audio and description, once: of two calls for the same words, the first one's stay. Answers what is there now."""
    try:
        storage.put(f"{order.key}.mp3", audio.frames, media_type=MEDIA_TYPE, overwrite=False)
    except (ObjectChangedError, RefusedError):  # the latter: both write at the same moment
        if (theirs := _soon_kept(order.key)) is not None:
            return theirs
        storage.put(f"{order.key}.mp3", audio.frames, media_type=MEDIA_TYPE)  # what is there is half of something
    storage.put(f"{order.key}.json", spoken.model_dump_json().encode(), media_type="application/json")
    return spoken


def _soon_kept(key: str) -> SpokenSegment | None:
    """What another call has written or is just writing; None when it must be dead."""
    deadline = time.monotonic() + OTHERS_MARKS_S
    while (kept := _kept(key)) is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return kept


@cache
def _speaker(name: str) -> Speaker:
    return speakers.speaker(name)


def _with_pause(heard: Spoken, pause_ms: int) -> mp3.Audio:
    audio = heard.audio
    if not pause_ms:
        return audio
    rest = mp3.silence(pause_ms, like=audio)
    return mp3.Audio(
        audio.frames + rest.frames, audio.frame_count + rest.frame_count, audio.sample_rate, audio.channels, audio.kbps
    )


def _spoken(order: SegmentOrder, spoken: SpokenSegment, *, billed: int) -> SegmentResult:
    return SegmentResult(
        **_about(order),
        outcome=Outcome.SPOKEN,
        frame_count=spoken.frame_count,
        audio_bytes=spoken.audio_bytes,
        duration_ms=spoken.duration_ms,
        billed_characters=billed,
    )


def _failed(order: SegmentOrder, error: VoiceError) -> SegmentResult:
    return SegmentResult(
        **_about(order),
        outcome=error.outcome,
        billed_characters=error.billed_characters,
        error=error.detail,
        retry_after_s=error.retry_after_s if isinstance(error, Busy) else None,
    )


def _about(order: SegmentOrder) -> dict[str, Any]:
    return order.model_dump(include=set(SegmentMessage.model_fields))


def _report(order: SegmentOrder, result: SegmentResult) -> None:
    queues.send(Queue.SPEECH_RESULTS, result.model_dump_json(), group=str(order.owner_id))
    logger.info(
        "segment spoken" if result.outcome is Outcome.SPOKEN else "segment failed",
        job_id=order.job_id,
        index=order.index,
        voice=order.voice,
        outcome=result.outcome.value,
        characters=len(order.text),
        billed_characters=result.billed_characters,
        duration_ms=result.duration_ms,
    )
