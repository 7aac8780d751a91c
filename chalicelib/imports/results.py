"""Results of fetching: the rejection of a media whose page could not be fetched, and the sweep's part."""

from __future__ import annotations

from chalicelib.imports.model import ImportFailedMessage
from chalicelib.inspection.model import Rejection
from chalicelib.platform.aws import event_sources
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database
from chalicelib.uploads import store
from chalicelib.uploads.reject import reject


def record_failure(message: ImportFailedMessage) -> bool:
    """Reject the media of an import that failed; return whether it was waiting for its page."""
    return reject(message.owner_id, message.media_id, Rejection(message.code, message.detail))


def reconcile() -> dict[str, int]:
    """Have the queue polled while an import waits for its page. Runs as the sweep's database role.

    The reconciliation of uploads rejects what has waited too long. Returns no counts: there is no work left to do here.
    """
    with database.transaction(None) as connection:
        is_waiting = store.is_any_import_pending(connection)
    event_sources.set_polled(Queue.IMPORTS, is_polled=is_waiting)
    return {}
