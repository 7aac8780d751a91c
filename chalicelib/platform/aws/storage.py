"""Object storage: the incoming bucket that clients write, the library bucket that clients read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.platform.aws.s3 import ObjectNotFoundError as ObjectNotFoundError
from chalicelib.platform.aws.s3 import PreconditionFailedError as PreconditionFailedError
from chalicelib.platform.aws.s3 import client, translate_errors
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

READ_CHUNK_BYTES = 1024 * 1024
MAX_DELETES_PER_CALL = 1_000  # what S3 takes in one request


@dataclass(frozen=True, slots=True)
class PresignedRequest:
    """What a client sends to storage: `headers` verbatim, each of them is signed."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class PresignedForm:
    """What an HTML form sends to storage: every one of `fields`, then the file in a last one called `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One exact state of an object."""

    key: str
    version_id: str
    etag: str
    size_bytes: int


def presign_put(key: str, *, media_type: str, size_bytes: int, sha256: str | None, valid_s: int) -> PresignedRequest:
    """A PUT into the incoming bucket for exactly this size, type and, when given, base64 SHA-256; it never overwrites."""
    headers = {"Content-Type": media_type, "If-None-Match": "*"}
    signed: dict[str, Any] = {"ContentType": media_type, "ContentLength": size_bytes, "IfNoneMatch": "*"}
    if sha256 is not None:
        headers["x-amz-checksum-sha256"] = signed["ChecksumSHA256"] = sha256
    url = client(public=True).generate_presigned_url(
        "put_object", Params={"Bucket": settings().incoming_bucket, "Key": key, **signed}, ExpiresIn=valid_s
    )
    return PresignedRequest("PUT", url, headers)


def presign_form(key: str, *, media_type: str, min_bytes: int, max_bytes: int, valid_s: int) -> PresignedForm:
    """A POST form into the incoming bucket under this key, of this type and a size in this range; nothing else may be in it.

    S3 knows no "never overwrite" for forms. Sent twice it makes a second version, and an inspection is about one version.
    """
    fixed = {"Content-Type": media_type, "success_action_status": "201"}
    form = client(public=True).generate_presigned_post(
        settings().incoming_bucket,
        key,
        Fields=dict(fixed),
        Conditions=[{name: value} for name, value in fixed.items()] + [["content-length-range", min_bytes, max_bytes]],
        ExpiresIn=valid_s,
    )
    return PresignedForm(form["url"], form["fields"])


def presign_get(key: str, *, filename: str, media_type: str, inline: bool, valid_s: int) -> str:
    """A GET URL for a library object; the answer carries our type and name, not the uploader's."""
    return client(public=True).generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().library_bucket,
            "Key": key,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": content_disposition(filename, inline=inline),
        },
        ExpiresIn=valid_s,
    )


