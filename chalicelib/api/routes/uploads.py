"""Getting files in."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import Answer, operation
from chalicelib.library.model import Media
from chalicelib.platform.errors import (
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnsupportedMediaTypeError,
)
from chalicelib.uploads.abort import abort_upload
from chalicelib.uploads.complete import complete
from chalicelib.uploads.model import CompleteUpload, NewUpload, StartedUpload, UploadState
from chalicelib.uploads.resume import look
from chalicelib.uploads.start import start

routes = Blueprint(__name__)


@routes.route("/v1/uploads", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    body=NewUpload,
    answer=StartedUpload,
    status=201,
    creates=True,
    errors=(
        UnsupportedMediaTypeError,
        ContentTooLargeError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        TooManyRequestsError,
    ),
)
def create_upload(owner: UUID, body: NewUpload, new_id: UUID) -> Answer:
    """Reserve room for a file and learn where to send it: with one PUT, with an HTML form, or in parts that can be resumed."""
    started = start(owner, body, media_id=new_id)
    return Answer(started, 201, {"Location": f"/v1/media/{started.media.id}"})


@routes.route("/v1/uploads/{media_id}", methods=["GET"], authorizer=authorize)
@operation(routes, answer=UploadState, errors=(NotFoundError, TooManyRequestsError))
def get_upload(owner: UUID, media_id: UUID) -> UploadState:
    """How far an upload is, and fresh URLs for what is missing."""
    return look(owner, media_id)


@routes.route(
    "/v1/uploads/{media_id}/complete", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(routes, body=CompleteUpload, answer=Media, errors=(NotFoundError, ConflictError, ContentTooLargeError))
def complete_upload(owner: UUID, media_id: UUID, body: CompleteUpload) -> Media:
    """All parts have been sent. May be repeated."""
    return complete(owner, media_id, body.parts)


@routes.route("/v1/uploads/{media_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError, ConflictError))
def delete_upload(owner: UUID, media_id: UUID) -> Answer:
    """Give up an upload that waits for its bytes; what it reserved is free again."""
    abort_upload(owner, media_id)
    return Answer(None, 204)
