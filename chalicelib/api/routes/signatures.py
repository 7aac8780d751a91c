"""Route that presigns single S3 requests, for Uppy 6 with `signRequest`: the browser itself calls S3."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from chalice.app import Blueprint
from pydantic import Field, ValidationError

from chalicelib.api import problem
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.api.routes.uppy import MAX_KEY_CHARACTERS, START_ERRORS, UppyModel
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.uploads import uppy_companion
from chalicelib.uploads.model import Declaration, Filename, FormInstructions, MediaType, Method

routes = Blueprint(__name__)


class SignRequest(UppyModel):
    """One request that Uppy 6 (`signRequest`) wants to send to S3."""

    method: Literal["PUT", "POST", "GET", "DELETE"]
    key: Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARACTERS)]
    content_type: Annotated[MediaType | None, Field(alias="contentType")] = None
    upload_id: Annotated[str | None, Field(alias="uploadId", max_length=1_024, pattern="^[!-~]+$")] = None
    part_number: Annotated[int | None, Field(alias="partNumber", ge=1, le=10_000)] = None


class Signature(LazyModel):
    """Send `fields` as a form if there are any, otherwise the request with `headers`. Use `key` in all further requests."""

    url: str
    key: str
    headers: dict[str, str]
    fields: dict[str, str] | None = None


class _ProposedFile(LazyModel):
    filename: Filename


def renew_signature(owner: UUID, media_id: UUID) -> Signature | None:
    form = uppy_companion.renew_form(owner, media_id)
    return None if form is None else _form(form)


@routes.route("/v1/s3/sign", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=SignRequest,
    response_model=Signature,
    creates=True,
    renew=renew_signature,
    errors=(*START_ERRORS, NotFoundError, ConflictError),
)
def sign_request(owner: UUID, body: SignRequest, new_id: UUID) -> Signature:
    """Presign one S3 request of one of your uploads. No other requests are signed."""
    match body.method, body.upload_id, body.part_number:
        case "PUT", None, None:
            declared = _proposed(body, Method.POST)
            return _form(uppy_companion.start_form(owner, declared, media_id=new_id))
        case "POST", None, None:
            key, url, headers = uppy_companion.sign_create(owner, _proposed(body, Method.MULTIPART), media_id=new_id)
            return Signature(url=url, key=key, headers=headers)
        case "PUT", str(upload_id), int(number):
            return _signed(body, uppy_companion.sign_part(owner, body.key, upload_id, number))
        case "GET", str(upload_id), None:
            return _signed(body, uppy_companion.sign_list(owner, body.key, upload_id))
        case "POST", str(upload_id), None:
            url, headers = uppy_companion.sign_complete(owner, body.key, upload_id)
            return Signature(url=url, key=body.key, headers=headers)
        case "DELETE", str(upload_id), None:
            return _signed(body, uppy_companion.sign_abort(owner, body.key, upload_id))
    raise UnprocessableContentError(
        f"A {body.method} request with these fields is not part of an upload. See this route's documentation for what is signed."
    )


def _proposed(body: SignRequest, method: Method) -> Declaration:
    try:
        filename = _ProposedFile(filename=uppy_companion.filename_from_key(body.key)).filename
    except ValidationError as error:
        raise problem.of_validation(error, where="key") from None
    return Declaration(filename, body.content_type or "", None, None, method)


def _form(form: FormInstructions) -> Signature:
    return Signature(url=form.url, key=form.fields["key"], headers={}, fields=form.fields)


def _signed(body: SignRequest, url: str) -> Signature:
    return Signature(url=url, key=body.key, headers={})
