"""The shapes of an upload."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chalicelib.library.model import Media, Status

MAX_FILENAME_CHARACTERS = 255  # what file systems take
MAX_PARTS_PER_REQUEST = 100  # no file has more than a fifth of that; a hostile list must stay short


class Method(StrEnum):
    """How the bytes come: one signed request, one HTML form, or parts that can be resumed."""

    PUT = "PUT"
    POST = "POST"
    MULTIPART = "MULTIPART"


def _plain_name(filename: str) -> str:
    if any(unicodedata.category(character) == "Cc" for character in filename):
        raise ValueError("contains control characters")
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not name.strip("."):
        raise ValueError("names no file")
    return name


Filename = Annotated[str, Field(min_length=1, max_length=MAX_FILENAME_CHARACTERS), AfterValidator(_plain_name)]


# It becomes a signed header and a form's field: printable ASCII, as RFC 9110 has it.
MediaType = Annotated[str, Field(max_length=127, pattern=r"^[ -~]*$")]


def _sha256(text: str) -> str:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise ValueError("is not the base64 of a SHA-256 (44 characters)")
    return text


class NewUpload(BaseModel):
    """What a client says about a file before it sends it. All of it is checked against the bytes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filename: Filename
    media_type: MediaType
    size_bytes: Annotated[int, Field(ge=1, strict=True)]
    sha256: Annotated[str, AfterValidator(_sha256)] | None = None
    collection_id: UUID | None = None
    method: Method = Method.PUT


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is known of a file before it comes. Without a size, room for the largest is reserved until it has come."""

    filename: str
    media_type: str
    size_bytes: int | None
    sha256: str | None
    method: Method
    collection_id: UUID | None = None


class PutInstructions(BaseModel):
    """Send the bytes to `url` with PUT and every one of `headers`, verbatim."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class FormInstructions(BaseModel):
    """Send a multipart/form-data POST to `url`: every one of `fields`, verbatim, then the bytes in a last field called `file`."""

    method: Literal["POST"]
    url: str
    fields: dict[str, str]
    expires_at: datetime


class PartInstructions(BaseModel):
    """A part that storage has (`etag`), or one to send: PUT exactly `size_bytes` to `url`, without further headers."""

    number: int
    size_bytes: int
    etag: str | None
    url: str | None


class MultipartInstructions(BaseModel):
    """Cut the file into parts of `part_size_bytes` and send those that have a `url`; URLs work until `expires_at`.

    `GET /v1/uploads/{media_id}` answers fresh ones until `resumable_until`. `part_size_bytes` is null where the client that began
    the upload cut the file by itself; then only that client can go on.
    """

    method: Literal["MULTIPART"]
    upload_id: UUID
    part_size_bytes: int | None
    parts: list[PartInstructions]
    expires_at: datetime
    resumable_until: datetime


Instructions = Annotated[PutInstructions | FormInstructions | MultipartInstructions, Field(discriminator="method")]


class StartedUpload(BaseModel):
    media: Media
    upload: Instructions


class UploadState(BaseModel):
    """`upload` is null once nothing more is to be sent."""

    media: Media
    upload: Instructions | None


class NamedPart(BaseModel):
    """A part as the client knows it: `etag` is what storage answered to it, with or without its quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1, le=10_000)]
    etag: Annotated[str, Field(min_length=1, max_length=200)]


class CompleteUpload(BaseModel):
    """All parts of the upload. Left out, what storage has is taken; sizes are checked either way."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parts: Annotated[list[NamedPart], Field(min_length=1, max_length=MAX_PARTS_PER_REQUEST)] | None = None


class UploadRow(BaseModel):
    """A row of the database that waits for its bytes, or did. `upload_id` and what follows is about its multipart upload."""

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
    upload_id: str | None
    part_bytes: int | None
    completing_at: datetime | None


class UploadClaim(BaseModel):
    """The right to inspect one upload until the lease runs out; `fence` proves it in every later write."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    filename: str
    media_type: str
    size_bytes: int
    size_declared: bool
    sha256: str | None
    fence: int
