"""Answers of receivers: what follows them; and the sweep's part."""

from __future__ import annotations

import random
from functools import partial

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws import event_sources, queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, lease, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.webhooks import delivery_store, dispatch, store
from chalicelib.webhooks.delivery_store import DeliveryProgress, StalledWebhook
from chalicelib.webhooks.messages import WebhookAnsweredMessage, WebhookDueMessage
from chalicelib.webhooks.model import RETENTION_DAYS, DeliveryAttempt, DeliveryStatus, DisabledReason, EventType
from chalicelib.webhooks.retries import AttemptState, NextStep, next_step, retry_delay_s
from chalicelib.webhooks.store import Receiver

STALLED_AFTER_S = 120  # due deliveries are sent in seconds; what is older has lost its message
MAX_PER_RUN = 100
MAX_ATTEMPTS_KEPT = 30  # of a delivery that its owner has sent again and again
_STATUS = {NextStep.DELIVERED: DeliveryStatus.DELIVERED, NextStep.RETRY: DeliveryStatus.PENDING}
_REASON = {NextStep.DISABLE_GONE: DisabledReason.GONE, NextStep.DISABLE_FAILING: DisabledReason.FAILING}


def record(answered: WebhookAnsweredMessage) -> str:
    """Record a receiver's answer and send what is due next; return the outcome. An answer that comes again changes nothing."""
    with database.transaction(answered.owner_id) as connection:
        receiver = store.lock(connection, answered.webhook_id)
        progress = delivery_store.lock_in_flight(connection, answered.delivery_id, attempt=answered.attempt)
        if receiver is None or progress is None:
            return "ignored"
        step = _record(connection, receiver, progress, answered)
        if step in _REASON:
            store.disable(connection, receiver.id, _REASON[step])
            delivery_store.cancel_pending(connection, receiver.id)
            audit.record(
                connection, answered.owner_id, Action.WEBHOOK_DISABLED, receiver.id, reason=_REASON[step].value
            )
            messages = []
        else:
            messages = dispatch.dispatch_locked(connection, receiver)
    outbox.send(messages)
    return step.name.lower()


def _record(
    connection: Connection, receiver: Receiver, progress: DeliveryProgress, answered: WebhookAnsweredMessage
) -> NextStep:
    state = AttemptState(
        status=answered.status,
        failures=progress.failures,
        is_retried=progress.event != EventType.PING,
        failing_since=receiver.failing_since,
        at=answered.at,
    )
    step = next_step(state)
    is_delivered = step is NextStep.DELIVERED
    failures = progress.failures + (not is_delivered)
    delivery_store.record_attempt(
        connection,
        answered.delivery_id,
        DeliveryAttempt(
            number=answered.attempt, **answered.model_dump(include={"at", "status", "duration_ms", "answer", "error"})
        ),
        status=_STATUS.get(step, DeliveryStatus.FAILED),
        failures=failures,
        retry_in_s=retry_delay_s(failures, random.random()) if step is NextStep.RETRY else None,  # noqa: S311
        max_attempts=MAX_ATTEMPTS_KEPT,
    )
    if is_delivered and receiver.failing_since is not None:
        store.set_failing_since(connection, receiver.id, None)
    if not is_delivered and receiver.failing_since is None:
        store.set_failing_since(connection, receiver.id, answered.at)
    return step


def reconcile() -> int:
    """Have webhooks dispatched whose messages were lost; return their number. Runs as the sweep's database role.

    The queue is polled while any webhook is enabled.
    """
    with database.transaction(None) as connection:
        is_any_enabled = store.is_any_enabled(connection)
    event_sources.set_polled(Queue.WEBHOOKS, is_polled=is_any_enabled)
    stalled = partial(delivery_store.list_stalled, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    return len(lease.for_each(stalled, _resend))


def _resend(webhook: StalledWebhook) -> None:
    due = WebhookDueMessage(owner_id=webhook.owner_id, webhook_id=webhook.id)
    queues.send(Queue.INGEST, due.model_dump_json(), group=str(webhook.owner_id))


def delete_old(*, limit: int) -> int:
    """Delete old deliveries; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        return delivery_store.delete_old(connection, days=RETENTION_DAYS, limit=limit)
