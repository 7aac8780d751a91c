"""Deletion of enqueued objects: those that no row refers to any more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from chalicelib.maintenance import store
from chalicelib.maintenance.store import ObjectDeletion
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.speech import stored_objects

WORK_S = 45.0  # no folder is started after it; the recording of 80 hours has 20,000 parts, which take 10 s
BATCH_SIZE = 500  # deletions completed together: as many are repeated after a crash
DELAY_S = 180  # every worker that could still write has ended by then: the slowest, run_speech_job, has 120 s


def process(*, limit: int, work_s: float = WORK_S) -> int:
    """Delete the objects that are due, of all owners; return the number of keys. Runs as the sweep's database role.

    Deleting twice is harmless, so that a crash costs a repetition. Raises UnavailableError; the rest stays enqueued.
    """
    deadline = time.monotonic() + work_s
    processed = 0
    while processed < limit:
        batch_size = min(BATCH_SIZE, limit - processed)
        with database.transaction(None) as connection:
            due = store.list_due_deletions(connection, older_than_s=DELAY_S, limit=batch_size)
        by_owner = attrgetter("owner_id")
        for owner_id, deletions in groupby(sorted(due, key=by_owner), by_owner):
            processed += _process_owner(owner_id, list(deletions), deadline)
        if not due or time.monotonic() > deadline:
            break
    return processed


def _process_owner(owner_id: UUID, deletions: Sequence[ObjectDeletion], deadline: float) -> int:
    """Process the deletions of one owner; return the number completed. Past the deadline, one folder is still deleted."""
    folders = [deletion for deletion in deletions if deletion.key.endswith("/")]
    # The audio of a segment is shared by all recordings of its owner with the same words: a new one may need it by now.
    shared = [deletion for deletion in deletions if not deletion.key.endswith("/")]
    with database.transaction(owner_id) as connection:
        if shared and stored_objects.has_unfinished_job(connection):
            store.postpone_deletions(connection, _ids(shared))
            shared = []
        needed = stored_objects.referenced_keys(connection, [deletion.key for deletion in shared])
    storage.delete([deletion.key for deletion in shared if deletion.key not in needed])
    completed = list(shared)
    for folder in folders:
        storage.delete(list(storage.list_prefix(folder.key)))
        completed.append(folder)
        if time.monotonic() > deadline:
            break
    with database.transaction(owner_id) as connection:
        store.complete_deletions(connection, _ids(completed))
    return len(completed)


def _ids(deletions: Iterable[ObjectDeletion]) -> list[UUID]:
    return [deletion.id for deletion in deletions]
