"""Where a job goes when one of its segments was settled, and who may speak it."""

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
from chalicelib.speech.model import FinishSpeechMessage, JobStatus, PlanSpeechMessage
from chalicelib.speech.playback import hls_segments
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import NextAction, next_action
from chalicelib.speech.voices import catalogue
from chalicelib.speech.voices.model import UnknownVoiceError


def advance_job(owner_id: UUID, job_id: UUID) -> None:
    """Send a job to its end once nothing of it is left to speak. Safe to repeat."""
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        letters = advance_locked(connection, job) if job is not None and job.status == JobStatus.SPEAKING else []
    outbox.send(letters)


def retry_after_lease(queue: Queue, order: PlanSpeechMessage | FinishSpeechMessage, *, status: JobStatus) -> None:
    """Let an order come again when nobody can hold its job any more: who holds it now may be dead, and this his own message."""
    with database.transaction(order.owner_id) as connection:
        left_s = store.get_lease_remaining_s(connection, order.job_id, status=status)
    if left_s is not None:
        queues.send(queue, order.model_dump_json(), group=str(order.owner_id), delay_s=math.ceil(left_s))


def advance_locked(connection: Connection, job: JobRow) -> list[OutboxMessage]:
    """The same in a transaction that holds the job, which is speaking; listeners get what they can go on with.

    Send the letters after its commit.
    """
    match next_action(segment_store.get_progress(connection, job.id)):
        case NextAction.WAIT:
            return hls_segments.enqueue(connection, job.owner_id, job.id)
        case NextAction.FINISH:
            store.complete(connection, job.id, JobStatus.FINISHING, fence=job.fence)
            order = FinishSpeechMessage(owner_id=job.owner_id, job_id=job.id)
            return [outbox.enqueue(connection, job.owner_id, Queue.SPEECH_FINISH, order)]
        case NextAction.FAIL:
            why = segment_store.get_first_error(connection, job.id) or "No segment could be spoken."
            store.complete(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
            logger.info("speech settled", job_id=job.id, status="failed")
            return []


def fallback_voices(job: JobRow) -> list[str]:
    """The job's own voice, then who takes over from it at each other provider."""
    providers = settings().tts_providers
    try:
        own = catalogue.get_voice(job.voice, providers)
    except UnknownVoiceError:  # the deployment dropped its provider
        return [catalogue.default_voice(job.language, providers).id]
    others = (catalogue.equivalent_voice(own, name, job.language) for name in providers if name != own.provider)
    return [own.id, *(voice.id for voice in others if voice is not None)]
