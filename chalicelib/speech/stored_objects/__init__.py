"""Objects of speech jobs in the library bucket: their keys, and those still referenced."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chalicelib.platform.db.database import Connection
from chalicelib.speech.stored_objects import store
from chalicelib.speech.stored_objects.store import has_unfinished_job as has_unfinished_job

SUFFIXES = (".mp3", ".json")  # a segment is two objects of one name


def list_media_keys(connection: Connection, owner_id: UUID, media_id: UUID) -> list[str]:
    """List the keys that a media item's speech jobs made; folders end in a slash.

    A segment may also belong to a recording of another media item: check `referenced_keys` before deleting it.
    """
    folders = [f"speech/{owner_id}/{job_id}/" for job_id in store.list_job_ids(connection, media_id)]
    return folders + [key + suffix for key in store.list_media_audio_keys(connection, media_id) for suffix in SUFFIXES]


def list_job_keys(connection: Connection, owner_id: UUID, job_id: UUID) -> list[str]:
    """List the keys of everything that one speech job made or reused.

    Reused segments belong to other jobs, too: check `referenced_keys` before deleting them.
    """
    return [f"speech/{owner_id}/{job_id}/"] + [
        key + suffix for key in store.list_job_audio_keys(connection, job_id) for suffix in SUFFIXES
    ]


def referenced_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of the keys that belong to a segment of the transaction's owner."""
    audio_keys = {key: key.rpartition(".")[0] for key in keys}
    referenced = store.list_referenced(connection, sorted(set(audio_keys.values())))
    return {key for key, audio_key in audio_keys.items() if audio_key in referenced}
