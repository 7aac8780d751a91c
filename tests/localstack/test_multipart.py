"""Uploads in parts on LocalStack: by clients, and of library objects that several functions write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import requests

from chalicelib.platform.aws import multipart, resumable_upload, storage
from chalicelib.platform.aws.resumable_upload import MIN_PART_BYTES, Part, UploadProgress
from chalicelib.platform.aws.s3 import Bucket, ObjectNotFoundError, PreconditionFailedError, StorageRejectedError

PARTS = (b"x" * MIN_PART_BYTES, b"y")


class Source:
    """An object of PARTS that can resume behind each of them."""

    digest = "of the parts"
    size = sum(map(len, PARTS))

    def list_parts(self, uploaded: int) -> Iterator[Part[int]]:
        for number, content in list(enumerate(PARTS, 1))[uploaded:]:
            yield Part(content, number, is_last=number == len(PARTS))


class Record:
    """The progress that a database would keep."""

    def __init__(self) -> None:
        self.progress = UploadProgress(None, None, [])

    def start(self, upload_id: str, digest: str) -> None:
        self.progress = UploadProgress(upload_id, digest, [])

    def record_parts(self, etags: Sequence[str], position: int) -> None:
        self.progress.etags.extend(etags)
        assert position == len(self.progress.etags)


def upload_by_client(key: str) -> tuple[str, list[tuple[int, str]]]:
    """Upload one small part as a client does; return the upload and its parts."""
    upload_id = multipart.create(key, media_type="text/plain")
    url = multipart.presign_part(key, upload_id, 1, size_bytes=5, valid_s=60)
    assert requests.put(url, data=b"12345", timeout=30).status_code == 200
    return upload_id, [(part.number, part.etag) for part in multipart.list_parts(key, upload_id)]


def test_an_upload_in_parts_becomes_one_object_once(key: str) -> None:
    upload_id, etags = upload_by_client(key)
    multipart.complete(key, upload_id, etags, new_object_bytes=5)
    assert storage.get_incoming_version(key).size_bytes == 5
    again_id, again = upload_by_client(key)
    with pytest.raises(PreconditionFailedError):
        multipart.complete(key, again_id, again, new_object_bytes=5)


def test_an_aborted_upload_is_gone(key: str) -> None:
    upload_id, etags = upload_by_client(key)
    multipart.abort(key, upload_id)
    with pytest.raises(ObjectNotFoundError):
        multipart.list_parts(key, upload_id)
    with pytest.raises(ObjectNotFoundError):
        multipart.complete(key, upload_id, etags)


def test_a_first_part_below_the_minimum_is_rejected(key: str) -> None:
    upload_id = multipart.create(key, media_type="text/plain", bucket=Bucket.LIBRARY)
    etags = [(number, multipart.upload_part(key, upload_id, number, b"x", bucket=Bucket.LIBRARY)) for number in (1, 2)]
    with pytest.raises(StorageRejectedError) as rejection:
        multipart.complete(key, upload_id, etags, bucket=Bucket.LIBRARY)
    assert rejection.value.code == "EntityTooSmall"


def test_a_recording_is_continued_by_the_next_function(key: str) -> None:
    record = Record()

    def resume() -> bool:
        progress = UploadProgress(record.progress.upload_id, record.progress.layout, list(record.progress.etags))
        return resumable_upload.resume(f"speech/{key}", Source(), progress, record, media_type="audio/mpeg", work_s=0)

    assert not resume(), "time is up behind the first part"
    assert resume()
    assert storage.read(f"speech/{key}") == b"".join(PARTS)
    assert resume(), "a worker that crashed before it recorded the end finds the object"
