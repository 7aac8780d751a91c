"""The contract of Uppy's Companion for S3, so that Uppy 4, 5 and 6 upload here with no code of their own.

Every route stands twice: under `/v1/s3` for clients that send the bearer token (Uppy 4 and 5: `endpoint` and `headers`), and
under `/v1/u/{token}/s3` for Uppy 6, whose `companionEndpoint` takes no headers: there the token is a capability for uploads only.
Names are Companion's. `/s3/sts` is missing on purpose: it would hand out credentials for the whole bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from chalice.app import Blueprint
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.api.routes.capabilities import MAY_UPLOAD
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
from chalicelib.uploads import instructions, parts, uppy_companion
from chalicelib.uploads.model import MAX_PARTS_PER_REQUEST, Filename, MediaType, Method, NamedPart

routes = Blueprint(__name__)

MAX_KEY_CHARACTERS = 1_024  # S3's own limit
BEGINS: tuple[type[AppError], ...] = (
    UnsupportedMediaTypeError,
    ContentTooLargeError,
    ForbiddenError,
    TooManyRequestsError,
)


def _size(value: Any) -> int | None:
    """A size that a page put into the file's metadata; the field is the page's own, so anything else there is no size."""
    return (int(value) or None) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 20 else None


Size = Annotated[Any, AfterValidator(_size)]


class FromUppy(BaseModel):
    """Clients of other versions may send more than we read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class FileQuery(FromUppy):
    """`metadata[size]` is what `uppy.setFileMeta(id, {size})` sends; without it room for the largest file is reserved."""

    filename: Filename
    type: MediaType = ""
    size: Annotated[Size, Field(alias="metadata[size]")] = None


class FileMetadata(FromUppy):
    """The page's own fields; only this one is read."""

    size: Size = None


class FileBody(FromUppy):
    """See FileQuery."""

    filename: Filename
    type: MediaType | None = None
    metadata: FileMetadata | None = None


class KeyQuery(FromUppy):
    key: Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARACTERS)]


