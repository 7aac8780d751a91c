"""Where a job goes when one of its segments was settled, and who may speak it."""

from __future__ import annotations

import math
from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import Letter
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.model import FinishOrder, JobStatus, PlanOrder
from chalicelib.speech.playback import hls_segments
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import Step, next_step
from chalicelib.speech.voices import catalogue
from chalicelib.speech.voices.model import NoVoice


def go_on(owner_id: UUID, job_id: UUID) -> None:
    """Send a job to its end once nothing of it is left to speak. Safe to repeat."""
    with database.transaction(owner_id) as connection:
        job = store.lock_job(connection, job_id)
        letters = advance(connection, job) if job is not None and job.status == JobStatus.SPEAKING else []
    outbox.send(letters)


def look_again_after_lease(queue: Queue, order: PlanOrder | FinishOrder, *, working: JobStatus) -> None:
    """Let an order come again when nobody can hold its job any more: who holds it now may be dead, and this his own message."""
    with database.transaction(order.owner_id) as connection:
        left_s = store.lease_left_s(connection, order.job_id, working=working)
    if left_s is not None:
        queues.send(queue, order.model_dump_json(), group=str(order.owner_id), delay_s=math.ceil(left_s))


def advance(connection: Connection, job: JobRow) -> list[Letter]:
    """The same in a transaction that holds the job, which is speaking; listeners get what they can go on with.

    Send the letters after its commit.
    """
    match next_step(segment_store.standing(connection, job.id)):
        case Step.WAIT:
            return hls_segments.order(connection, job.owner_id, job.id)
        case Step.FINISH:
            store.move_job(connection, job.id, JobStatus.FINISHING, fence=job.fence)
            order = FinishOrder(owner_id=job.owner_id, job_id=job.id)
            return [outbox.write(connection, job.owner_id, Queue.SPEECH_FINISH, order)]
        case Step.FAIL:
            why = segment_store.first_error(connection, job.id) or "No segment could be spoken."
            store.move_job(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
            logger.info("speech settled", job_id=job.id, status="failed")
            return []


def voices_in_order(job: JobRow) -> list[str]:
    """The job's own voice, then who takes over from it at each other provider."""
    providers = settings().tts_providers
    try:
        own = catalogue.find(job.voice, providers)
    except NoVoice:  # the deployment dropped its provider
        return [catalogue.default_voice(job.language, providers).id]
    others = (catalogue.equivalent(own, name, job.language) for name in providers if name != own.provider)
    return [own.id, *(voice.id for voice in others if voice is not None)]
