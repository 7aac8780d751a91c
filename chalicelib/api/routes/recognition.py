"""Routes of text recognition."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.auth.api_keys import Scope
from chalicelib.library.model import Media
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.recognition import request
from chalicelib.recognition.model import NewRecognition

routes = Blueprint(__name__)


@routes.route("/v1/media/{media_id}/recognition", methods=["POST"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewRecognition,
    response_model=Media,
    status=202,
    creates=True,
    errors=(NotFoundError, ConflictError, UnprocessableContentError),
)
def create_recognition(owner: UUID, media_id: UUID, body: NewRecognition, new_id: UUID) -> RouteResponse:
    """Recognize the text of a scan, again or in other languages, or of a picture. A scan is recognized once without a request.

    The media stays ready, with the text that it has. Its `recognition` counts the pages, and its `text_status` is `recognizing`
    until the recognized text takes the place of the one before. The first time, pages are added to the text meanwhile, from the
    first page without a gap (`text_pages`), and can be read aloud. 409 `not_a_scan` for other media, 409 `recognition_running`
    while one is running, 409 `limit_reached` after 10 requests in an hour.
    """
    started = request.create(owner, media_id, body.languages, recognition_id=new_id)
    return RouteResponse(started, status=202, headers={"Location": f"/v1/media/{media_id}"})


@routes.route("/v1/media/{media_id}/recognition", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError,))
def delete_recognition(owner: UUID, media_id: UUID) -> None:
    """Cancel the recognition of a scan, which keeps the text that it has. 404 if none is running."""
    request.cancel(owner, media_id)
