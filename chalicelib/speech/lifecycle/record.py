"""What became of a call: the segment is settled or waits again, the job goes on, and the free slot goes to whoever is next."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import Letter
from chalicelib.platform.errors import AccountErasingError
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech import store
from chalicelib.speech.dispatch import advance
from chalicelib.speech.dispatch import store as calls
from chalicelib.speech.dispatch.breaker import Heard
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.model import JobStatus, SegmentResult, WakeOrder
from chalicelib.speech.playback import hls_segments
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import Fate, delay_s, fate, next_voice
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Outcome


def record(result: SegmentResult) -> None:
    """Write down the end of a call. Results may come twice, late and in any order; what they cost is counted once."""
    provider = result.voice.partition(":")[0]
    cost = providers.get(provider).cost(result.billed_characters)
    turned_to: str | None = None
    letters: list[Letter] = []
    try:
        with database.transaction(result.owner_id) as connection:
            job = store.lock_job(connection, result.job_id)
            is_news = calls.end(connection, result, cost=cost)
            if job is not None:
                turned_to, letters = _settle(connection, job, result)
    except AccountErasingError:  # the job goes with the account; others wait for the slot
        with database.transaction(result.owner_id) as connection:
            is_news = calls.end(connection, result, cost=cost)
    if is_news:
        observability.measure({Metric.CHARACTERS: result.billed_characters, Metric.COST_USD: float(cost)}, of=provider)
    if turned_to is not None:
        observability.measure({Metric.FAILOVERS: 1}, of=provider)
    outbox.send(letters)
    heard = Heard(result.outcome, result.probe, result.error, result.retry_after_s) if is_news else None
    dispatch(provider, heard)
    if turned_to is not None and turned_to != provider:
        dispatch(turned_to)


def wake(order: WakeOrder) -> None:
    """A wait is over."""
    dispatch(order.wake)


def _settle(connection: Connection, job: JobRow, result: SegmentResult) -> tuple[str | None, list[Letter]]:
    """What the segment and its job do next; answers the provider that a segment was turned over to, and letters to send."""
    if job.status not in {JobStatus.SPEAKING, JobStatus.CANCELLED}:
        return None, []
    turned_to: str | None = None
    if result.outcome is Outcome.SPOKEN:
        moved = calls.settle_spoken(connection, result)
    else:
        tries = calls.tries_of(connection, result)
        moved = False
        if tries is not None:
            moved, turned_to = _after_failure(connection, job, result, tries)
    if not moved:
        return turned_to, []
    if job.status == JobStatus.CANCELLED:  # nothing more is bought, but what came in late can be heard
        return turned_to, hls_segments.order(connection, job.owner_id, job.id)
    store.touch(connection, job.id, moved=True)
    return turned_to, advance.advance(connection, job)


def _after_failure(connection: Connection, job: JobRow, result: SegmentResult, tries: int) -> tuple[bool, str | None]:
    """Whether the segment was settled, and the provider it was turned over to."""
    error = result.error or result.outcome.value
    voices = advance.voices_in_order(job) if settings().tts_fallback_enabled else []
    other = next_voice(result.voice, voices)
    counted = tries + (result.outcome is Outcome.DOWN and not result.probe)
    match fate(result.outcome, tries=counted, probe=result.probe, has_next_voice=other is not None):
        case Fate.NEXT_VOICE if other is not None:
            calls.put_back(connection, job.id, result.index, voice=other, tries=0, rest=timedelta(0), error=error)
            logger.info("segment turned over", job_id=job.id, index=result.index, voice=other, instead_of=result.voice)
            return False, other.partition(":")[0]
        case Fate.AGAIN:
            rest = timedelta(seconds=delay_s(counted - tries and counted))
            calls.put_back(connection, job.id, result.index, voice=result.voice, tries=counted, rest=rest, error=error)
            return False, None
        case _:
            calls.settle_gap(connection, job.id, result.index, error)
            logger.warning("segment given up", job_id=job.id, index=result.index, reason=error)
            return True, None
