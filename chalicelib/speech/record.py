"""What became of a segment, and what the job does next: one transaction, from values."""

from __future__ import annotations

from chalicelib.platform import database, outbox
from chalicelib.platform.config import settings
from chalicelib.platform.database import Connection
from chalicelib.platform.observability import logger
from chalicelib.platform.outbox import Letter
from chalicelib.platform.queues import Queue
from chalicelib.speech import orders, store
from chalicelib.speech.decide import Step, next_step, next_voice, room
from chalicelib.speech.model import FinishOrder, JobStatus, SegmentResult
from chalicelib.speech.playback import cut
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices import catalogue


def record(result: SegmentResult) -> None:
    """Settle one segment and keep the job going. Results may come twice and in any order."""
    with database.transaction(result.owner_id) as connection:
        job = store.lock_job(connection, result.job_id)
        if job is None or job.status != JobStatus.SPEAKING:
            letters: list[Letter] = []
        else:
            letters = _turn_to_next_voice(connection, job, result) or _settle(connection, job, result)
    outbox.send(letters)


def _turn_to_next_voice(connection: Connection, job: JobRow, result: SegmentResult) -> list[Letter]:
    if result.error is None or not result.provider_down or not settings().tts_fallback_enabled:
        return []
    voice = next_voice(result.voice, _voices_in_order(job))
    if voice is None:
        return []
    row = store.change_voice(connection, result, voice)
    if row is None:
        return []
    store.touch(connection, job.id)
    logger.info("segment turned over", job_id=job.id, index=result.index, voice=voice, instead_of=result.voice)
    return orders.write(connection, job, [row])


def _voices_in_order(job: JobRow) -> list[str]:
    """The job's own voice, then who takes over from it at each other provider."""
    providers = settings().tts_providers
    own = catalogue.find(job.voice, providers)
    others = (catalogue.equivalent(own, name, job.language) for name in providers if name != own.provider)
    return [own.id, *(voice.id for voice in others if voice is not None)]


def _settle(connection: Connection, job: JobRow, result: SegmentResult) -> list[Letter]:
    if not store.settle_segment(connection, result):
        return []
    store.touch(connection, job.id)
    return go_on(connection, job) + cut.order(connection, job.owner_id, job.id)


def go_on(connection: Connection, job: JobRow) -> list[Letter]:
    """Top the window up, or send the job to its end. The caller holds the job's lock."""
    counts = store.count(connection, job.id)
    match next_step(counts):
        case Step.TOP_UP:
            return orders.write(connection, job, store.take_planned(connection, job.id, limit=room(counts)))
        case Step.FINISH:
            store.move_job(connection, job.id, JobStatus.FINISHING, fence=job.fence)
            order = FinishOrder(owner_id=job.owner_id, job_id=job.id)
            return [outbox.write(connection, job.owner_id, Queue.SPEECH_FINISH, order)]
        case Step.FAIL:
            why = store.first_error(connection, job.id) or "No segment could be spoken."
            store.move_job(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
            logger.info("speech settled", job_id=job.id, status="failed")
            return []
        case Step.NOTHING:
            return []
