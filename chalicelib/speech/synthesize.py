"""One provider call: text in, audio and word timings out, then its pauses. No database, no decisions: it reports every result."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from chalicelib.platform import threads
from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import paused_audio, segment_audio, voice_samples
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.messages import (
    CallAnsweredMessage,
    SegmentMessage,
    SegmentResultMessage,
    SynthesizeSampleMessage,
    SynthesizeSegmentMessage,
    parse_synthesis_message,
)
from chalicelib.speech.normalization.model import SpokenText
from chalicelib.speech.segment_audio import MAX_CALL_S, Claim, PendingAudio, SegmentAudio
from chalicelib.speech.spoken_segment import own_key, paused_key
from chalicelib.speech.voices import catalogue, clients, providers
from chalicelib.speech.voices.model import (
    CallOutcome,
    InvalidAudioError,
    ProviderBusyError,
    ProviderError,
    SynthesizedAudio,
    TtsClient,
)

MAX_WAIT_S = 3.0  # for a call's start


def synthesize_requested(body: str) -> None:
    """Synthesize what a message asks for: a segment, or a voice's sample.

    Other messages only start a copy of the function, which has loaded its voice by then.
    """
    match parse_synthesis_message(body):
        case SynthesizeSampleMessage() as sample:
            synthesize_sample(sample)
        case SynthesizeSegmentMessage() as segment:
            synthesize(segment)


def synthesize(message: SynthesizeSegmentMessage) -> None:
    """Synthesize a segment unless its audio exists, store it, and report the result.

    A message that arrives too late is dropped: its slot is reassigned by then, and its segment has another call. So is a copy
    that arrives while the call is running; if that worker dies, SQS redelivers the first message. A copy that arrives after
    the call has ended reports the same result again.
    """
    now = datetime.now(UTC)
    is_late = now + timedelta(seconds=MAX_CALL_S) > message.ends_by
    claim = _claim_or_find(message, now, is_late=is_late)
    if isinstance(claim, SegmentAudio) and not claim.is_fit_for(message.call_id):
        message = _with_key_of_its_own(message)
        claim = _claim_or_find(message, now, is_late=is_late)
    if not isinstance(claim, Claim):
        if (previous := _previous_result(message, claim)) is not None:
            _report(message, previous)
            return
        logger.warning(
            "segment message dropped",
            job_id=message.job_id,
            index=message.index,
            late_s=(now - message.begins_at).seconds,
            is_duplicate=not is_late,
        )
        return
    time.sleep(min(MAX_WAIT_S, max(0.0, (message.begins_at - now).total_seconds())))
    with threads.pool(1) as background:
        try:
            audio, description = _call_provider(message, background)
        except ProviderError as error:
            failure = _failure_result(message, error)
            segment_audio.record_failure(claim, failure)
            _report(message, failure)
            return
        bought = segment_audio.store(message.bought_key, audio.frames, description)
        paused = paused_audio.get_or_make(message, bought)
        _report(message, _audio_result(message, paused, billed=description.billed_characters))


def _claim_or_find(
    message: SynthesizeSegmentMessage, now: datetime, *, is_late: bool
) -> Claim | SegmentAudio | PendingAudio | None:
    return segment_audio.find(message.bought_key) if is_late else segment_audio.claim(message, now)


def synthesize_sample(message: SynthesizeSampleMessage) -> None:
    """Synthesize and store a voice's sample. After a failure, a later list of voices requests it again."""
    try:
        voice = catalogue.get_voice(message.voice, settings().tts_providers)
        voice_samples.make(voice, _client(voice.provider))
    except ProviderError as error:
        logger.warning("voice sample failed", voice=message.voice, outcome=error.outcome.value)
    else:
        logger.info("voice sample made", voice=message.voice)


