"""Routes for the play queue."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import operation
from chalicelib.auth.api_keys import Scope
from chalicelib.library.play_queue import play_queue
from chalicelib.library.play_queue.model import NewPlayQueue, PlayQueue
from chalicelib.platform.errors import ConflictError, NotFoundError

routes = Blueprint(__name__)


@routes.route("/v1/account/queue", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=PlayQueue, versioned=True)
def get_queue(owner: UUID) -> PlayQueue:
    """Return the media that play one after the other, without those in the trash."""
    return play_queue.get(owner)


@routes.route("/v1/account/queue", methods=["PUT"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewPlayQueue,
    response_model=PlayQueue,
    versioned=True,
    errors=(NotFoundError, ConflictError),
)
def put_queue(owner: UUID, body: NewPlayQueue, precondition: Precondition) -> PlayQueue:
    """Replace the queue. 409 `limit_reached` beyond 1,000 media; 404 for a media that is not yours: then nothing changes."""
    return play_queue.replace(owner, body.media_ids, precondition)
