"""The shapes of an upload."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chalicelib.library.model import Media

MAX_FILENAME_CHARACTERS = 255  # what file systems take


def _plain_name(filename: str) -> str:
    if any(unicodedata.category(character) == "Cc" for character in filename):
        raise ValueError("contains control characters")
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not name.strip("."):
        raise ValueError("names no file")
    return name


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

    filename: Annotated[str, Field(min_length=1, max_length=MAX_FILENAME_CHARACTERS), AfterValidator(_plain_name)]
    media_type: Annotated[str, Field(max_length=127)]
    size_bytes: Annotated[int, Field(ge=1, strict=True)]
    sha256: Annotated[str, AfterValidator(_sha256)] | None = None
    method: Literal["PUT"] = "PUT"


class UploadInstructions(BaseModel):
    """Send the bytes to `url` with `method` and every one of `headers`, verbatim."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class StartedUpload(BaseModel):
    media: Media
    upload: UploadInstructions


class Claim(BaseModel):
    """The right to inspect one upload until the lease runs out; `fence` proves it in every later write."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    filename: str
    media_type: str
    size_bytes: int
    sha256: str | None
    fence: int
