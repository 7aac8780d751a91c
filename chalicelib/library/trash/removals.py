"""Objects that belong to nothing any more: written down with the change that orphans them, deleted later by the sweep.

The API's role may not delete objects, and no crash between the change and the deletion loses one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID

from chalicelib.library.trash import store
from chalicelib.library.trash.store import Removal
from chalicelib.platform import database, storage
from chalicelib.platform.database import Connection
from chalicelib.speech import objects

DELAY_S = (
    180  # whoever was still writing when the row went has ended by then: the longest of them, finish_speech, has 120 s
)


def write(connection: Connection, owner_id: UUID, keys: Sequence[str]) -> None:
    """Write down library objects to delete, in the transaction after which nothing names them. `a/b/` is all below it."""
    store.insert_removals(connection, owner_id, keys)


def carry_out(*, limit: int) -> int:
    """Delete what is due, of all owners, and answer how many keys that were. Runs as the sweep's database role.

    Deleting twice does no harm, so that a crash costs a repetition. Raises UnavailableError; what was not deleted stays written.
    """
    with database.transaction(None) as connection:
        due = store.due_removals(connection, older_than_s=DELAY_S, limit=limit)
    for owner_id, removals in groupby(sorted(due, key=lambda removal: removal.owner_id), lambda each: each.owner_id):
        _carry_out(owner_id, list(removals))
    return len(due)


def _carry_out(owner_id: UUID, removals: Sequence[Removal]) -> None:
    folders = [removal for removal in removals if removal.key.endswith("/")]
    # A segment's audio serves every reading of its owner that says the same words: it may have found a new use meanwhile.
    shared = [removal for removal in removals if not removal.key.endswith("/")]
    with database.transaction(owner_id) as connection:
        if shared and objects.are_in_flight(connection):
            store.postpone_removals(connection, _ids(shared))
            shared = []
        needed = objects.needed(connection, [removal.key for removal in shared])
    keys = [key for removal in folders for key in storage.below(removal.key)]
    storage.delete(keys + [removal.key for removal in shared if removal.key not in needed])
    with database.transaction(owner_id) as connection:
        store.delete_removals(connection, _ids([*folders, *shared]))


def _ids(removals: Iterable[Removal]) -> list[UUID]:
    return [removal.id for removal in removals]
