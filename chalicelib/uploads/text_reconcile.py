"""Keep texts up to date: send requests again whose message or worker was lost, and request texts by the newest extractor."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from chalicelib.extraction.model import EXTRACTOR_VERSION
from chalicelib.inspection.model import InspectionWarning
from chalicelib.library import text_request_store, text_version_store
from chalicelib.library.model import VersionReason
from chalicelib.library.text_request_store import OutdatedText, StalledRequest
from chalicelib.library.text_requests import NOT_UPDATED_CODE, TextRequestMessage
from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, lease, outbox

STALLED_AFTER_S = 900  # a message can wait for minutes behind uploads
FAIL_AFTER = timedelta(hours=24)  # a day of failing is an outage, or a file that breaks the worker
MAX_STALLED_PER_RUN = 200  # ~20 ms each; the next run continues
MAX_UPGRADES_PER_RUN = 50  # each takes a worker some seconds, which uploads wait for

Resolution = Literal["requeued", "failed"]


@dataclass(frozen=True, slots=True)
class TextReconciliation:
    """Numbers of texts by resolution. The names are dimensions of a metric."""

    requeued: int = 0
    failed: int = 0
    upgraded: int = 0


def reconcile() -> TextReconciliation:
    """Reconcile stalled text requests and outdated texts of all owners. Runs as the sweep's database role."""
    list_stalled = partial(text_request_store.list_stalled, idle_s=STALLED_AFTER_S, limit=MAX_STALLED_PER_RUN)
    resolutions = Counter(lease.for_each(list_stalled, _reconcile))
    list_outdated = partial(text_request_store.list_outdated, extractor=EXTRACTOR_VERSION, limit=MAX_UPGRADES_PER_RUN)
    upgraded = sum(lease.for_each(list_outdated, _upgrade))
    return TextReconciliation(resolutions["requeued"], resolutions["failed"], upgraded)


def _reconcile(request: StalledRequest) -> Resolution:
    if datetime.now(UTC) - request.created_at > FAIL_AFTER:
        return _fail(request)
    message = TextRequestMessage(owner_id=request.owner_id, media_id=request.media_id)
    queues.send(Queue.INGEST, message.model_dump_json(), group=str(request.owner_id))
    with database.transaction(request.owner_id) as connection:
        text_request_store.postpone(connection, request.media_id)
    return "requeued"


def _fail(request: StalledRequest) -> Resolution:
    """Delete a request; the former text stays, and is not tried again until there is a newer extractor."""
    with database.transaction(request.owner_id) as connection:
        reason = text_request_store.delete(connection, request.media_id)
        text_version_store.update_extractor(connection, request.media_id, EXTRACTOR_VERSION)
        if reason is not None and reason is not VersionReason.UPGRADE:
            detail = (
                f"The text could not be made again within 24 hours after you chose another {reason.value}. The former text is "
                f"still read. Choose the {reason.value} again."
            )
            text_request_store.add_note(connection, request.media_id, InspectionWarning(NOT_UPDATED_CODE, detail))
    return "failed"


def _upgrade(media: OutdatedText) -> bool:
    with database.transaction(media.owner_id) as connection:
        if not text_request_store.insert_upgrade(connection, media.owner_id, media.id):
            return False
        message = TextRequestMessage(owner_id=media.owner_id, media_id=media.id)
        messages = [outbox.enqueue(connection, media.owner_id, Queue.INGEST, message)]
    outbox.send(messages)
    return True
