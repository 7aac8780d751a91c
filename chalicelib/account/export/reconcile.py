"""Exports that should have moved by now, and those whose time is over."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from chalicelib import audit
from chalicelib.account import messages
from chalicelib.account.export import store
from chalicelib.account.export.model import export_key
from chalicelib.account.messages import ExportOrder
from chalicelib.audit import Action
from chalicelib.platform.db import database, object_deletions
from chalicelib.platform.errors import AccountErasingError

IDLE_AFTER_S = 600  # a message comes back after 315 s
MOST_PER_RUN = 100


@dataclass(frozen=True, slots=True)
class Reconciled:
    resent: int = 0
    expired: int = 0


def reconcile() -> Reconciled:
    """One bounded pass over the exports of all owners. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        idle = store.idle(connection, idle_s=IDLE_AFTER_S, limit=MOST_PER_RUN)
        over = store.expired(connection, limit=MOST_PER_RUN)
    for export in idle:
        messages.send(ExportOrder(owner_id=export.owner_id, export_id=export.id))
    for export in over:
        with contextlib.suppress(AccountErasingError), database.transaction(export.owner_id) as connection:
            object_deletions.write(connection, export.owner_id, [export_key(export.owner_id, export.id)])
            if store.remove(connection, export.id):
                audit.write(connection, export.owner_id, Action.EXPORT_EXPIRED, export.id)
    return Reconciled(len(idle), len(over))
