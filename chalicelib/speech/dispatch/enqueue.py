"""Enqueueing of provider calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.library import texts
from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import BUILT_IN_VOICE, settings
from chalicelib.platform.db import outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.speech import store
from chalicelib.speech.checks import pace_store
from chalicelib.speech.dispatch import call_store
from chalicelib.speech.dispatch.call_store import ClaimedSegment
from chalicelib.speech.messages import (
    MakeVoiceSamplesMessage,
    PreviewSpeechMessage,
    SynthesizeSampleMessage,
    SynthesizeSegmentMessage,
)
from chalicelib.speech.pauses import Pause
from chalicelib.speech.segment_parts import PartFinder
from chalicelib.speech.spoken_segment import get_spoken_text, language_for, own_key, paused_key, spoken_audio_key
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import EXPRESS_SEGMENT_COUNT, SAME_VOICE_AGAIN

# Calls of one owner in the express queue. It has few workers, and an owner with hundreds of jobs must not hold all of them.
MAX_EXPRESS_PER_OWNER = 2


def enqueue_calls(
    connection: Connection,
    job: JobRow,
    calls: Sequence[tuple[ClaimedSegment, datetime]],
    *,
    ends_by: datetime | None = None,
    probe: bool = False,
) -> list[OutboxMessage]:
    """Enqueue calls, each with its start, in the outbox. The caller sends the messages after the commit.

    A message that arrives too late for its call to end by `ends_by`, or within its lease, is void.
    """
    express = _express_segments(connection, job, [call for call, _ in calls])
    lexicon = store.get_lexicon(connection, job.id)
    paces = {voice: pace_store.get(connection, voice) for voice in {call.voice for call, _ in calls}}
    parts = _part_finder(connection, job, [call for call, _ in calls])
    messages = []
    for call, starts_at in calls:
        written = texts.get_slice(connection, job.media_id, call.text_start, call.text_end, version=job.text_version)
        language = language_for(call.voice, call.language, job.language)
        found = parts.find(call.text_start, call.text_end)
        spoken = get_spoken_text(written, language, call.voice, found, lexicon)
        pauses = tuple(map(Pause, call.pauses[::2], call.pauses[1::2]))
        word_key = spoken_audio_key(job.owner_id, call.voice, language, spoken, call.pause_ms)
        if call.respoken == SAME_VOICE_AGAIN:
            word_key = own_key(word_key, call.call_id)
        message = SynthesizeSegmentMessage(
            owner_id=job.owner_id,
            job_id=job.id,
            index=call.index,
            voice=call.voice,
            language=language,
            text=spoken.text,
            replacements=spoken.replacements,
            phonemes=spoken.phonemes,
            pause_ms=call.pause_ms,
            pauses=pauses,
            seed=call.respoken,
            usual=paces[call.voice],
            key=paused_key(word_key, pauses),
            word_key=word_key if pauses else None,
            call_id=call.call_id,
            probe=probe,
            begins_at=starts_at,
            ends_by=ends_by or call.lease_until,
        )
        queue = _queue(call.voice, is_express=call.index in express)
        messages.append(outbox.enqueue(connection, job.owner_id, queue, message))
    return messages


def _part_finder(connection: Connection, job: JobRow, calls: Sequence[ClaimedSegment]) -> PartFinder:
    """Return the parts of these segments as they were when they were planned: a version of a text does not change."""
    start, end = min((call.text_start for call in calls), default=0), max((call.text_end for call in calls), default=0)
    return PartFinder(texts.list_marks(connection, job.media_id, start, end, version=job.text_version), job.skip)


def enqueue_samples(message: MakeVoiceSamplesMessage) -> None:
    """Send each voice's sample to the queue where its calls go."""
    for voice in message.voices:
        sample = SynthesizeSampleMessage(voice=voice)
        queues.send(_queue(voice, is_express=False), sample.model_dump_json(), group="voice samples")


def enqueue_preview(message: PreviewSpeechMessage) -> None:
    """Send the call of a preview to the queue of its voice. Raises UnavailableError."""
    call = message.call
    queues.send(_queue(call.voice, is_express=True), call.model_dump_json(), group=str(call.owner_id))


def _queue(voice: str, *, is_express: bool) -> Queue:
    """Return the queue of a call.

    The built-in voice has one of its own; where it is the only one, the others are not polled, and its function reports that
    it lacks a voice that an earlier configuration had.
    """
    if voice.partition(":")[0] == BUILT_IN_VOICE or settings().has_only_built_in_voice:
        return Queue.SPEECH_BUILT_IN
    return Queue.SPEECH_EXPRESS if is_express else Queue.SPEECH_BULK


def _express_segments(connection: Connection, job: JobRow, calls: Sequence[ClaimedSegment]) -> set[int]:
    """Return which of the claimed segments go ahead of others: a job's first, as far as its owner may."""
    first = [call.index for call in calls if call.index < EXPRESS_SEGMENT_COUNT]
    if not first:
        return set()
    waiting = call_store.count_first_segments(connection, job.owner_id) - len(first)
    return set(first[: max(0, MAX_EXPRESS_PER_OWNER - waiting)])
