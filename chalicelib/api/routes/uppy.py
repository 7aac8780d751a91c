"""Routes with the contract of Uppy Companion for S3, for Uppy 4, 5 and 6.

Every route exists twice: under `/v1/s3` for clients that send the bearer token (Uppy 4 and 5: `endpoint` and `headers`), and
under `/v1/u/{token}/s3` for Uppy 6, whose `companionEndpoint` takes no headers: that token is a link token for uploads only.
Names are Companion's. `/s3/sts` is left out on purpose: it would give away credentials for the whole bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from chalice.app import Blueprint
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, RootModel

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.auth.api_keys import Scope
from chalicelib.auth.link_tokens import Purpose
from chalicelib.platform.config import settings
from chalicelib.platform.errors import (
    AppError,
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.uploads import instructions, parts, uppy_companion
from chalicelib.uploads.model import (
    MAX_PARTS_PER_REQUEST,
    CompletedPart,
    Declaration,
    Filename,
    FormInstructions,
    MediaType,
    Method,
)

routes = Blueprint(__name__)

MAX_KEY_CHARACTERS = 1_024  # S3's own limit
START_ERRORS: tuple[type[AppError], ...] = (
    UnsupportedMediaTypeError,
    ContentTooLargeError,
    ForbiddenError,
    TooManyRequestsError,
)


def _size(value: Any) -> int | None:
    """Return the size from the file's metadata. The field belongs to the client: anything but a number means no size."""
    return (int(value) or None) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 20 else None


Size = Annotated[Any, AfterValidator(_size)]


class UppyModel(LazyModel):
    """Base of Uppy's models. Unknown fields are ignored, because versions of Uppy differ."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class FileQuery(UppyModel):
    """`metadata[size]` is sent by `uppy.setFileMeta(id, {size})`; without it, quota for the largest file is reserved."""

    filename: Filename
    type: MediaType = ""
    size: Annotated[Size, Field(alias="metadata[size]")] = None


class FileMetadata(UppyModel):
    """The client's own fields; only `size` is read."""

    size: Size = None


class FileBody(UppyModel):
    """See FileQuery."""

    filename: Filename
    type: MediaType | None = None
    metadata: FileMetadata | None = None


class KeyQuery(UppyModel):
    key: Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARACTERS)]


