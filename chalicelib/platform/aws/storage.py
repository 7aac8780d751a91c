"""Object storage: the incoming bucket, which clients write, and the library bucket, which clients read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from chalicelib.platform import caller, file_names
from chalicelib.platform.aws.s3 import ObjectNotFoundError as ObjectNotFoundError
from chalicelib.platform.aws.s3 import PreconditionFailedError as PreconditionFailedError
from chalicelib.platform.aws.s3 import client, translate_errors
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

READ_CHUNK_BYTES = 1024 * 1024
FILENAME = "filename"  # metadata of an imported object: its name, percent-encoded
MAX_DELETES_PER_CALL = 1_000  # S3's limit of one request


@dataclass(frozen=True, slots=True)
class PresignedRequest:
    """A request for a client to send, with `headers` verbatim: each of them is signed."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class PresignedForm:
    """An HTML form for a client to send: all of `fields`, then the file in a last one called `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object."""

    key: str
    version_id: str
    etag: str
    size_bytes: int


def presign_put(key: str, *, media_type: str, size_bytes: int, sha256: str | None, valid_s: int) -> PresignedRequest:
    """Presign a PUT into the incoming bucket: exactly this size, type and base64 SHA-256 (if any). It never overwrites."""
    headers = {"Content-Type": media_type, "If-None-Match": "*"}
    signed: dict[str, Any] = {"ContentType": media_type, "ContentLength": size_bytes, "IfNoneMatch": "*"}
    if sha256 is not None:
        headers["x-amz-checksum-sha256"] = signed["ChecksumSHA256"] = sha256
    url = client(public=True).generate_presigned_url(
        "put_object", Params={"Bucket": settings().incoming_bucket, "Key": key, **signed}, ExpiresIn=valid_s
    )
    return PresignedRequest("PUT", url, headers)


def presign_form(key: str, *, media_type: str, min_bytes: int, max_bytes: int, valid_s: int) -> PresignedForm:
    """Presign a form into the incoming bucket. It fixes key, type and range of size, and allows no other field.

    S3 has no "never overwrite" for forms: sent twice, it makes a second version, and an inspection is about one version.
    """
    fields = {"Content-Type": media_type, "success_action_status": "201"}
    form = client(public=True).generate_presigned_post(
        settings().incoming_bucket,
        key,
        Fields=dict(fields),
        Conditions=[{name: value} for name, value in fields.items()] + [["content-length-range", min_bytes, max_bytes]],
        ExpiresIn=valid_s,
    )
    return PresignedForm(form["url"], form["fields"])


def presign_get(key: str, *, filename: str, media_type: str, inline: bool, valid_s: int) -> str:
    """Presign a GET of a library object, or for a caller that sent HEAD its HEAD: a signature is for one method.

    The response has this type and name, never the uploader's.
    """
    return client(public=True).generate_presigned_url(
        "head_object" if caller.current().is_head else "get_object",
        Params={
            "Bucket": settings().library_bucket,
            "Key": key,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": content_disposition(filename, inline=inline),
        },
        ExpiresIn=valid_s,
    )


def content_disposition(filename: str, *, inline: bool) -> str:
    """Return the header for a download name of any characters that file systems take (RFC 6266, RFC 8187)."""
    filename = file_names.safe(filename)
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def get_incoming_version(key: str) -> ObjectVersion:
    """Return the newest version of an incoming object. Raises ObjectNotFoundError."""
    return _head(settings().incoming_bucket, key)


def get_version(key: str) -> ObjectVersion:
    """Return the newest version of a library object. Raises ObjectNotFoundError."""
    return _head(settings().library_bucket, key)


def _head(bucket: str, key: str) -> ObjectVersion:
    with translate_errors(key):
        head = client().head_object(Bucket=bucket, Key=key)
        return ObjectVersion(key, head["VersionId"], head["ETag"], head["ContentLength"])


def get_incoming_declaration(version: ObjectVersion) -> tuple[str, str | None]:
    """Return the media type of exactly this version, and the name that its import has. Raises ObjectNotFoundError."""
    with translate_errors(version.key):
        head = client().head_object(Bucket=settings().incoming_bucket, Key=version.key, VersionId=version.version_id)
    filename = head["Metadata"].get(FILENAME)
    return head["ContentType"], None if filename is None else unquote(filename)


def get_incoming_tags(version: ObjectVersion) -> dict[str, str]:
    """Return the tags of exactly this version. Raises ObjectNotFoundError."""
    with translate_errors(version.key):
        response = client().get_object_tagging(
            Bucket=settings().incoming_bucket, Key=version.key, VersionId=version.version_id
        )
        return {tag["Key"]: tag["Value"] for tag in response["TagSet"]}


def put_incoming(key: str, body: bytes, *, media_type: str, filename: str | None = None) -> None:
    """Write an incoming object for the inspection; one that is there stays as it is. Raises UnavailableError."""
    metadata = {} if filename is None else {FILENAME: quote(filename)}
    with suppress(PreconditionFailedError), translate_errors(key):
        client().put_object(
            Bucket=settings().incoming_bucket,
            Key=key,
            Body=body,
            ContentType=media_type,
            Metadata=metadata,
            IfNoneMatch="*",
        )


def download_incoming(version: ObjectVersion, target: Path) -> None:
    """Download exactly this version to a file. Raises ObjectNotFoundError."""
    with translate_errors(version.key), target.open("wb") as file:
        body = client().get_object(
            Bucket=settings().incoming_bucket, Key=version.key, VersionId=version.version_id, IfMatch=version.etag
        )["Body"]
        for chunk in body.iter_chunks(READ_CHUNK_BYTES):
            file.write(chunk)


