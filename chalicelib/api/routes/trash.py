"""Routes of the trash."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.auth.api_keys import Scope
from chalicelib.trash import empty
from chalicelib.trash.empty import EmptiedTrash

routes = Blueprint(__name__)


@routes.route("/v1/trash", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, response_model=EmptiedTrash, status=202)
def delete_trash(owner: UUID) -> RouteResponse:
    """Empty the trash: delete everything in it permanently, with texts and recordings. It takes some seconds."""
    return RouteResponse(empty.request(owner), status=202)
