"""Erasures whose message was lost."""

from __future__ import annotations

from chalicelib.account import messages
from chalicelib.account.erasure import store
from chalicelib.account.messages import ErasureMessage
from chalicelib.platform.db import database

OVERDUE_AFTER_S = 60  # a message is sent within a second of its commit; one that waits comes on time
MAX_PER_RUN = 100


def reconcile() -> int:
    """One bounded pass over the erasures of all owners; answers how many were set going again. Runs as the sweep's role."""
    with database.transaction(None) as connection:
        late = store.list_stalled(connection, late_s=OVERDUE_AFTER_S, limit=MAX_PER_RUN)
    for erasure in late:
        messages.send(ErasureMessage(owner_id=erasure.owner_id, erasure_id=erasure.id))
    return len(late)
