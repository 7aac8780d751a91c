"""Library objects that are put together by several functions, one after the other: S3's multipart uploads, kept by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.platform.config import settings
from chalicelib.platform.s3 import client, translated

# S3 wants 5 MiB at least (but for the last) and takes 10,000 of them: 160 GB, several times what an account may hold.
PART_BYTES = 16 * 1024 * 1024
MIN_PART_BYTES = 5 * 1024 * 1024


def begin(key: str, *, media_type: str) -> str:
    """Answers S3's id of the upload."""
    with translated(key):
        answer = client().create_multipart_upload(
            Bucket=settings().library_bucket, Key=key, ContentType=media_type, ContentDisposition="attachment"
        )
    return answer["UploadId"]


def put_part(key: str, upload_id: str, number: int, content: bytes) -> str:
    """Write a part, or write it anew; answers its ETag. Raises ObjectGoneError when the upload was completed or aborted."""
    with translated(key):
        answer = client().upload_part(
            Bucket=settings().library_bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=content
        )
    return answer["ETag"]


def complete(key: str, upload_id: str, etags: Sequence[str]) -> None:
    """Make one object of these parts, the first of which is number 1.

    Raises ObjectGoneError when the upload was completed or aborted, RefusedError when a part is not the one that is named.
    """
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    with translated(key):
        client().complete_multipart_upload(
            Bucket=settings().library_bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )


def abort(key: str, upload_id: str) -> None:
    """Throw the parts away. Raises ObjectGoneError when the upload was completed or aborted before."""
    with translated(key):
        client().abort_multipart_upload(Bucket=settings().library_bucket, Key=key, UploadId=upload_id)
