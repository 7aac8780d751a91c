"""Objects that are written once, in buckets whose retention lock keeps them."""

from __future__ import annotations

from chalicelib.platform.aws.s3 import Bucket, client, translate_errors


def write(bucket: Bucket, key: str, content: bytes) -> None:
    """Write an object under a new key; fail if there is one. S3 requires a checksum where objects are locked."""
    with translate_errors(key):
        client().put_object(
            Bucket=bucket.bucket_name, Key=key, Body=content, IfNoneMatch="*", ChecksumAlgorithm="SHA256"
        )


def read(bucket: Bucket, key: str) -> bytes:
    """Return the content of an object. Raises ObjectNotFoundError."""
    with translate_errors(key):
        return client().get_object(Bucket=bucket.bucket_name, Key=key)["Body"].read()
