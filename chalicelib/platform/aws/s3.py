"""The connection to S3, and how its errors become ours: botocore's names stop in this module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ObjectNotFoundError(Exception):
    """The object, that version of it, or the upload of it does not exist (any more)."""


class PreconditionFailedError(Exception):
    """The object is not the one that was looked at before."""


class StorageRejectedError(Exception):
    """S3 does not take the request as it is; `code` is S3's own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def client(*, public: bool = False) -> S3Client:
    """The client for our own calls or, with `public`, for signing what a browser will send.

    Every signature is SigV4 for the host that will be asked: the bucket's regional one in the cloud, the public
    endpoint on a laptop.
    """
    import boto3
    from botocore.config import Config

    # Without an explicit signature version botocore still presigns with SigV2 in some regions, which leaves headers unsigned.
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": settings().s3_addressing_style},
        retries={"mode": "standard", "max_attempts": 4},
    )
    endpoint = settings().s3_public_endpoint_url if public else None
    return boto3.client("s3", config=config, endpoint_url=endpoint)


@contextmanager
def translate_errors(key: str) -> Iterator[None]:
    """Raise ObjectGoneError, ObjectChangedError, RefusedError or UnavailableError for what S3 answers about `key`."""
    from botocore.exceptions import BotoCoreError, ClientError

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
            raise UnavailableError("Object storage is not answering; try again shortly.") from error
        raise
    except BotoCoreError as error:
        raise UnavailableError("Object storage is not reachable; try again shortly.") from error
