"""S3's multipart uploads into the incoming bucket: what we call ourselves, and what we sign for a client to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.platform.aws.s3 import client, translate_errors
from chalicelib.platform.config import settings


@dataclass(frozen=True, slots=True)
class UploadPart:
    """One part that S3 has. `etag` carries no quotes."""

    number: int
    etag: str
    size_bytes: int


def create(key: str, *, media_type: str) -> str:
    """Begin an upload; answers S3's id of it."""
    with translate_errors(key):
        answer = client().create_multipart_upload(Bucket=settings().incoming_bucket, Key=key, ContentType=media_type)
    return answer["UploadId"]


def list_parts(key: str, upload_id: str) -> list[UploadPart]:
    """Every part that S3 has, by number. Raises ObjectGoneError when the upload was completed or aborted."""
    pages = client().get_paginator("list_parts")
    with translate_errors(key):
        return [
            UploadPart(part["PartNumber"], part["ETag"].strip('"'), part["Size"])
            for page in pages.paginate(Bucket=settings().incoming_bucket, Key=key, UploadId=upload_id)
            for part in page.get("Parts", ())
        ]


def complete(key: str, upload_id: str, parts: Sequence[UploadPart]) -> None:
    """Make one object of exactly these parts.

    Raises ObjectGoneError when the upload was completed or aborted before, ObjectChangedError when the key has an object already,
    and RefusedError when a part was replaced or is too small. Nothing is overwritten.
    """
    with translate_errors(key):
        client().complete_multipart_upload(
            Bucket=settings().incoming_bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]},
            IfNoneMatch="*",
            MpuObjectSize=sum(part.size_bytes for part in parts),
        )


def abort(key: str, upload_id: str) -> None:
    """Throw the parts away. Raises ObjectGoneError when the upload was completed or aborted before."""
    with translate_errors(key):
        client().abort_multipart_upload(Bucket=settings().incoming_bucket, Key=key, UploadId=upload_id)


def presign_part(key: str, upload_id: str, number: int, *, size_bytes: int | None, valid_s: int) -> str:
    """A URL to PUT one part to, of exactly this size when there is one."""
    length = {} if size_bytes is None else {"ContentLength": size_bytes}
    return _sign("upload_part", key, valid_s, UploadId=upload_id, PartNumber=number, **length)


def presign_create(key: str, *, media_type: str, valid_s: int) -> str:
    """A URL to POST to; its Content-Type must be `media_type`."""
    return _sign("create_multipart_upload", key, valid_s, ContentType=media_type)


def presign_list(key: str, upload_id: str, *, valid_s: int) -> str:
    return _sign("list_parts", key, valid_s, UploadId=upload_id)


def presign_complete(key: str, upload_id: str, *, size_bytes: int, valid_s: int) -> tuple[str, dict[str, str]]:
    """A URL to POST the list of parts to and the headers that belong to it: the sum of the parts must be `size_bytes`."""
    url = _sign(
        "complete_multipart_upload", key, valid_s, UploadId=upload_id, IfNoneMatch="*", MpuObjectSize=size_bytes
    )
    return url, {"If-None-Match": "*", "x-amz-mp-object-size": str(size_bytes)}


def presign_abort(key: str, upload_id: str, *, valid_s: int) -> str:
    return _sign("abort_multipart_upload", key, valid_s, UploadId=upload_id)


_Operation = Literal[
    "upload_part", "create_multipart_upload", "list_parts", "complete_multipart_upload", "abort_multipart_upload"
]


def _sign(operation: _Operation, key: str, valid_s: int, **parameters: Any) -> str:
    return client(public=True).generate_presigned_url(
        operation, Params={"Bucket": settings().incoming_bucket, "Key": key, **parameters}, ExpiresIn=valid_s
    )
