"""Models of uploads: declarations and instructions of the API, and rows of the database."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from chalicelib.library.fields import MAX_SHOWN_CHARACTERS
from chalicelib.library.model import Media, Status
from chalicelib.platform.db.lease import Lease
from chalicelib.platform.lazy_model import LazyModel

MAX_FILENAME_CHARACTERS = 255  # the limit of most file systems
MAX_PARTS_PER_REQUEST = 100  # five times the parts of the largest file; bounds a hostile list


class Method(StrEnum):
    """Protocol of an upload: one signed request, one HTML form, or parts that can be resumed."""

    PUT = "PUT"
    POST = "POST"
    MULTIPART = "MULTIPART"


def _without_folders(filename: str) -> str:
    if any(unicodedata.category(character) == "Cc" for character in filename):
        raise PydanticCustomError(
            "control_characters",
            "The filename {filename} contains control characters, such as a line break or a tab. Rename the file.",
            {"filename": repr(filename[:MAX_SHOWN_CHARACTERS])},
        )
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not name.strip("."):
        raise PydanticCustomError(
            "no_filename",
            "{filename} is not a filename. Send the file's own name, such as 'report.pdf'.",
            {"filename": repr(filename[:MAX_SHOWN_CHARACTERS])},
        )
    return name


Filename = Annotated[str, Field(min_length=1, max_length=MAX_FILENAME_CHARACTERS), AfterValidator(_without_folders)]


# A signed header and a form field: printable ASCII only (RFC 9110, section 5.5). Empty or unknown: taken from the filename.
MediaType = Annotated[str, Field(max_length=127, pattern=r"^[ -~]*$")]


def _sha256(text: str) -> str:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise PydanticCustomError(
            "not_sha256",
            "{sha256} is not the SHA-256 of a file in base64 (44 characters). Leave the field out or correct it.",
            {"sha256": repr(text[:MAX_SHOWN_CHARACTERS])},
        )
    return text


def _not_empty(size_bytes: object) -> object:
    if type(size_bytes) is int and size_bytes == 0:
        raise PydanticCustomError("empty_file", "The file is empty (0 bytes). Choose a file that has content.")
    return size_bytes


class NewUpload(LazyModel):
    """A file as the client declares it before sending it. All of it is later checked against the bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filename: Filename
    media_type: MediaType
    size_bytes: Annotated[int, Field(ge=1, strict=True), BeforeValidator(_not_empty)]
    sha256: Annotated[str, AfterValidator(_sha256)] | None = None
    collection_id: UUID | None = None
    method: Method = Method.PUT


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared file, whichever protocol the client speaks. Without a size, quota for the largest file is reserved.

    With `source_url` it is fetched from there; its name and type are known afterwards.
    """

    filename: str
    media_type: str
    size_bytes: int | None
    sha256: str | None
    method: Method
    collection_id: UUID | None = None
    source_url: str | None = None


class PutInstructions(LazyModel):
    """PUT the bytes to `url` with all `headers`, unchanged."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class FormInstructions(LazyModel):
    """POST multipart/form-data to `url`: all `fields`, unchanged, then the bytes in a last field named `file`."""

    method: Literal["POST"]
    url: str
    fields: dict[str, str]
    expires_at: datetime


class PartInstructions(LazyModel):
    """A part that storage already has (`etag`), or one to send: PUT exactly `size_bytes` to `url`, without further headers."""

    number: int
    size_bytes: int
    etag: str | None
    url: str | None


class MultipartInstructions(LazyModel):
    """Split the file into parts of `part_size_bytes` and send those that have a `url`; URLs work until `expires_at`.

    `GET /v1/uploads/{media_id}` returns new ones until `resumable_until`. `part_size_bytes` is null if the client that started
    the upload chose the part sizes itself; then only that client can resume it.
    """

    method: Literal["MULTIPART"]
    upload_id: UUID
    part_size_bytes: int | None
    parts: list[PartInstructions]
    expires_at: datetime
    resumable_until: datetime


Instructions = Annotated[PutInstructions | FormInstructions | MultipartInstructions, Field(discriminator="method")]


class StartedUpload(LazyModel):
    media: Media
    upload: Instructions


class UploadState(LazyModel):
    """An upload and what the client still has to send; `upload` is null if that is nothing."""

    media: Media
    upload: Instructions | None


class CompletedPart(LazyModel):
    """A part as the client sent it. `etag` is the one that storage returned for it, with or without quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1, le=10_000)]
    etag: Annotated[str, Field(min_length=1, max_length=200)]


class CompleteUpload(LazyModel):
    """All parts of the upload, if the client wants them compared with those in storage. Sizes are always checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parts: Annotated[list[CompletedPart], Field(min_length=1, max_length=MAX_PARTS_PER_REQUEST)] | None = None


class UploadRow(LazyModel):
    """A media's row as an upload. `upload_id` and the fields below it describe its multipart upload in S3.

    The client sends nothing for one that `is_fetched`.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    status: Status
    filename: str
    media_type: str
    size_bytes: int
    size_declared: bool
    sha256: str | None
    upload_method: Method
    upload_expires_at: datetime
    created_at: datetime
    is_fetched: bool
    upload_id: str | None
    part_bytes: int | None
    completing_at: datetime | None


@dataclass(frozen=True, slots=True)
class UploadClaim(Lease):
    """The right to inspect one upload until the lease expires."""

    filename: str
    media_type: str
    size_bytes: int
    size_declared: bool
    sha256: str | None
    is_fetched: bool
