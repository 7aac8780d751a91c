"""What readings leave in the library bucket, and what of it is still needed."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chalicelib.platform.db.database import Connection
from chalicelib.speech.stored_objects import store

SUFFIXES = (".mp3", ".json")  # a segment is two objects of one name


def list_media_keys(connection: Connection, owner_id: UUID, media_id: UUID) -> list[str]:
    """The keys of everything that readings of a media made; folders end in a slash.

    A segment may serve the reading of another media as well: ask `referenced_keys` before it is deleted.
    """
    folders = [f"speech/{owner_id}/{job_id}/" for job_id in store.list_job_ids(connection, media_id)]
    return folders + [key + ending for key in store.list_media_audio_keys(connection, media_id) for ending in SUFFIXES]


def list_job_keys(connection: Connection, owner_id: UUID, job_id: UUID) -> list[str]:
    """The keys of everything that one reading made, or took from others: the same holds for them."""
    return [f"speech/{owner_id}/{job_id}/"] + [
        key + ending for key in store.list_job_audio_keys(connection, job_id) for ending in SUFFIXES
    ]


def referenced_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Which of these objects belong to a segment of the transaction's owner."""
    names = {key: key.rpartition(".")[0] for key in keys}
    used = store.list_referenced(connection, sorted(set(names.values())))
    return {key for key, name in names.items() if name in used}


def has_unfinished_job(connection: Connection) -> bool:
    """Whether the owner has a reading under way: which finished segments it took from earlier ones is not written down yet."""
    return store.has_unfinished_job(connection)
