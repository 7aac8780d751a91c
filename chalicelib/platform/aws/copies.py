"""Copies of objects between buckets, made by S3 itself, and the files and lists that go with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chalicelib.platform.aws.buckets import CopySource
from chalicelib.platform.aws.s3 import Bucket, client, translate_errors

MAX_COPY_BYTES = 5 * 1024**3  # of one CopyObject: S3's own limit
COPY_PART_BYTES = 1024**3
COPIED_HEADERS = ("ContentType", "ContentDisposition", "ContentEncoding", "CacheControl", "Metadata")


def copy(item: CopySource, bucket: Bucket, key: str) -> None:
    """Copy an object with its headers. Raises ObjectNotFoundError if the version is gone."""
    source: Any = {"Bucket": item.bucket.bucket_name, "Key": item.key}
    if item.version_id is not None:
        source["VersionId"] = item.version_id
    with translate_errors(item.key):
        if item.size_bytes <= MAX_COPY_BYTES:
            client().copy_object(Bucket=bucket.bucket_name, Key=key, CopySource=source)
            return
        from boto3.s3.transfer import TransferConfig

        # A copy in parts is a new upload: its headers have to be given.
        head: Any = client().head_object(**source)
        headers = {name: head[name] for name in COPIED_HEADERS if name in head}
        in_parts = TransferConfig(multipart_threshold=MAX_COPY_BYTES, multipart_chunksize=COPY_PART_BYTES)
        client().copy(source, bucket.bucket_name, key, ExtraArgs=headers, Config=in_parts)


def upload(file: Path, bucket: Bucket, key: str) -> None:
    """Upload a file of any size."""
    with translate_errors(key):
        client().upload_file(str(file), bucket.bucket_name, key)


def download(bucket: Bucket, key: str, file: Path) -> None:
    """Download an object into a file. Raises ObjectNotFoundError."""
    with translate_errors(key):
        client().download_file(bucket.bucket_name, key, str(file))


def read(bucket: Bucket, key: str) -> str:
    """Return the content of a small text object. Raises ObjectNotFoundError."""
    with translate_errors(key):
        return client().get_object(Bucket=bucket.bucket_name, Key=key)["Body"].read().decode()


def write(bucket: Bucket, key: str, content: str) -> None:
    """Write a small text object."""
    with translate_errors(key):
        client().put_object(Bucket=bucket.bucket_name, Key=key, Body=content.encode(), ContentType="application/json")
