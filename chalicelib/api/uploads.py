"""Getting files in."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import Answer, operation
from chalicelib.platform.errors import ForbiddenError, TooLargeError, UnsupportedTypeError
from chalicelib.uploads.model import NewUpload, StartedUpload
from chalicelib.uploads.start import start

routes = Blueprint(__name__)


@routes.route("/v1/uploads", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    body=NewUpload,
    answer=StartedUpload,
    status=201,
    creates=True,
    errors=(UnsupportedTypeError, TooLargeError, ForbiddenError),
)
def create_upload(owner: UUID, body: NewUpload, new_id: UUID) -> Answer:
    """Reserve room for a file and learn where to send it."""
    started = start(owner, body, media_id=new_id)
    return Answer(started, 201, {"Location": f"/v1/media/{started.media.id}"})
