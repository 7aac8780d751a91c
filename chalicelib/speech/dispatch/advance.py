"""Advance a job after one of its segments finished, and list the voices for it."""

from __future__ import annotations

import math
from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.messages import FinishSpeechMessage, PlanSpeechMessage
from chalicelib.speech.model import JobStatus
from chalicelib.speech.playback import hls_segments
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import NextAction, next_action
from chalicelib.speech.voices import catalogue
from chalicelib.speech.voices.model import UnknownVoiceError
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType


def advance_job(owner_id: UUID, job_id: UUID) -> None:
    """Finish a speaking job, or fail it, once all of its segments are finished. Idempotent."""
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        messages = advance_locked(connection, job) if job is not None and job.status == JobStatus.SPEAKING else []
    outbox.send(messages)


def advance_locked(connection: Connection, job: JobRow) -> list[OutboxMessage]:
    """Advance a locked, speaking job, or have HLS segments built of its new audio. Send the messages after the commit."""
    match next_action(segment_store.get_progress(connection, job.id)):
        case NextAction.WAIT:
            return hls_segments.enqueue(connection, job.owner_id, job.id)
        case NextAction.FINISH:
            store.complete(connection, job, JobStatus.FINISHING)
            message = FinishSpeechMessage(owner_id=job.owner_id, job_id=job.id)
            return [outbox.enqueue(connection, job.owner_id, Queue.SPEECH_JOBS, message)]
        case NextAction.FAIL:
            error = segment_store.get_first_error(connection, job.id) or "No segment could be synthesized."
            store.complete(connection, job, JobStatus.FAILED, error=error)
            logger.info("speech job finished", job_id=job.id, status="failed")
            return announce_failure(connection, job)


def announce_failure(connection: Connection, job: JobRow) -> list[OutboxMessage]:
    """Announce that a job has failed. Send the messages after the commit."""
    return announce(connection, job.owner_id, EventType.SPEECH_FAILED, media_id=job.media_id, job_id=job.id)


def retry_after_lease(queue: Queue, message: PlanSpeechMessage | FinishSpeechMessage, *, status: JobStatus) -> None:
    """Requeue the message until after the job's lease: its worker may have crashed."""
    with database.transaction(message.owner_id) as connection:
        remaining_s = store.get_lease_remaining_s(connection, message.job_id, status=status)
    if remaining_s is not None:
        queues.send(queue, message.model_dump_json(), group=str(message.owner_id), delay_s=math.ceil(remaining_s))


def candidate_voices(job: JobRow, language: str | None = None) -> list[str]:
    """Return a job's own voice, then its equivalent at each other provider, in order.

    For passages in another language, those that were chosen for it come first.
    """
    own = _with_equivalents(job.voice, job.language)
    if language is None:
        return own
    try:
        foreign = _with_equivalents(job.voice_for(language), language)
    except UnknownVoiceError:  # and no other provider has one
        return own
    return list(dict.fromkeys([*foreign, *own]))


def _with_equivalents(voice_id: str, language: str) -> list[str]:
    """Raises UnknownVoiceError when neither this voice nor another one of the language is left."""
    providers = settings().speech_providers
    try:
        voice = catalogue.get_voice(voice_id, providers)
    except UnknownVoiceError:  # the deployment dropped its provider
        return [catalogue.default_voice(language, providers).id]
    equivalents = (catalogue.equivalent_voice(voice, name, language) for name in providers if name != voice.provider)
    return [voice.id, *(equivalent.id for equivalent in equivalents if equivalent is not None)]
