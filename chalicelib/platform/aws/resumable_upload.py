"""Library objects that are put together by several functions, one after the other: S3's multipart uploads, kept by their ids."""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError, StorageRejectedError, client, translate_errors
from chalicelib.platform.config import settings

# S3 wants 5 MiB at least (but for the last) and takes 10,000 of them: 160 GB, several times what an account may hold.
PART_BYTES = 16 * 1024 * 1024
MIN_PART_BYTES = 5 * 1024 * 1024
MAX_CONCURRENT_READS = 8  # pieces read at once: each waits for storage most of its time


class ObjectChunk(Protocol):
    """A stretch of an object: `read` makes its `size` bytes when they are wanted, and is called from several threads."""

    @property
    def size(self) -> int: ...

    def read(self) -> bytes: ...


class ObjectPlan:
    """An object whose every byte is known before the first is written: any stretch of it can be made on its own.

    `digest` is another one for other bytes.
    """

    def __init__(self, pieces: Sequence[ObjectChunk], digest: str) -> None:
        self.digest = digest
        self._pieces = pieces
        self._ends = list(accumulate(piece.size for piece in pieces))

    @property
    def size(self) -> int:
        return self._ends[-1]

    @property
    def part_count(self) -> int:
        return -(-self.size // PART_BYTES)

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`."""
        first = bisect_right(self._ends, start)
        last = first
        while last < len(self._pieces) and self._ends[last] - self._pieces[last].size < end:
            last += 1
        with ThreadPoolExecutor(MAX_CONCURRENT_READS) as readers:
            contents = readers.map(lambda piece: piece.read(), self._pieces[first:last])
            found = b"".join(self._checked(number, content) for number, content in enumerate(contents, first))
        begins = self._ends[first] - self._pieces[first].size
        return found[start - begins : end - begins]

    def _checked(self, number: int, content: bytes) -> bytes:
        if len(content) != self._pieces[number].size:
            raise ValueError(f"piece {number} has {len(content)} bytes instead of {self._pieces[number].size}")
        return content


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """How far an object has come: the parts that storage has, of which layout. Nothing was begun without an `upload_id`."""

    upload_id: str | None
    layout: str | None
    etags: list[str]


class Checkpoint(Protocol):
    """Where it is written down how far an object has come. Both raise when somebody else goes on with it."""

    def start(self, upload_id: str, layout: ObjectPlan) -> None:
        """There is an upload, with nothing in it."""

    def record_part(self, etag: str) -> None:
        """Storage has the next part."""


def resume(
    key: str, layout: ObjectPlan, progress: UploadProgress, journal: Checkpoint, *, media_type: str, work_s: float
) -> bool:
    """Write an object part by part; False when time is up before it is there, and at least one part was written. Safe to repeat.

    When the parts are gone, it begins anew and raises ObjectGoneError or RefusedError, to be called again.
    """
    try:
        if progress.upload_id is None or progress.layout != layout.digest:  # or its title, say, was changed meanwhile
            progress = _begin_anew(key, layout, progress, journal, media_type=media_type)
        assert progress.upload_id is not None  # noqa: S101 - it was begun
        began = time.monotonic()
        while len(progress.etags) < layout.part_count:
            start = len(progress.etags) * PART_BYTES
            content = layout.read(start, min(start + PART_BYTES, layout.size))
            etag = upload_part(key, progress.upload_id, len(progress.etags) + 1, content)
            journal.record_part(etag)
            progress.etags.append(etag)
            if time.monotonic() - began > work_s and len(progress.etags) < layout.part_count:
                return False
        complete(key, progress.upload_id, progress.etags)
    except (ObjectNotFoundError, StorageRejectedError):
        # Either it was completed before anybody could say so, or the parts are gone: then it begins anew.
        if not _is_there(key, layout):
            _begin_anew(key, layout, progress, journal, media_type=media_type)
            raise
    return True


def _begin_anew(
    key: str, layout: ObjectPlan, progress: UploadProgress, journal: Checkpoint, *, media_type: str
) -> UploadProgress:
    if progress.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            abort(key, progress.upload_id)
    upload_id = create(key, media_type=media_type)
    journal.start(upload_id, layout)
    return UploadProgress(upload_id, layout.digest, [])


def _is_there(key: str, layout: ObjectPlan) -> bool:
    with contextlib.suppress(ObjectNotFoundError):
        return storage.size(key) == layout.size
    return False


def create(key: str, *, media_type: str) -> str:
    """Answers S3's id of the upload."""
    with translate_errors(key):
        answer = client().create_multipart_upload(
            Bucket=settings().library_bucket, Key=key, ContentType=media_type, ContentDisposition="attachment"
        )
    return answer["UploadId"]


def upload_part(key: str, upload_id: str, number: int, content: bytes) -> str:
    """Write a part, or write it anew; answers its ETag. Raises ObjectGoneError when the upload was completed or aborted."""
    with translate_errors(key):
        answer = client().upload_part(
            Bucket=settings().library_bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=content
        )
    return answer["ETag"]


def complete(key: str, upload_id: str, etags: Sequence[str]) -> None:
    """Make one object of these parts, the first of which is number 1.

    Raises ObjectGoneError when the upload was completed or aborted, RefusedError when a part is not the one that is named.
    """
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    with translate_errors(key):
        client().complete_multipart_upload(
            Bucket=settings().library_bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )


def abort(key: str, upload_id: str) -> None:
    """Throw the parts away. Raises ObjectGoneError when the upload was completed or aborted before."""
    with translate_errors(key):
        client().abort_multipart_upload(Bucket=settings().library_bucket, Key=key, UploadId=upload_id)
