"""Whole buckets: going through their keys, and removing all that lies below a prefix, old versions and begun uploads too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.platform.aws.s3 import ObjectNotFoundError, client, translate_errors
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError


class Bucket(StrEnum):
    """The value is the name of the setting that holds the bucket's name, without `_bucket`."""

    INCOMING = "incoming"
    LIBRARY = "library"

    @property
    def bucket_name(self) -> str:
        return settings().require(f"{self}_bucket")


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """An object, as a list of its bucket shows it."""

    key: str
    modified_at: datetime


def list_keys(bucket: Bucket, prefix: str, place: str) -> list[ObjectSummary]:
    """Up to 1,000 objects whose keys begin with `prefix`, in the order of their keys, from behind `place` on."""
    with translate_errors(prefix):
        answer = client().list_objects_v2(Bucket=bucket.bucket_name, Prefix=prefix, StartAfter=place)
    return [ObjectSummary(entry["Key"], entry["LastModified"]) for entry in answer.get("Contents", ())]


def exists(bucket: Bucket, key: str) -> bool:
    """Whether there is an object under a key; asked by a list, which tells nothing of what is in it."""
    with translate_errors(key):
        answer = client().list_objects_v2(Bucket=bucket.bucket_name, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in answer.get("Contents", ()))


def delete_prefix(bucket: Bucket, prefix: str) -> Iterator[int]:
    """Remove every version of every object below a prefix; yields how many, after each thousand. Nothing can be brought back."""
    while versions := next(_versions(bucket, prefix), None):  # each time from the front: what a page began at is gone
        with translate_errors(prefix):
            answer = client().delete_objects(Bucket=bucket.bucket_name, Delete={"Objects": versions, "Quiet": True})
        if errors := answer.get("Errors"):
            raise UnavailableError(f"Object storage did not delete {len(errors)} versions: {errors[0].get('Code')}.")
        yield len(versions)


def abort_uploads_under(bucket: Bucket, prefix: str) -> Iterator[int]:
    """Throw away the parts of every upload that was begun below a prefix; yields 1 for each."""
    for upload in list(_uploads(bucket, prefix)):
        try:
            with translate_errors(upload["Key"]):
                client().abort_multipart_upload(
                    Bucket=bucket.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"]
                )
        except ObjectNotFoundError:
            continue
        yield 1


def count_prefix(bucket: Bucket, prefix: str) -> tuple[int, int]:
    """How many versions and begun uploads there are below a prefix."""
    versions = sum(len(page) for page in _versions(bucket, prefix))
    return versions, sum(1 for _ in _uploads(bucket, prefix))


def _versions(bucket: Bucket, prefix: str) -> Iterator[list[Any]]:
    pages = client().get_paginator("list_object_versions").paginate(Bucket=bucket.bucket_name, Prefix=prefix)
    with translate_errors(prefix):
        for page in pages:
            entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if entries:
                yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]


def _uploads(bucket: Bucket, prefix: str) -> Iterator[Any]:
    pages = client().get_paginator("list_multipart_uploads").paginate(Bucket=bucket.bucket_name, Prefix=prefix)
    with translate_errors(prefix):
        for page in pages:
            yield from page.get("Uploads", ())
