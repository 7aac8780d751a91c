"""Reject a media after it was accepted, because a virus scan found malware late."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection.model import Rejection
from chalicelib.library import quota, store
from chalicelib.library.object_keys import media_prefixes
from chalicelib.platform.db import object_deletions
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType


def reject_after_acceptance(
    connection: Connection, owner_id: UUID, media_id: UUID, rejection: Rejection
) -> list[OutboxMessage] | None:
    """Reject a media that is ready or in the trash; None if it is neither. The sweep deletes its objects.

    The caller sends the messages after the commit.

    No new URL is signed for it; URLs signed before stop working once the objects are deleted, within minutes.
    """
    size_bytes = store.reject_after_acceptance(connection, media_id, rejection)
    if size_bytes is None:
        return None
    object_deletions.enqueue(connection, owner_id, media_prefixes(owner_id, media_id))
    quota.release(connection, owner_id, size_bytes)
    announced = announce(connection, owner_id, EventType.MEDIA_REJECTED, media_id=media_id)
    audit.record(connection, owner_id, Action.UPLOAD_REJECTED, media_id, code=rejection.code)
    observability.record_metrics({Metric.REJECTIONS: 1}, dimension_value=rejection.code.partition(":")[0])
    logger.warning("media rejected after acceptance", media_id=media_id, code=rejection.code, size_bytes=size_bytes)
    return announced
