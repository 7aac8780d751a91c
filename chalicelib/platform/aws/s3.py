"""The S3 client, its buckets, and the translation of botocore's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.platform.aws.call_limits import CallLimits, failures
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Bucket(StrEnum):
    """The value is the name of the setting that holds the bucket's name, without `_bucket`."""

    INCOMING = "incoming"
    LIBRARY = "library"
    BACKUPS = "backups"
    ANCHORS = "anchors"

    @property
    def bucket_name(self) -> str:
        return settings().require(f"{self}_bucket")


class ObjectNotFoundError(Exception):
    """The object, its version, or the multipart upload does not exist, or no longer."""


class PreconditionFailedError(Exception):
    """The object was replaced since it was read, or exists where none should be overwritten."""


class StorageRejectedError(Exception):
    """S3 rejected the request; `code` is S3's own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def client(*, public: bool = False) -> S3Client:
    """Return the client for the server's own calls. With `public`, it presigns a browser's requests.

    Every signature is SigV4 for the host that receives the request: the bucket's regional one in the cloud, the public
    endpoint on a laptop.
    """
    import boto3

    limits = CallLimits.of(settings().function_timeout_s)
    # Without an explicit signature version botocore presigns with SigV2 in some regions, which leaves headers unsigned.
    config = limits.config(signature_version="s3v4", s3={"addressing_style": settings().s3_addressing_style})
    endpoint = settings().s3_public_endpoint_url if public else None
    return limits.install(boto3.client("s3", config=config, endpoint_url=endpoint))


@contextmanager
def translate_errors(key: str) -> Iterator[None]:
    """Translate errors about `key` to ObjectNotFoundError, PreconditionFailedError, StorageRejectedError or UnavailableError."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = error.response.get("Error", {}).get("Code", "")
        if status == 404 or code in {"NoSuchKey", "NoSuchVersion", "NoSuchUpload"}:
            raise ObjectNotFoundError(key) from error
        if status == 412 or code == "PreconditionFailed":
            raise PreconditionFailedError(key) from error
        if status in {400, 409}:
            raise StorageRejectedError(code) from error
        if status is not None and status >= 500:
            raise UnavailableError("Object storage is not responding; try again shortly.") from error
        raise
    except failures(KeyError) as error:  # the last: a response that was cut off
        raise UnavailableError("Object storage is not reachable; try again shortly.") from error
