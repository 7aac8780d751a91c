"""Reconciliation of exports: stalled ones are resumed, expired ones deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.exports import claim_store, messages, request, store
from chalicelib.exports.claim_store import AccountExportClaim, ExportSummary, SomeExportClaim, SpeechExportClaim
from chalicelib.exports.messages import AccountExportMessage, SpeechExportMessage
from chalicelib.exports.model import account_export_key
from chalicelib.platform.db import database, lease, object_deletions

STALLED_AFTER_S = 600  # a message is delivered again after 315 s
MAX_PER_RUN = 100


@dataclass(frozen=True, slots=True)
class ReconcileCounts:
    resent: int = 0
    expired: int = 0


def reconcile_account_exports() -> ReconcileCounts:
    """Reconcile a bounded number of accounts' exports. Runs as the sweep's database role."""
    return _reconcile(AccountExportClaim, AccountExportMessage, _expire_account_export)


def reconcile_speech_exports() -> ReconcileCounts:
    """Reconcile a bounded number of recordings' exports. Runs as the sweep's database role."""
    return _reconcile(SpeechExportClaim, SpeechExportMessage, _expire_speech_export)


def _reconcile(
    kind: type[SomeExportClaim],
    message: type[AccountExportMessage] | type[SpeechExportMessage],
    expire: Callable[[ExportSummary], None],
) -> ReconcileCounts:
    def resend(export: ExportSummary) -> None:
        messages.send(message(owner_id=export.owner_id, export_id=export.id))

    stalled = partial(claim_store.list_stalled, kind=kind, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    expired = partial(claim_store.list_expired, kind=kind, limit=MAX_PER_RUN)
    return ReconcileCounts(len(lease.for_each(stalled, resend)), len(lease.for_each(expired, expire)))


def _expire_account_export(export: ExportSummary) -> None:
    with database.transaction(export.owner_id) as connection:
        object_deletions.enqueue(connection, export.owner_id, [account_export_key(export.owner_id, export.id)])
        if store.delete_account_export(connection, export.id):
            audit.record(connection, export.owner_id, Action.EXPORT_EXPIRED, export.id)


def _expire_speech_export(export: ExportSummary) -> None:
    with database.transaction(export.owner_id) as connection:
        file_format = request.delete_with_object(connection, export.owner_id, export.id)
        if file_format:
            audit.record(connection, export.owner_id, Action.EXPORT_EXPIRED, export.id, format=file_format.value)
