"""Delete the objects that were written down because nothing names them any more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID

from chalicelib.maintenance import store
from chalicelib.maintenance.store import ObjectDeletion
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.speech import stored_objects

WORK_S = 45.0  # no folder is begun after it; the recording of 80 hours has 20,000 parts, which take 10 s
BATCH_SIZE = 500  # written down as done together: what a crash repeats
DELAY_S = (
    180  # whoever was still writing when the row went has ended by then: the longest of them, finish_speech, has 120 s
)


def process(*, limit: int, work_s: float = WORK_S) -> int:
    """Delete what is due, of all owners, and answer how many keys that were. Runs as the sweep's database role.

    Deleting twice does no harm, so that a crash costs a repetition. Raises UnavailableError; what was not deleted stays written.
    """
    until = time.monotonic() + work_s
    carried_out = 0
    while carried_out < limit:
        with database.transaction(None) as connection:
            due = store.list_due_deletions(connection, older_than_s=DELAY_S, limit=min(BATCH_SIZE, limit - carried_out))
        for owner_id, removals in groupby(sorted(due, key=lambda each: each.owner_id), lambda each: each.owner_id):
            carried_out += _carry_out(owner_id, list(removals), until)
        if not due or time.monotonic() > until:
            break
    return carried_out


def _carry_out(owner_id: UUID, removals: Sequence[ObjectDeletion], until: float) -> int:
    """Answers how many were settled; folders only until it is time to stop, but one at least."""
    folders = [removal for removal in removals if removal.key.endswith("/")]
    # A segment's audio serves every reading of its owner that says the same words: it may have found a new use meanwhile.
    shared = [removal for removal in removals if not removal.key.endswith("/")]
    with database.transaction(owner_id) as connection:
        if shared and stored_objects.has_unfinished_job(connection):
            store.postpone_deletions(connection, _ids(shared))
            shared = []
        needed = stored_objects.referenced_keys(connection, [removal.key for removal in shared])
    storage.delete([removal.key for removal in shared if removal.key not in needed])
    settled = list(shared)
    for removal in folders:
        storage.delete(list(storage.list_prefix(removal.key)))
        settled.append(removal)
        if time.monotonic() > until:
            break
    with database.transaction(owner_id) as connection:
        store.complete_deletions(connection, _ids(settled))
    return len(settled)


def _ids(removals: Iterable[ObjectDeletion]) -> list[UUID]:
    return [removal.id for removal in removals]
