"""Single objects on LocalStack: presigned requests, versions, conditions, deletion.

LocalStack checks no signatures. That a request with another size, type or signature is refused is tested on the embedded stack
(tests/e2e/test_uploads.py).
"""

import base64
import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
import requests

from chalicelib.platform.aws import storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.s3 import ObjectNotFoundError, PreconditionFailedError
from tests.localstack.conftest import LocalStack

CONTENT = b"hello world\n"
SHA256 = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()


def put(key: str, content: bytes) -> requests.Response:
    """PUT content under the presigned request for CONTENT."""
    request = storage.presign_put(key, media_type="text/plain", size_bytes=len(CONTENT), sha256=SHA256, valid_s=900)
    return requests.put(request.url, data=content, headers=request.headers, timeout=30)


def test_a_second_deployment_keeps_what_is_stored(localstack: LocalStack, key: str) -> None:
    storage.put(f"media/{key}", CONTENT, media_type="text/plain")
    assert localstack.deploy() in {"unchanged", "updated"}
    assert storage.read(f"media/{key}") == CONTENT


def test_an_upload_is_stored_once_and_only_with_its_checksum(key: str) -> None:
    assert put(key, CONTENT.upper()).status_code == 400
    assert put(key, CONTENT).status_code == 200
    assert put(key, CONTENT).status_code == 412
    version = storage.get_incoming_version(key)
    assert version.size_bytes == len(CONTENT)
    assert version.version_id not in {"", "null"}


def test_an_upload_arrives_in_the_ingest_queue(localstack: LocalStack, key: str) -> None:
    assert put(key, CONTENT).status_code == 200
    for _ in range(10):
        bodies = [json.loads(message["Body"]) for message in localstack.receive(Queue.INGEST)]
        arrived = [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", ())]
        if key in arrived:
            return
    raise AssertionError(f"no event of {key}")


def test_a_form_accepts_exactly_the_declared_size(key: str) -> None:
    size = len(CONTENT)
    form = storage.presign_form(key, media_type="text/plain", min_bytes=size, max_bytes=size, valid_s=900)

    def post(content: bytes) -> int:
        return requests.post(form.url, data=form.fields, files={"file": ("x", content)}, timeout=30).status_code

    assert post(CONTENT + b"!") == 400
    assert post(CONTENT) == 201


def test_an_inspected_version_is_downloaded_and_promoted_unless_it_was_replaced(key: str, tmp_path: Path) -> None:
    assert put(key, CONTENT).status_code == 200
    version = storage.get_incoming_version(key)
    storage.download_incoming(version, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    storage.promote(version, f"media/{key}", media_type="text/plain")
    assert storage.read(f"media/{key}") == CONTENT
    with pytest.raises(PreconditionFailedError):
        storage.promote(dataclasses.replace(version, etag='"0"'), f"media/{key}", media_type="text/plain")


def test_an_object_is_overwritten_only_on_purpose(key: str) -> None:
    storage.put(f"speech/{key}", b"first", media_type="text/plain", overwrite=False)
    with pytest.raises(PreconditionFailedError):
        storage.put(f"speech/{key}", b"second", media_type="text/plain", overwrite=False)
    storage.put(f"speech/{key}", b"third", media_type="text/plain")
    assert storage.read(f"speech/{key}") == b"third"


def test_a_download_has_ranges_and_the_declared_name(key: str) -> None:
    storage.put(f"media/{key}", CONTENT, media_type="text/plain")
    url = storage.presign_get(f"media/{key}", filename="ä b.txt", media_type="text/plain", inline=False, valid_s=60)
    response = requests.get(url, headers={"Range": "bytes=0-4"}, timeout=30)
    assert (response.status_code, response.content) == (206, CONTENT[:5])
    assert response.headers["Content-Disposition"].startswith('attachment; filename="_ b.txt"')
    assert response.headers["Content-Type"] == "text/plain"


def test_an_incoming_object_is_deleted_with_every_version(localstack: LocalStack, key: str) -> None:
    for content in (b"first", b"second"):
        localstack.aws("s3").put_object(Bucket=localstack.outputs["IncomingBucket"], Key=key, Body=content)
    storage.delete_incoming(key)
    remaining = localstack.aws("s3").list_object_versions(Bucket=localstack.outputs["IncomingBucket"], Prefix=key)
    assert not remaining.get("Versions")
    assert not remaining.get("DeleteMarkers")


def test_a_deleted_library_object_is_unreadable_at_once_and_kept_as_an_old_version(
    localstack: LocalStack, key: str
) -> None:
    storage.put(f"media/{key}", CONTENT, media_type="text/plain")
    storage.delete([f"media/{key}"])
    with pytest.raises(ObjectNotFoundError):
        storage.read(f"media/{key}")
    kept = localstack.aws("s3").list_object_versions(Bucket=localstack.outputs["LibraryBucket"], Prefix=f"media/{key}")
    assert len(kept["Versions"]) == len(kept["DeleteMarkers"]) == 1
