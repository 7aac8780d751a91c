"""Whole buckets: listing their keys, and deleting everything under a prefix with old versions and unfinished uploads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.s3 import Bucket, ObjectNotFoundError, client, translate_errors
from chalicelib.platform.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """An object, as a listing of its bucket shows it."""

    key: str
    modified_at: datetime
    etag: str


@dataclass(frozen=True, slots=True)
class CopySource:
    """An object to copy: one version of it, or without `version_id` the newest."""

    bucket: Bucket
    key: str
    version_id: str | None
    etag: str
    size_bytes: int


def list_keys(bucket: Bucket, prefix: str, after: str) -> list[ObjectSummary]:
    """Return up to 1,000 objects under a prefix, by key, from behind `after` on."""
    with translate_errors(prefix):
        response = client().list_objects_v2(Bucket=bucket.bucket_name, Prefix=prefix, StartAfter=after)
    return [ObjectSummary(entry["Key"], entry["LastModified"], entry["ETag"]) for entry in response.get("Contents", ())]


def list_all(bucket: Bucket, prefix: str) -> Iterator[ObjectSummary]:
    """Yield every object under a prefix, by key."""
    after = ""
    while page := list_keys(bucket, prefix, after):
        yield from page
        after = page[-1].key


def list_folders(bucket: Bucket) -> Iterator[str]:
    """Yield the first part, up to the slash, of the keys in a bucket; each once."""
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket.bucket_name, Delimiter="/")
    with translate_errors(""):
        for page in pages:
            yield from (prefix["Prefix"].rstrip("/") for prefix in page.get("CommonPrefixes", ()))


def list_versions(bucket: Bucket, since: datetime) -> Iterator[CopySource]:
    """Yield the newest version of every object, by key, even of those that were deleted after `since`."""
    pages = client().get_paginator("list_object_versions").paginate(Bucket=bucket.bucket_name)
    deleted, seen = set[str](), ""
    since = since.replace(microsecond=0)  # as S3's times are: rather an object too many
    with translate_errors(""):
        for page in pages:
            markers = [m for m in page.get("DeleteMarkers", ()) if m["IsLatest"] and m["LastModified"] < since]
            deleted |= {marker["Key"] for marker in markers}
            for version in page.get("Versions", ()):  # by key, the newest of each first
                if version["Key"] != seen and version["Key"] not in deleted:
                    yield CopySource(bucket, version["Key"], version.get("VersionId"), version["ETag"], version["Size"])
                seen = version["Key"]


def exists(bucket: Bucket, key: str) -> bool:
    """Return whether an object has this key; a listing needs no right to read objects."""
    with translate_errors(key):
        response = client().list_objects_v2(Bucket=bucket.bucket_name, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in response.get("Contents", ()))


def delete_prefix(bucket: Bucket, prefix: str) -> Iterator[int]:
    """Delete every version of every object under a prefix, irrevocably. Yields the number after each thousand."""
    while versions := next(_version_pages(bucket, prefix), None):  # always the first page: the one before is deleted
        with translate_errors(prefix):
            response = client().delete_objects(Bucket=bucket.bucket_name, Delete={"Objects": versions, "Quiet": True})
        if errors := response.get("Errors"):
            raise UnavailableError(f"Object storage did not delete {len(errors)} versions: {errors[0].get('Code')}.")
        yield len(versions)


def abort_uploads_under(bucket: Bucket, prefix: str) -> Iterator[int]:
    """Abort every multipart upload under a prefix. Yields 1 for each."""
    for upload in list(_uploads(bucket, prefix)):
        try:
            multipart.abort(upload["Key"], upload["UploadId"], bucket=bucket)
        except ObjectNotFoundError:
            continue
        yield 1


def count_prefix(bucket: Bucket, prefix: str) -> tuple[int, int]:
    """Return the numbers of object versions and of unfinished uploads under a prefix."""
    versions = sum(len(page) for page in _version_pages(bucket, prefix))
    return versions, sum(1 for _ in _uploads(bucket, prefix))


def _version_pages(bucket: Bucket, prefix: str) -> Iterator[list[Any]]:
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
