"""Waves of calls to a provider without limits: the queue shares its workers between owners, and no slot is assigned.

A job's segments go out in waves, each while the one before is being spoken. A wave bounds what a cancelled job still does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.platform.config import BUILT_IN_VOICE, settings
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.speech.dispatch import breaker, call_store, pending_store, provider_store
from chalicelib.speech.dispatch.breaker import Breaker, CallResult
from chalicelib.speech.dispatch.enqueue import enqueue_calls
from chalicelib.speech.dispatch.fair_share import MAX_WAIT_S
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices import providers

WORKERS = 20  # where the deployment says nothing else
# Segments of a job in flight. With twice the workers, a lone job keeps all of them busy: the next half is sent while the others
# speak. More would make the owner's next recording wait behind this one.
SEGMENTS_PER_WORKER = 2
MIN_WAVE_SEGMENTS = 16  # 20,000 characters: with fewer, the workers of a small stage would wait for the next wave
# A message may wait in the queue behind those of many owners. After this time without a result it counts as lost, and its
# segment gets another call; if it arrives after all, the audio of whichever call is there serves both.
LEASE_S = 900.0
MESSAGE_RETENTION = timedelta(days=4)  # of the queue (infra/storage.yaml): until then a message is never too late


def wave_segments(provider: str) -> int:
    """Return how many segments of a job may be in flight at a provider without limits."""
    config = settings()
    workers = config.built_in_workers if provider == BUILT_IN_VOICE else config.speech_workers
    return max(MIN_WAVE_SEGMENTS, SEGMENTS_PER_WORKER * (workers or WORKERS))


def wave_size(in_flight: int, segments: int) -> int:
    """Return how many more of these segments may be in flight: none until half of a wave has ended.

    So one transaction sends many.
    """
    return segments - in_flight if in_flight <= segments // 2 else 0


def send_next(connection: Connection, job: JobRow, provider: str) -> list[OutboxMessage] | None:
    """Enqueue a locked job's next wave, if it is due; None if `dispatch` has to decide what the provider does next.

    It does for a provider with limits, and for one that is down or has asked us to wait.
    """
    if not providers.get(provider).is_unlimited:
        return None
    state = provider_store.get(connection, provider)
    if state is not None and not breaker.is_flowing(state.breaker, state.now):
        pending_store.make_ready(connection, provider, job.id)
        return None
    return send(connection, job, provider)


def send(connection: Connection, job: JobRow, provider: str) -> list[OutboxMessage]:
    """Enqueue a job's next wave, if it is due. The caller sends the messages after the commit."""
    size = wave_size(call_store.count_queued(connection, job.id, provider), wave_segments(provider))
    if not size:
        return []
    # A segment that waits for another attempt goes along: its worker waits the rest.
    calls = call_store.claim_segments(connection, job, provider, lease_s=LEASE_S, limit=size, within_s=MAX_WAIT_S)
    if not calls:
        return []
    pending_store.postpone(connection, provider, job.id, until=calls[0].lease_until)
    ends_by = calls[0].starts_at + MESSAGE_RETENTION
    return enqueue_calls(connection, job, [(call, call.starts_at) for call in calls], ends_by=ends_by)


def needs_dispatch(connection: Connection, provider: str, result: CallResult) -> bool:
    """Return whether a result concerns the provider's slots, or its breaker."""
    if not providers.get(provider).is_unlimited:
        return True
    state = provider_store.get(connection, provider)
    if state is None:
        return breaker.is_affected(Breaker(), result, datetime.now(UTC))
    return breaker.is_affected(state.breaker, result, state.now)
