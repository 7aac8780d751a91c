"""Objects of a backup: copied between the library and the backups' bucket by S3 itself, and listed as they are copied.

A list of copied objects is written after each batch, so that an interrupted run resumes after the last one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from chalicelib.platform import threads
from chalicelib.platform.aws import buckets, copies
from chalicelib.platform.aws.buckets import CopySource
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.deadline import Deadline

MAX_CONCURRENT_COPIES = 16  # requests of ~50 ms each that wait for S3
BATCH_OBJECTS = 500  # ~2 s; a killed run repeats at most these
MIN_BATCH_S = 60.0  # for a batch, with objects of gigabytes in it

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class SavedObject:
    """An object of the backup, by its key in the library and the ETag that it had there."""

    key: str
    etag: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BackupProgress:
    """Outcome of one run. `is_finished`: nothing is left for another run."""

    copied: int
    is_finished: bool


class ObjectList:
    """The objects that a backup contains so far. Each batch is an object of its own: S3 cannot append."""

    def __init__(self, name: str) -> None:
        self._prefix = f"{name}/objects/"
        self._batches = 0
        self._objects: dict[str, SavedObject] = {}
        for batch in buckets.list_all(Bucket.BACKUPS, self._prefix):
            self._batches += 1
            for line in copies.read(Bucket.BACKUPS, batch.key).splitlines():
                saved = SavedObject(**json.loads(line))
                self._objects[saved.key] = saved

    def __iter__(self) -> Iterator[SavedObject]:
        yield from self._objects.values()

    def __len__(self) -> int:
        return len(self._objects)

    def has(self, item: CopySource) -> bool:
        saved = self._objects.get(item.key)
        return saved is not None and saved.etag == item.etag

    def append(self, saved: Iterable[SavedObject]) -> None:
        """Add a batch of objects that are copied."""
        batch = list(saved)
        lines = "".join(f"{json.dumps(asdict(item))}\n" for item in batch)
        copies.write(Bucket.BACKUPS, f"{self._prefix}{self._batches:06}.jsonl", lines)
        self._batches += 1
        self._objects |= {item.key: item for item in batch}


def save(name: str, since: datetime, deadline: Deadline) -> BackupProgress:
    """Copy the library's objects into a backup, as far as time allows.

    Objects that were deleted after `since` are copied, too: the rows, saved then, refer to them.
    """
    listed = ObjectList(name)
    outdated = (version for version in buckets.list_versions(Bucket.LIBRARY, since) if not listed.has(version))
    copied = 0
    for batch in _batches(outdated):
        if deadline.remaining_s() < MIN_BATCH_S:
            return BackupProgress(copied, is_finished=False)
        with threads.pool(MAX_CONCURRENT_COPIES) as pool:
            list(pool.map(lambda version: copies.copy(version, Bucket.BACKUPS, _backup_key(name, version.key)), batch))
        listed.append(SavedObject(version.key, version.etag, version.size_bytes) for version in batch)
        copied += len(batch)
    return BackupProgress(copied, is_finished=True)


def restore(name: str, deadline: Deadline) -> BackupProgress:
    """Copy a backup's objects into the library, except those that are there, as far as time allows."""
    present = {item.key for item in buckets.list_all(Bucket.LIBRARY, "")}
    absent = (saved for saved in ObjectList(name) if saved.key not in present)
    copied = 0
    for batch in _batches(absent):
        if deadline.remaining_s() < MIN_BATCH_S:
            return BackupProgress(copied, is_finished=False)
        versions = [
            CopySource(Bucket.BACKUPS, _backup_key(name, saved.key), None, saved.etag, saved.size_bytes)
            for saved in batch
        ]
        with threads.pool(MAX_CONCURRENT_COPIES) as pool:
            list(pool.map(copies.copy, versions, [Bucket.LIBRARY] * len(batch), [saved.key for saved in batch]))
        copied += len(batch)
    return BackupProgress(copied, is_finished=True)


def _backup_key(name: str, key: str) -> str:
    return f"{name}/library/{key}"


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH_OBJECTS)):
        yield batch