def promote(version: ObjectVersion, target_key: str, *, media_type: str) -> str:
    """Copy exactly this version into the library, as `media_type`, and return the new ETag.

    Raises PreconditionFailedError when the incoming object was replaced, ObjectNotFoundError when it was deleted.
    """
    with translate_errors(version.key):
        response = client().copy_object(
            Bucket=settings().library_bucket,
            Key=target_key,
            CopySource={"Bucket": settings().incoming_bucket, "Key": version.key, "VersionId": version.version_id},
            CopySourceIfMatch=version.etag,
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",  # drops a scanner's tags; copying them needs rights that no function has
            ContentType=media_type,
            ContentDisposition="attachment",
        )
        return response["CopyObjectResult"]["ETag"]


def list_incoming_versions(key: str) -> list[ObjectVersion]:
    """List every version of an incoming object, and its delete markers, which have no ETag."""
    versions: list[ObjectVersion] = []
    with translate_errors(key):
        for page in (
            client().get_paginator("list_object_versions").paginate(Bucket=settings().incoming_bucket, Prefix=key)
        ):
            versions += [
                ObjectVersion(entry["Key"], entry["VersionId"], entry["ETag"], entry["Size"])
                for entry in page.get("Versions", ())
            ]
            versions += [
                ObjectVersion(marker["Key"], marker["VersionId"], "", 0) for marker in page.get("DeleteMarkers", ())
            ]
    return [version for version in versions if version.key == key]


def delete_incoming_versions(versions: Iterable[ObjectVersion]) -> None:
    """Delete versions of incoming objects; a missing one is not an error."""
    for version in versions:
        with translate_errors(version.key):
            client().delete_object(Bucket=settings().incoming_bucket, Key=version.key, VersionId=version.version_id)


def delete_incoming(key: str) -> None:
    """Delete every version of an incoming object; a missing one is not an error."""
    delete_incoming_versions(list_incoming_versions(key))


def put(key: str, body: bytes | Path, *, media_type: str, overwrite: bool = True, replaces: str | None = None) -> str:
    """Write a library object and return its ETag.

    Without `overwrite`, an existing object raises PreconditionFailedError. With `replaces`, so does any other object than the
    one with this ETag, and a missing one raises ObjectNotFoundError.
    """
    condition: dict[str, Any] = {} if overwrite else {"IfNoneMatch": "*"}
    if replaces is not None:
        condition = {"IfMatch": replaces}
    with translate_errors(key):
        if isinstance(body, bytes):
            return _put(key, body, media_type, condition)
        with body.open("rb") as file:
            return _put(key, file, media_type, condition)


def _put(key: str, body: Any, media_type: str, condition: dict[str, Any]) -> str:
    response = client().put_object(
        Bucket=settings().library_bucket, Key=key, Body=body, ContentType=media_type, **condition
    )
    return response["ETag"]


def read(key: str) -> bytes:
    """Return the content of a library object. Raises ObjectNotFoundError."""
    return read_version(key)[0]


def read_version(key: str) -> tuple[bytes, str]:
    """Return the content of a library object and its ETag. Raises ObjectNotFoundError."""
    with translate_errors(key):
        response = client().get_object(Bucket=settings().library_bucket, Key=key)
        return response["Body"].read(), response["ETag"]


def read_range(key: str, start: int, end: int) -> bytes:
    """Return the bytes of a library object from `start` to `end`, which is excluded. Raises ObjectNotFoundError."""
    with translate_errors(key):
        response = client().get_object(Bucket=settings().library_bucket, Key=key, Range=f"bytes={start}-{end - 1}")
        return response["Body"].read()


def stream(key: str) -> Iterator[bytes]:
    """Read a library object in chunks. Raises ObjectNotFoundError before the first, UnavailableError when it ends too early."""
    with translate_errors(key):
        body = client().get_object(Bucket=settings().library_bucket, Key=key)["Body"]
    return _chunks(key, body)


def _chunks(key: str, body: Any) -> Iterator[bytes]:
    with translate_errors(key):
        yield from body.iter_chunks(READ_CHUNK_BYTES)


def size(key: str) -> int:
    """Return the size of a library object in bytes. Raises ObjectNotFoundError."""
    with translate_errors(key):
        return client().head_object(Bucket=settings().library_bucket, Key=key)["ContentLength"]


def read_if_present(key: str) -> bytes | None:
    """Return the content of a library object, or None when there is none."""
    try:
        return read(key)
    except ObjectNotFoundError:
        return None


def list_prefix(prefix: str) -> Iterator[str]:
    """Yield the keys of library objects that begin with `prefix`."""
    with translate_errors(prefix):
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().library_bucket, Prefix=prefix)
        for page in pages:
            yield from (entry["Key"] for entry in page.get("Contents", ()))


def delete(keys: Sequence[str]) -> None:
    """Make library objects unreadable; a missing one is not an error. Raises UnavailableError.

    The bucket keeps their bytes as old versions for a week, so that a mistake can be undone.
    """
    for first in range(0, len(keys), MAX_DELETES_PER_CALL):
        batch = keys[first : first + MAX_DELETES_PER_CALL]
        with translate_errors(batch[0]):
            response = client().delete_objects(
                Bucket=settings().library_bucket,
                Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
            )
        if errors := response.get("Errors"):
            raise UnavailableError(f"Object storage did not delete {len(errors)} objects: {errors[0].get('Code')}.")


def check() -> None:
    """Raise UnavailableError unless the library bucket responds."""
    with translate_errors(settings().library_bucket):
        client().head_bucket(Bucket=settings().library_bucket)
