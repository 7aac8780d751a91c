"""S3's multipart uploads: the server's own calls, and presigned requests for clients, which upload to the incoming bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.platform.aws.s3 import Bucket, client, translate_errors
from chalicelib.platform.config import settings


@dataclass(frozen=True, slots=True)
class UploadPart:
    """One part that S3 has. `etag` carries no quotes."""

    number: int
    etag: str
    size_bytes: int


def create(key: str, *, media_type: str, bucket: Bucket = Bucket.INCOMING) -> str:
    """Start an upload and return S3's id of it. Objects of the library are downloads, never pages of a browser."""
    headers: dict[str, Any] = {"ContentDisposition": "attachment"} if bucket is Bucket.LIBRARY else {}
    with translate_errors(key):
        response = client().create_multipart_upload(
            Bucket=bucket.bucket_name, Key=key, ContentType=media_type, **headers
        )
        return response["UploadId"]


def upload_part(key: str, upload_id: str, number: int, content: bytes, *, bucket: Bucket) -> str:
    """Upload a part, or replace it, and return its ETag. Raises ObjectNotFoundError for a completed or aborted upload."""
    with translate_errors(key):
        response = client().upload_part(
            Bucket=bucket.bucket_name, Key=key, UploadId=upload_id, PartNumber=number, Body=content
        )
        return response["ETag"]


def list_parts(key: str, upload_id: str) -> list[UploadPart]:
    """Return every part that S3 has, by number. Raises ObjectNotFoundError for a completed or aborted upload."""
    pages = client().get_paginator("list_parts")
    with translate_errors(key):
        return [
            UploadPart(part["PartNumber"], part["ETag"].strip('"'), part["Size"])
            for page in pages.paginate(Bucket=settings().incoming_bucket, Key=key, UploadId=upload_id)
            for part in page.get("Parts", ())
        ]


def complete(
    key: str,
    upload_id: str,
    etags: Sequence[tuple[int, str]],
    *,
    bucket: Bucket = Bucket.INCOMING,
    new_object_bytes: int | None = None,
) -> None:
    """Make one object of exactly these numbered parts. With `new_object_bytes` nothing is overwritten, and the sizes must add up.

    Raises ObjectNotFoundError for a completed or aborted upload, PreconditionFailedError when nothing may be overwritten and
    the key has an object, and StorageRejectedError when a part was replaced or is too small.
    """
    conditions: dict[str, Any] = (
        {} if new_object_bytes is None else {"IfNoneMatch": "*", "MpuObjectSize": new_object_bytes}
    )
    with translate_errors(key):
        client().complete_multipart_upload(
            Bucket=bucket.bucket_name,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in etags]},
            **conditions,
        )


def abort(key: str, upload_id: str, *, bucket: Bucket = Bucket.INCOMING) -> None:
    """Delete the parts. Raises ObjectNotFoundError for a completed or aborted upload."""
    with translate_errors(key):
        client().abort_multipart_upload(Bucket=bucket.bucket_name, Key=key, UploadId=upload_id)


def presign_part(key: str, upload_id: str, number: int, *, size_bytes: int | None, valid_s: int) -> str:
    """Return a URL to PUT one part to; with `size_bytes`, of exactly this size."""
    length = {} if size_bytes is None else {"ContentLength": size_bytes}
    return _presign("upload_part", key, valid_s, UploadId=upload_id, PartNumber=number, **length)


def presign_create(key: str, *, media_type: str, valid_s: int) -> str:
    """Return a URL to POST to; the request's Content-Type must be `media_type`."""
    return _presign("create_multipart_upload", key, valid_s, ContentType=media_type)


def presign_list(key: str, upload_id: str, *, valid_s: int) -> str:
    return _presign("list_parts", key, valid_s, UploadId=upload_id)


def presign_complete(key: str, upload_id: str, *, size_bytes: int, valid_s: int) -> tuple[str, dict[str, str]]:
    """Return a URL to POST the list of parts to, and its headers: the parts' sizes must add up to `size_bytes`."""
    url = _presign(
        "complete_multipart_upload", key, valid_s, UploadId=upload_id, IfNoneMatch="*", MpuObjectSize=size_bytes
    )
    return url, {"If-None-Match": "*", "x-amz-mp-object-size": str(size_bytes)}


def presign_abort(key: str, upload_id: str, *, valid_s: int) -> str:
    return _presign("abort_multipart_upload", key, valid_s, UploadId=upload_id)


_Operation = Literal[
    "upload_part", "create_multipart_upload", "list_parts", "complete_multipart_upload", "abort_multipart_upload"
]


def _presign(operation: _Operation, key: str, valid_s: int, **parameters: Any) -> str:
    return client(public=True).generate_presigned_url(
        operation, Params={"Bucket": settings().incoming_bucket, "Key": key, **parameters}, ExpiresIn=valid_s
    )
