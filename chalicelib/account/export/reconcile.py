"""Exports that should have moved by now, and those whose time is over."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from chalicelib import audit
from chalicelib.account import messages
from chalicelib.account.export import store
from chalicelib.account.export.model import export_key
from chalicelib.account.messages import AccountExportMessage
from chalicelib.audit import Action
from chalicelib.platform.db import database, object_deletions
from chalicelib.platform.errors import AccountBeingErasedError

STALLED_AFTER_S = 600  # a message comes back after 315 s
MAX_PER_RUN = 100


@dataclass(frozen=True, slots=True)
class ReconcileCounts:
    resent: int = 0
    expired: int = 0


def reconcile() -> ReconcileCounts:
    """One bounded pass over the exports of all owners. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        idle = store.list_stalled(connection, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
        over = store.list_expired(connection, limit=MAX_PER_RUN)
    for export in idle:
        messages.send(AccountExportMessage(owner_id=export.owner_id, export_id=export.id))
    for export in over:
        with contextlib.suppress(AccountBeingErasedError), database.transaction(export.owner_id) as connection:
            object_deletions.enqueue(connection, export.owner_id, [export_key(export.owner_id, export.id)])
            if store.delete(connection, export.id):
                audit.record(connection, export.owner_id, Action.EXPORT_EXPIRED, export.id)
    return ReconcileCounts(len(idle), len(over))
