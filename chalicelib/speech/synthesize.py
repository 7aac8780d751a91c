"""One provider call: text in, audio and marks out. Runs without a database and decides nothing but when to try again."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from chalicelib.platform import queues, storage
from chalicelib.platform.config import settings
from chalicelib.platform.observability import logger
from chalicelib.platform.queues import Queue
from chalicelib.speech import marks, mp3
from chalicelib.speech.marks import Mark
from chalicelib.speech.model import SegmentMessage, SegmentOrder, SegmentResult
from chalicelib.speech.voices import catalogue, speakers
from chalicelib.speech.voices.model import Busy, Outcome, Speaker, Spoken, Unavailable, VoiceError

TRIES = 3  # of one provider that does not answer; then the next one, or silence


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


def synthesize(order: SegmentOrder, *, attempt: int) -> None:
    """Speak a segment unless its audio is there already, keep it, report it.

    `attempt` counts the deliveries of the order. Raises Busy when the provider asks for patience, and whatever failed while
    there are tries left.
    """
    kept = storage.read_if_present(f"{order.key}.json")
    if kept is not None:
        spoken = SpokenSegment.model_validate_json(kept)
        _report(order, _result(order, spoken, billed=0))
        return
    try:
        spoken = _speak(order)
    except Busy:
        raise
    except Unavailable as down:
        if attempt < TRIES and not down.open_breaker:
            raise
        _report(order, _failed(order, down, provider_down=True))
        return
    except VoiceError as refusal:
        _report(order, _failed(order, refusal, provider_down=refusal.outcome is not Outcome.REFUSED))
        return
    _report(order, _result(order, spoken, billed=spoken.billed_characters))


def _speak(order: SegmentOrder) -> SpokenSegment:
    voice = catalogue.find(order.voice, settings().tts_providers)
    heard = _speaker(voice.provider).speak(order.text, voice, order.language)
    audio = _with_pause(heard, order.pause_ms)
    marks.check(heard.marks, text_length=len(order.text), duration_ms=audio.duration_ms)
    spoken = SpokenSegment(
        voice=order.voice,
        frame_count=audio.frame_count,
        audio_bytes=len(audio.frames),
        duration_ms=audio.duration_ms,
        timing=heard.timing,
        billed_characters=heard.billed_characters,
        request_id=heard.request_id,
        words=heard.marks,
    )
    storage.put(f"{order.key}.mp3", audio.frames, media_type="audio/mpeg")
    storage.put(f"{order.key}.json", spoken.model_dump_json().encode(), media_type="application/json")
    return spoken


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


def _result(order: SegmentOrder, spoken: SpokenSegment, *, billed: int) -> SegmentResult:
    return SegmentResult(
        **_about(order),
        frame_count=spoken.frame_count,
        audio_bytes=spoken.audio_bytes,
        duration_ms=spoken.duration_ms,
        billed_characters=billed,
    )


def _failed(order: SegmentOrder, error: VoiceError, *, provider_down: bool) -> SegmentResult:
    return SegmentResult(
        **_about(order), billed_characters=error.billed_characters, error=error.detail, provider_down=provider_down
    )


def _about(order: SegmentOrder) -> dict[str, Any]:
    return order.model_dump(include=set(SegmentMessage.model_fields))


def _report(order: SegmentOrder, result: SegmentResult) -> None:
    queues.send(Queue.SPEECH_RESULTS, result.model_dump_json(), group=str(order.owner_id))
    logger.info(
        "segment spoken" if result.error is None else "segment failed",
        job_id=order.job_id,
        index=order.index,
        voice=order.voice,
        characters=len(order.text),
        billed_characters=result.billed_characters,
        duration_ms=result.duration_ms,
    )