def content_disposition(filename: str, *, inline: bool) -> str:
    """The header for a download name of any characters (RFC 6266, RFC 8187)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def get_incoming_version(key: str) -> ObjectVersion:
    """The newest version under a key of the incoming bucket. Raises ObjectGoneError."""
    return _find(settings().incoming_bucket, key)


def get_version(key: str) -> ObjectVersion:
    """The newest version of a library object. Raises ObjectGoneError."""
    return _find(settings().library_bucket, key)


def _find(bucket: str, key: str) -> ObjectVersion:
    with translate_errors(key):
        head = client().head_object(Bucket=bucket, Key=key)
    return ObjectVersion(key, head["VersionId"], head["ETag"], head["ContentLength"])


def get_incoming_tags(version: ObjectVersion) -> dict[str, str]:
    """The tags of exactly this version. Raises ObjectGoneError."""
    with translate_errors(version.key):
        answer = client().get_object_tagging(
            Bucket=settings().incoming_bucket, Key=version.key, VersionId=version.version_id
        )
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def download_incoming(version: ObjectVersion, target: Path) -> None:
    """Write exactly this version to a file. Raises ObjectGoneError."""
    with translate_errors(version.key), target.open("wb") as file:
        body = client().get_object(
            Bucket=settings().incoming_bucket, Key=version.key, VersionId=version.version_id, IfMatch=version.etag
        )["Body"]
        for chunk in body.iter_chunks(READ_CHUNK_BYTES):
            file.write(chunk)


def promote(version: ObjectVersion, target_key: str, *, media_type: str) -> str:
    """Copy exactly this version into the library under our own type; answers the new ETag.

    Raises ObjectChangedError when the incoming object was replaced, ObjectGoneError when it vanished.
    """
    with translate_errors(version.key):
        answer = client().copy_object(
            Bucket=settings().library_bucket,
            Key=target_key,
            CopySource={"Bucket": settings().incoming_bucket, "Key": version.key, "VersionId": version.version_id},
            CopySourceIfMatch=version.etag,
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",  # a scanner's tags stay behind; to copy them takes rights that nobody here has
            ContentType=media_type,
            ContentDisposition="attachment",
        )
    return answer["CopyObjectResult"]["ETag"]


def delete_incoming(key: str) -> None:
    """Remove every version under a key of the incoming bucket; nothing there is not an error."""
    bucket = settings().incoming_bucket
    with translate_errors(key):
        for page in client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for entry in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                if entry["Key"] == key:
                    client().delete_object(Bucket=bucket, Key=key, VersionId=entry["VersionId"])


def put(key: str, body: bytes | Path, *, media_type: str, overwrite: bool = True) -> str:
    """Write a library object and answer its ETag. With `overwrite=False` an existing object stays: ObjectChangedError."""
    condition: dict[str, Any] = {} if overwrite else {"IfNoneMatch": "*"}
    with translate_errors(key):
        if isinstance(body, bytes):
            return _put(key, body, media_type, condition)
        with body.open("rb") as file:
            return _put(key, file, media_type, condition)


def _put(key: str, body: Any, media_type: str, condition: dict[str, Any]) -> str:
    answer = client().put_object(
        Bucket=settings().library_bucket, Key=key, Body=body, ContentType=media_type, **condition
    )
    return answer["ETag"]


def read(key: str) -> bytes:
    """A library object, whole. Raises ObjectGoneError."""
    with translate_errors(key):
        return client().get_object(Bucket=settings().library_bucket, Key=key)["Body"].read()


def stream(key: str) -> Iterator[bytes]:
    """A library object, piece by piece. Raises ObjectGoneError before the first; UnavailableError also when it ends too early."""
    with translate_errors(key):
        body = client().get_object(Bucket=settings().library_bucket, Key=key)["Body"]
    return _pieces(key, body)


def _pieces(key: str, body: Any) -> Iterator[bytes]:
    with translate_errors(key):
        yield from body.iter_chunks(READ_CHUNK_BYTES)


def size(key: str) -> int:
    """The bytes of a library object. Raises ObjectGoneError."""
    with translate_errors(key):
        return client().head_object(Bucket=settings().library_bucket, Key=key)["ContentLength"]


def read_if_present(key: str) -> bytes | None:
    """A library object, whole, or None when there is none."""
    try:
        return read(key)
    except ObjectNotFoundError:
        return None


def list_prefix(prefix: str) -> Iterator[str]:
    """The keys of the library's objects that begin with `prefix`."""
    with translate_errors(prefix):
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().library_bucket, Prefix=prefix)
        for page in pages:
            yield from (entry["Key"] for entry in page.get("Contents", ()))


def delete(keys: Sequence[str]) -> None:
    """Make library objects unreadable; one that is not there is not an error. Raises UnavailableError.

    The bucket keeps their bytes as old versions for a week, for the day on which a mistake of ours is noticed.
    """
    for first in range(0, len(keys), MAX_DELETES_PER_CALL):
        some = keys[first : first + MAX_DELETES_PER_CALL]
        with translate_errors(some[0]):
            answer = client().delete_objects(
                Bucket=settings().library_bucket,
                Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
            )
        if errors := answer.get("Errors"):
            raise UnavailableError(f"Object storage did not delete {len(errors)} objects: {errors[0].get('Code')}.")


def check() -> None:
    """Raise UnavailableError unless the library bucket answers."""
    with translate_errors(settings().library_bucket):
        client().head_bucket(Bucket=settings().library_bucket)
