"""Whole buckets: going through their keys, and removing all that lies below a prefix, old versions and begun uploads too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.platform.aws.s3 import ObjectGoneError, client, translated
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError


class Bucket(StrEnum):
    """The value is the name of the setting that holds the bucket's name, without `_bucket`."""

    INCOMING = "incoming"
    LIBRARY = "library"

    @property
    def target(self) -> str:
        return settings().require(f"{self}_bucket")


@dataclass(frozen=True, slots=True)
class Found:
    """An object, as a list of its bucket shows it."""

    key: str
    modified_at: datetime


def keys_after(bucket: Bucket, prefix: str, place: str) -> list[Found]:
    """Up to 1,000 objects whose keys begin with `prefix`, in the order of their keys, from behind `place` on."""
    with translated(prefix):
        answer = client().list_objects_v2(Bucket=bucket.target, Prefix=prefix, StartAfter=place)
    return [Found(entry["Key"], entry["LastModified"]) for entry in answer.get("Contents", ())]


def exists(bucket: Bucket, key: str) -> bool:
    """Whether there is an object under a key; asked by a list, which tells nothing of what is in it."""
    with translated(key):
        answer = client().list_objects_v2(Bucket=bucket.target, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in answer.get("Contents", ()))


def erase_below(bucket: Bucket, prefix: str) -> Iterator[int]:
    """Remove every version of every object below a prefix; yields how many, after each thousand. Nothing can be brought back."""
    while versions := next(_versions(bucket, prefix), None):  # each time from the front: what a page began at is gone
        with translated(prefix):
            answer = client().delete_objects(Bucket=bucket.target, Delete={"Objects": versions, "Quiet": True})
        if errors := answer.get("Errors"):
            raise UnavailableError(f"Object storage did not delete {len(errors)} versions: {errors[0].get('Code')}.")
        yield len(versions)


def abort_below(bucket: Bucket, prefix: str) -> Iterator[int]:
    """Throw away the parts of every upload that was begun below a prefix; yields 1 for each."""
    for upload in list(_uploads(bucket, prefix)):
        try:
            with translated(upload["Key"]):
                client().abort_multipart_upload(Bucket=bucket.target, Key=upload["Key"], UploadId=upload["UploadId"])
        except ObjectGoneError:
            continue
        yield 1


def count_below(bucket: Bucket, prefix: str) -> tuple[int, int]:
    """How many versions and begun uploads there are below a prefix."""
    versions = sum(len(page) for page in _versions(bucket, prefix))
    return versions, sum(1 for _ in _uploads(bucket, prefix))


def _versions(bucket: Bucket, prefix: str) -> Iterator[list[Any]]:
    pages = client().get_paginator("list_object_versions").paginate(Bucket=bucket.target, Prefix=prefix)
    with translated(prefix):
        for page in pages:
            entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if entries:
                yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]


def _uploads(bucket: Bucket, prefix: str) -> Iterator[Any]:
    pages = client().get_paginator("list_multipart_uploads").paginate(Bucket=bucket.target, Prefix=prefix)
    with translated(prefix):
        for page in pages:
            yield from page.get("Uploads", ())