def _numbers(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


class PartsQuery(KeyQuery):
    numbers: Annotated[
        list[int], BeforeValidator(_numbers), Field(alias="partNumbers", min_length=1, max_length=parts.MAX_PARTS)
    ]


class UppyPart(FromUppy):
    number: Annotated[int, Field(alias="PartNumber", ge=1, le=10_000)]
    etag: Annotated[str, Field(alias="ETag", min_length=1, max_length=200)]


class UppyParts(FromUppy):
    parts: Annotated[list[UppyPart], Field(min_length=1, max_length=MAX_PARTS_PER_REQUEST)]


class FormParameters(BaseModel):
    """Send `fields`, then the file; `expires` is in seconds."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    expires: int


class BegunUpload(BaseModel):
    key: str
    uploadId: UUID  # noqa: N815 - Companion's name
    bucket: str


class ListedPart(BaseModel):
    PartNumber: int
    ETag: str
    Size: int


class ListedParts(RootModel[list[ListedPart]]):
    """What storage has of an upload."""


class SignedPart(BaseModel):
    url: str
    expires: int


class SignedParts(BaseModel):
    presignedUrls: dict[int, str]  # noqa: N815 - Companion's name


class CompletedUpload(BaseModel):
    """`location` is where this API knows the media; what was uploaded is readable once it has been inspected."""

    location: str
    key: str
    bucket: str


class Nothing(BaseModel):
    """Uppy parses the answer, so there must be one."""


def route(path: str, method: str, **contract: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function for both kinds of client."""
    content_types = {"content_types": ["application/json"]} if method == "POST" else {}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        bearer = operation(routes, **contract)(function)
        routes.route(f"/v1/s3{path}", methods=[method], authorizer=authorize, **content_types)(bearer)
        errors = (*contract.pop("errors", ()), UnauthorizedError)
        by_token = operation(routes, **contract, errors=errors, public=True, capability=MAY_UPLOAD)(function)
        by_token.__name__ += "_by_capability"
        routes.route(f"/v1/u/{{token}}/s3{path}", methods=[method], **content_types)(by_token)
        return function

    return decorate


@route("/params", "GET", query=FileQuery, answer=FormParameters, creates=True, errors=BEGINS)
def get_form_parameters(owner: UUID, query: FileQuery, new_id: UUID) -> FormParameters:
    """Begin an upload of one HTML form."""
    declared = uppy_companion.declaration_for(query.filename, query.type, query.size, Method.POST)
    form = uppy_companion.start_form(owner, declared, media_id=new_id)
    return FormParameters(url=form.url, fields=form.fields, expires=instructions.url_valid_s())


@route("/multipart", "POST", body=FileBody, answer=BegunUpload, creates=True, errors=BEGINS)
def create_multipart_upload(owner: UUID, body: FileBody, new_id: UUID) -> BegunUpload:
    """Begin an upload in parts; `uploadId` is the id of the media."""
    declared = uppy_companion.declaration_for(
        body.filename, body.type or "", body.metadata.size if body.metadata else None, Method.MULTIPART
    )
    key = uppy_companion.start_multipart(owner, declared, media_id=new_id)
    return BegunUpload(key=key, uploadId=new_id, bucket=settings().incoming_bucket)


@route(
    "/multipart/{upload_id}",
    "GET",
    query=KeyQuery,
    answer=ListedParts,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def list_uploaded_parts(owner: UUID, upload_id: UUID, query: KeyQuery) -> ListedParts:
    """What storage has of an upload, to go on with it."""
    present = uppy_companion.list_parts(owner, upload_id, query.key)
    return ListedParts([ListedPart(PartNumber=p.number, ETag=f'"{p.etag}"', Size=p.size_bytes) for p in present])


@route(
    "/multipart/{upload_id}/batch",
    "GET",
    query=PartsQuery,
    answer=SignedParts,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def sign_parts(owner: UUID, upload_id: UUID, query: PartsQuery) -> SignedParts:
    """URLs for several parts at once."""
    return SignedParts(presignedUrls=uppy_companion.sign_parts(owner, upload_id, query.key, query.numbers))


@route(
    "/multipart/{upload_id}/{part_number}",
    "GET",
    query=KeyQuery,
    answer=SignedPart,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def sign_part(owner: UUID, upload_id: UUID, part_number: str, query: KeyQuery) -> SignedPart:
    """A URL to PUT one part to."""
    if not (part_number.isascii() and part_number.isdigit()) or len(part_number) > 5:
        raise NotFoundError(f"{part_number[:80]!r} is not the number of a part.")
    number = int(part_number)
    url = uppy_companion.sign_parts(owner, upload_id, query.key, [number])[number]
    return SignedPart(url=url, expires=instructions.url_valid_s())


@route(
    "/multipart/{upload_id}/complete",
    "POST",
    query=KeyQuery,
    body=UppyParts,
    answer=CompletedUpload,
    errors=(NotFoundError, ConflictError, ContentTooLargeError),
)
def complete_multipart_upload(owner: UUID, upload_id: UUID, query: KeyQuery, body: UppyParts) -> CompletedUpload:
    """All parts have been sent."""
    named = [NamedPart(number=part.number, etag=part.etag) for part in body.parts]
    uppy_companion.complete(owner, upload_id, query.key, named)
    return CompletedUpload(location=f"/v1/media/{upload_id}", key=query.key, bucket=settings().incoming_bucket)


@route(
    "/multipart/{upload_id}",
    "DELETE",
    query=KeyQuery,
    answer=Nothing,
    errors=(NotFoundError, ConflictError),
)
def abort_multipart_upload(owner: UUID, upload_id: UUID, query: KeyQuery) -> Nothing:
    """Give the upload up."""
    uppy_companion.abort(owner, upload_id, query.key)
    return Nothing()