def _previous_result(
    message: SynthesizeSegmentMessage, found: SegmentAudio | PendingAudio | None
) -> SegmentResultMessage | None:
    """Return the result of an earlier call: its audio, or the failure of this very call."""
    if isinstance(found, SegmentAudio):
        crashed_before_reporting = found.call_id == message.call_id
        billed = found.billed_characters if crashed_before_reporting else 0
        return _audio_result(message, paused_audio.get_or_make(message, found), billed=billed)
    return found.failure if found is not None and found.call_id == message.call_id else None


def _call_provider(message: SynthesizeSegmentMessage, background: Executor) -> tuple[mp3.Audio, SegmentAudio]:
    from chalicelib.speech import mastering  # packages that only functions that make audio have
    from chalicelib.speech.audio import joinable

    voice = catalogue.get_voice(message.voice, settings().speech_providers)
    speak = partial(
        _client(voice.provider).synthesize,
        message.text,
        voice,
        message.language,
        phonemes=message.phonemes,
        seed=message.seed,
    )
    synthesized = speak()
    if not message.probe and not providers.get(voice.provider).is_unlimited:  # a probe's result must come first
        # Nothing may come between a purchase and its storage, and a queue can take long to answer.
        background.submit(copy_context().run, _release_slot, message, voice.provider)
    spoken = SpokenText(message.text, message.replacements)
    duration_ms = synthesized.audio.duration_ms + message.pause_ms
    is_compared = settings().speech_checks and providers.get(voice.provider).is_repeatable
    try:
        marks.check(synthesized.words, text_length=len(spoken.text), duration_ms=duration_ms)
        mastered = mastering.master(
            synthesized,
            message.text,
            message.language,
            voice=message.voice,
            usual=message.usual,
            has_phonemes=bool(message.phonemes),
            again=speak().audio if is_compared else None,
        )
    except marks.MarksError as error:
        raise _invalid_audio(synthesized, f"{voice.provider}'s word times do not fit its audio: {error}") from None
    except mp3.NotAudioError as error:
        raise _invalid_audio(synthesized, f"{voice.provider}'s audio is damaged: {error}") from None
    synthesized = mastered.speech
    audio = joinable.with_silence(synthesized.audio, message.pause_ms)
    return audio, SegmentAudio(
        voice=message.voice,
        frame_count=audio.frame_count,
        audio_bytes=len(audio.frames),
        duration_ms=audio.duration_ms,
        timing=synthesized.timing,
        billed_characters=synthesized.billed_characters,
        request_id=synthesized.request_id,
        words=spoken.to_written(synthesized.words),
        call_id=message.call_id,
        checks=mastered.checks,
    )


def _invalid_audio(synthesized: SynthesizedAudio, detail: str) -> InvalidAudioError:
    return InvalidAudioError(detail, request_id=synthesized.request_id, billed_characters=synthesized.billed_characters)


def _with_key_of_its_own(message: SynthesizeSegmentMessage) -> SynthesizeSegmentMessage:
    """Return the message with another key: what is stored under its own is at fault, and may be in a recording already."""
    word_key = own_key(message.bought_key, message.call_id)
    key = paused_key(word_key, message.pauses)
    return message.model_copy(update={"key": key, "word_key": word_key if message.pauses else None})


def _release_slot(message: SynthesizeSegmentMessage, provider: str) -> None:
    """Release the slot for the provider's next call while this audio is checked and stored."""
    answered = CallAnsweredMessage(owner_id=message.owner_id, call_id=message.call_id, provider=provider)
    with suppress(UnavailableError):  # the result releases the slot, too
        queues.send(Queue.SPEECH_RESULTS, answered.model_dump_json(), group=str(message.owner_id))


@cache
def _client(provider: str) -> TtsClient:
    return clients.create_client(provider)


def _audio_result(message: SynthesizeSegmentMessage, audio: SegmentAudio, *, billed: int) -> SegmentResultMessage:
    return SegmentResultMessage(
        **_identity(message),
        outcome=CallOutcome.SPOKEN,
        frame_count=audio.frame_count,
        audio_bytes=audio.audio_bytes,
        duration_ms=audio.duration_ms,
        billed_characters=billed,
        checks=audio.checks,
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