def _numbers(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


class PartsQuery(KeyQuery):
    numbers: Annotated[
        list[int], BeforeValidator(_numbers), Field(alias="partNumbers", min_length=1, max_length=parts.MAX_PARTS)
    ]


class UppyPart(UppyModel):
    number: Annotated[int, Field(alias="PartNumber", ge=1, le=10_000)]
    etag: Annotated[str, Field(alias="ETag", min_length=1, max_length=200)]


class UppyParts(UppyModel):
    parts: Annotated[list[UppyPart], Field(min_length=1, max_length=MAX_PARTS_PER_REQUEST)]


class FormParameters(LazyModel):
    """Send `fields`, then the file; `expires` is in seconds."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    expires: int


class CreatedMultipartUpload(LazyModel):
    key: str
    uploadId: UUID  # noqa: N815 - Companion's name
    bucket: str


class ListedPart(LazyModel):
    PartNumber: int
    ETag: str
    Size: int


class ListedParts(RootModel[list[ListedPart]]):
    """The parts of an upload that storage has."""


class SignedPart(LazyModel):
    url: str
    expires: int


class SignedParts(LazyModel):
    presignedUrls: dict[int, str]  # noqa: N815 - Companion's name


class CompletedUpload(LazyModel):
    """`location` is the media in this API. It can be read once it has been inspected."""

    location: str
    key: str
    bucket: str


class EmptyResponse(LazyModel):
    """An empty object, because Uppy parses the response."""


def route(path: str, method: str, **contract: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function for bearer tokens, and for link tokens in the path."""
    content_types = {"content_types": ["application/json"]} if method == "POST" else {}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        bearer = operation(routes, scope=Scope.MEDIA_WRITE, **contract)(function)
        routes.route(f"/v1/s3{path}", methods=[method], authorizer=authorize, **content_types)(bearer)
        errors = (*contract.pop("errors", ()), UnauthorizedError)
        by_token = operation(routes, **contract, errors=errors, public=True, token_purpose=Purpose.UPLOADS)(function)
        by_token.__name__ += "_by_capability"
        routes.route(f"/v1/u/{{token}}/s3{path}", methods=[method], **content_types)(by_token)
        return function

    return decorate


def renew_form_parameters(owner: UUID, media_id: UUID) -> FormParameters | None:
    form = uppy_companion.renew_form(owner, media_id)
    return None if form is None else _form_parameters(form)


@route(
    "/params",
    "GET",
    query=FileQuery,
    response_model=FormParameters,
    creates=True,
    renew=renew_form_parameters,
    errors=START_ERRORS,
)
def get_form_parameters(owner: UUID, query: FileQuery, new_id: UUID) -> FormParameters:
    """Start an upload with one HTML form."""
    declared = Declaration(query.filename, query.type, query.size, None, Method.POST)
    return _form_parameters(uppy_companion.start_form(owner, declared, media_id=new_id))


def _form_parameters(form: FormInstructions) -> FormParameters:
    return FormParameters(url=form.url, fields=form.fields, expires=instructions.url_valid_s())


@route("/multipart", "POST", body=FileBody, response_model=CreatedMultipartUpload, creates=True, errors=START_ERRORS)
def create_multipart_upload(owner: UUID, body: FileBody, new_id: UUID) -> CreatedMultipartUpload:
    """Start an upload in parts; `uploadId` is the id of the media."""
    size_bytes = body.metadata.size if body.metadata else None
    declared = Declaration(body.filename, body.type or "", size_bytes, None, Method.MULTIPART)
    key = uppy_companion.start_multipart(owner, declared, media_id=new_id)
    return CreatedMultipartUpload(key=key, uploadId=new_id, bucket=settings().incoming_bucket)


@route(
    "/multipart/{upload_id}",
    "GET",
    query=KeyQuery,
    response_model=ListedParts,
    errors=(NotFoundError, ConflictError, ContentTooLargeError, TooManyRequestsError),
)
def list_uploaded_parts(owner: UUID, upload_id: UUID, query: KeyQuery) -> ListedParts:
    """List the parts that storage has, to resume the upload."""
    present = uppy_companion.list_parts(owner, upload_id, query.key)
    return ListedParts([ListedPart(PartNumber=p.number, ETag=f'"{p.etag}"', Size=p.size_bytes) for p in present])


@route(
    "/multipart/{upload_id}/batch",
    "GET",
    query=PartsQuery,
    response_model=SignedParts,
    errors=(NotFoundError, ConflictError, ContentTooLargeError, TooManyRequestsError),
)
def sign_parts(owner: UUID, upload_id: UUID, query: PartsQuery) -> SignedParts:
    """Presign several parts at once."""
    return SignedParts(presignedUrls=uppy_companion.sign_parts(owner, upload_id, query.key, query.numbers))


@route(
    "/multipart/{upload_id}/{part_number}",
    "GET",
    query=KeyQuery,
    response_model=SignedPart,
    errors=(NotFoundError, ConflictError, ContentTooLargeError, TooManyRequestsError),
)
def sign_part(owner: UUID, upload_id: UUID, part_number: str, query: KeyQuery) -> SignedPart:
    """Presign the PUT of one part."""
    if not (part_number.isascii() and part_number.isdigit()) or len(part_number) > 5:
        raise NotFoundError(f"{part_number[:80]!r} is not a part number.")
    number = int(part_number)
    url = uppy_companion.sign_parts(owner, upload_id, query.key, [number])[number]
    return SignedPart(url=url, expires=instructions.url_valid_s())


@route(
    "/multipart/{upload_id}/complete",
    "POST",
    query=KeyQuery,
    body=UppyParts,
    response_model=CompletedUpload,
    errors=(NotFoundError, ConflictError, ContentTooLargeError),
)
def complete_multipart_upload(owner: UUID, upload_id: UUID, query: KeyQuery, body: UppyParts) -> CompletedUpload:
    """Complete the upload, once all parts are sent."""
    uploaded_parts = [CompletedPart(number=part.number, etag=part.etag) for part in body.parts]
    uppy_companion.complete_multipart(owner, upload_id, query.key, uploaded_parts)
    return CompletedUpload(location=f"/v1/media/{upload_id}", key=query.key, bucket=settings().incoming_bucket)


@route(
    "/multipart/{upload_id}",
    "DELETE",
    query=KeyQuery,
    response_model=EmptyResponse,
    errors=(NotFoundError, ConflictError),
)
def abort_multipart_upload(owner: UUID, upload_id: UUID, query: KeyQuery) -> EmptyResponse:
    """Abort the upload."""
    uppy_companion.abort_multipart(owner, upload_id, query.key)
    return EmptyResponse()
