"""Reconciliation of erasures: those with a lost message are resumed."""

from __future__ import annotations

from functools import partial

from chalicelib.account import messages
from chalicelib.account.erasure import store
from chalicelib.account.erasure.store import StalledErasure
from chalicelib.account.messages import ErasureMessage
from chalicelib.platform.db import lease

OVERDUE_AFTER_S = 60  # a message is sent within a second of its commit, and a delayed one arrives on time
MAX_PER_RUN = 100


def reconcile() -> int:
    """Resume a bounded number of erasures of all owners and return it. Runs as the sweep's database role."""
    return len(lease.for_each(partial(store.list_stalled, overdue_s=OVERDUE_AFTER_S, limit=MAX_PER_RUN), _resend))


def _resend(erasure: StalledErasure) -> None:
    messages.send(ErasureMessage(owner_id=erasure.owner_id, erasure_id=erasure.id))
