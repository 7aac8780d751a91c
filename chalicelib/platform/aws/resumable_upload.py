"""Resumable uploads of library objects: several functions, one after the other, add parts to one multipart upload."""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from chalicelib.platform import threads
from chalicelib.platform.aws import multipart, storage
from chalicelib.platform.aws.s3 import Bucket, ObjectNotFoundError, StorageRejectedError

# S3 requires 5 MiB (but for the last part) and takes 10,000 parts: 160 GB, several times what an account may store.
PART_BYTES = 16 * 1024 * 1024
MIN_PART_BYTES = 5 * 1024 * 1024
MAX_CONCURRENT_READS = 8  # each waits for storage most of its time

Position = TypeVar("Position", covariant=True)
Recorded = TypeVar("Recorded", contravariant=True)


class ObjectChunk(Protocol):
    """A range of an object. `read` makes its `size` bytes and is called from several threads."""

    @property
    def size(self) -> int: ...

    def read(self) -> bytes: ...


class Part(NamedTuple, Generic[Position]):
    """A part to upload. `position` is where the object resumes behind it; None when it cannot resume there."""

    content: bytes
    position: Position | None
    is_last: bool = False


class PartSource(Protocol[Position]):
    """An object as a sequence of parts. Another `digest` means other bytes; `size` is None until it is known."""

    @property
    def digest(self) -> str: ...

    @property
    def size(self) -> int | None: ...

    def list_parts(self, uploaded: int) -> Iterator[Part[Position]]:
        """Yield the parts behind those that are uploaded. The last one has a position."""


class ObjectPlan:
    """An object whose every byte is known before the first is written: any range of it can be read on its own.

    It resumes behind every part; its positions are the numbers of parts uploaded. Another `digest` means other bytes.
    """

    def __init__(self, chunks: Sequence[ObjectChunk], digest: str) -> None:
        self.digest = digest
        self._chunks = chunks
        self._ends = list(accumulate(chunk.size for chunk in chunks))

    @property
    def size(self) -> int:
        return self._ends[-1]

    @property
    def part_count(self) -> int:
        return -(-self.size // PART_BYTES)

    def list_parts(self, uploaded: int) -> Iterator[Part[int]]:
        for number in range(uploaded + 1, self.part_count + 1):
            end = min(number * PART_BYTES, self.size)
            yield Part(self.read((number - 1) * PART_BYTES, end), number, is_last=end == self.size)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`."""
        first = bisect_right(self._ends, start)
        last = first
        while last < len(self._chunks) and self._ends[last] - self._chunks[last].size < end:
            last += 1
        with threads.pool(MAX_CONCURRENT_READS) as readers:
            contents = readers.map(lambda chunk: chunk.read(), self._chunks[first:last])
            content = b"".join(self._checked(number, content) for number, content in enumerate(contents, first))
        offset = self._ends[first] - self._chunks[first].size
        return content[start - offset : end - offset]

    def _checked(self, number: int, content: bytes) -> bytes:
        if len(content) != self._chunks[number].size:
            raise ValueError(f"chunk {number} has {len(content)} bytes instead of {self._chunks[number].size}")
        return content


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """The parts in storage. `layout` is the digest of their object; `upload_id` is None before the first part."""

    upload_id: str | None
    layout: str | None
    etags: list[str]


class Checkpoint(Protocol[Recorded]):
    """The record of an object's progress. Both methods raise LeaseLostError when another worker has claimed the object."""

    def start(self, upload_id: str, digest: str) -> None:
        """Record an upload with nothing in it."""

    def record_parts(self, etags: Sequence[str], position: Recorded) -> None:
        """Record the parts uploaded since the last position, and where the object resumes behind them."""


def resume(
    key: str,
    source: PartSource[Position],
    progress: UploadProgress,
    checkpoint: Checkpoint[Position],
    *,
    media_type: str,
    work_s: float,
) -> bool:
    """Upload an object part by part, or at once if it is one part. Return False when time is up: at least one position was
    recorded. Safe to repeat.

    When the parts were deleted, it starts anew and raises ObjectNotFoundError or StorageRejectedError, to be called again.
    """
    if progress.upload_id is None and source.size is not None and source.size <= PART_BYTES:
        content = b"".join(part.content for part in source.list_parts(0))
        storage.put(key, content, media_type=media_type)
        return True
    try:
        if progress.upload_id is None or progress.layout != source.digest:  # the title was changed, for example
            progress = _start_anew(key, source.digest, progress, checkpoint, media_type=media_type)
        assert progress.upload_id is not None  # noqa: S101 - it was started
        started, recorded = time.monotonic(), len(progress.etags)
        for part in source.list_parts(recorded):
            etag = multipart.upload_part(
                key, progress.upload_id, len(progress.etags) + 1, part.content, bucket=Bucket.LIBRARY
            )
            progress.etags.append(etag)
            if part.position is None:
                continue
            checkpoint.record_parts(progress.etags[recorded:], part.position)
            recorded = len(progress.etags)
            if time.monotonic() - started > work_s and not part.is_last:
                return False
        etags = list(enumerate(progress.etags, 1))
        multipart.complete(key, progress.upload_id, etags, bucket=Bucket.LIBRARY)
    except (ObjectNotFoundError, StorageRejectedError):
        # Either the upload was completed and the worker crashed before it could record that, or the parts were deleted.
        if not _exists(key, source.size):
            _start_anew(key, source.digest, progress, checkpoint, media_type=media_type)
            raise
    return True


def _start_anew(
    key: str, digest: str, progress: UploadProgress, checkpoint: Checkpoint[Any], *, media_type: str
) -> UploadProgress:
    if progress.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            multipart.abort(key, progress.upload_id, bucket=Bucket.LIBRARY)
    upload_id = multipart.create(key, media_type=media_type, bucket=Bucket.LIBRARY)
    checkpoint.start(upload_id, digest)
    return UploadProgress(upload_id, digest, [])


def _exists(key: str, size: int | None) -> bool:
    with contextlib.suppress(ObjectNotFoundError):
        return storage.size(key) == size or size is None
    return False
