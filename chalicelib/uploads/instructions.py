"""Presigned requests for pending uploads, signed anew every time a client asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart, storage
from chalicelib.platform.config import settings
from chalicelib.uploads import parts
from chalicelib.uploads.model import (
    FormInstructions,
    Instructions,
    Method,
    MultipartInstructions,
    PartInstructions,
    PutInstructions,
    UploadRow,
)

# The bucket's lifecycle rule deletes parts a day after the start, or a little later.
RESUMABLE_FOR = timedelta(hours=24)


def url_valid_s() -> int:
    """Return for how long a signed request can be started; a running transfer is not cut off."""
    return settings().upload_url_valid_s


def presign(owner_id: UUID, upload: UploadRow) -> Instructions | None:
    """Presign what a pending upload still has to send; None if that is nothing."""
    if upload.is_fetched:
        return None
    if upload.upload_method is Method.MULTIPART:
        return _presign_parts(owner_id, upload)
    key = incoming_key(owner_id, upload.id)
    expires_at = datetime.now(UTC) + timedelta(seconds=url_valid_s())
    if upload.upload_method is Method.POST:
        form = storage.presign_form(
            key,
            media_type=upload.media_type,
            min_bytes=upload.size_bytes if upload.size_declared else 1,
            max_bytes=upload.size_bytes,
            valid_s=url_valid_s(),
        )
        return FormInstructions(method="POST", url=form.url, fields=form.fields, expires_at=expires_at)
    put = storage.presign_put(
        key,
        media_type=upload.media_type,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        valid_s=url_valid_s(),
    )
    return PutInstructions(method="PUT", url=put.url, headers=put.headers, expires_at=expires_at)


def _presign_parts(owner_id: UUID, upload: UploadRow) -> MultipartInstructions | None:
    """List the parts in storage and presign the missing ones, each with its exact size."""
    if upload.upload_id is None:
        return None
    key, upload_id = incoming_key(owner_id, upload.id), upload.upload_id
    try:
        stored = {part.number: part for part in multipart.list_parts(key, upload_id)}
    except storage.ObjectNotFoundError:
        return None  # completed, or deleted after a day
    expires_at = datetime.now(UTC) + timedelta(seconds=url_valid_s())
    if upload.part_bytes is None:
        sizes = {number: part.size_bytes for number, part in stored.items()}
    else:
        sizes = parts.part_sizes(upload.size_bytes, upload.part_bytes)
    missing = set(parts.list_missing(sizes, stored.values()))
    return MultipartInstructions(
        method="MULTIPART",
        upload_id=upload.id,
        part_size_bytes=upload.part_bytes,
        parts=[
            PartInstructions(
                number=number,
                size_bytes=size,
                etag=None if number in missing else stored[number].etag,
                url=multipart.presign_part(key, upload_id, number, size_bytes=size, valid_s=url_valid_s())
                if number in missing
                else None,
            )
            for number, size in sizes.items()
        ],
        expires_at=expires_at,
        resumable_until=upload.created_at + RESUMABLE_FOR,
    )
