"""Routes for uploads."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.auth.api_keys import Scope
from chalicelib.library.model import Media
from chalicelib.platform.errors import (
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnsupportedMediaTypeError,
)
from chalicelib.uploads import accepted_types, resume
from chalicelib.uploads.abort import abort_upload
from chalicelib.uploads.accepted_types import UploadTypes
from chalicelib.uploads.complete import complete
from chalicelib.uploads.model import CompleteUpload, NewUpload, StartedUpload, UploadState
from chalicelib.uploads.start import start

TYPES_VALID_S = 3_600  # they change with a release

routes = Blueprint(__name__)


@routes.route("/v1/upload-types", methods=["GET"])
@operation(routes, response_model=UploadTypes, public=True)
def get_upload_types() -> RouteResponse:
    """Return which files are accepted: their types, endings and limits. The same for everyone."""
    return RouteResponse(accepted_types.get(), 200, {"Cache-Control": f"public, max-age={TYPES_VALID_S}"})


def renew_upload(owner: UUID, media_id: UUID) -> RouteResponse | None:
    started = resume.renew(owner, media_id)
    return None if started is None else _started(started)


@routes.route("/v1/uploads", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewUpload,
    response_model=StartedUpload,
    status=201,
    creates=True,
    renew=renew_upload,
    errors=(
        UnsupportedMediaTypeError,
        ContentTooLargeError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        TooManyRequestsError,
    ),
)
def create_upload(owner: UUID, body: NewUpload, new_id: UUID) -> RouteResponse:
    """Start an upload. The response says where to send the file: one PUT, an HTML form, or parts that can be resumed."""
    return _started(start(owner, body, media_id=new_id))


def _started(started: StartedUpload) -> RouteResponse:
    return RouteResponse(started, 201, {"Location": f"/v1/media/{started.media.id}"})


@routes.route("/v1/uploads/{media_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, response_model=UploadState, errors=(NotFoundError, TooManyRequestsError))
def get_upload(owner: UUID, media_id: UUID) -> UploadState:
    """Return the state of an upload, with fresh URLs for what is missing."""
    return resume.get_upload(owner, media_id)


@routes.route(
    "/v1/uploads/{media_id}/complete", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=CompleteUpload,
    response_model=Media,
    versioned=True,
    errors=(NotFoundError, ConflictError, ContentTooLargeError),
)
def complete_upload(owner: UUID, media_id: UUID, body: CompleteUpload) -> Media:
    """Complete an upload in parts, once all parts are sent. Safe to repeat."""
    return complete(owner, media_id, body.parts)


@routes.route("/v1/uploads/{media_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError, ConflictError))
def delete_upload(owner: UUID, media_id: UUID) -> RouteResponse:
    """Abort a pending upload and release the quota that it reserved."""
    abort_upload(owner, media_id)
    return RouteResponse(None, 204)
