"""Routes of imports."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.auth.api_keys import Scope
from chalicelib.imports import request
from chalicelib.imports.model import NewImport
from chalicelib.library.model import Media
from chalicelib.platform.errors import ConflictError, ForbiddenError, UnprocessableContentError

routes = Blueprint(__name__)


@routes.route("/v1/imports", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewImport,
    response_model=Media,
    status=202,
    creates=True,
    errors=(ForbiddenError, ConflictError, UnprocessableContentError),
)
def create_import(owner: UUID, body: NewImport, new_id: UUID) -> RouteResponse:
    """Import a page or a file of the web by its address, or a text. The media goes through the same inspection as an upload.

    Of a page, the article is kept, with its pictures. An address that is not one of the public web is a 422. What cannot be
    fetched is `rejected` with the code `import_failed:<reason>`: `name_not_found`, `address_not_public`, `unreachable`,
    `insecure`, `timeout`, `redirect` (to another server), `status`, `too_large` (20 MB), `damaged`, `empty`, `type_not_allowed`,
    `no_text`, `unreadable`. 409 `limit_reached` after 60 imports in an hour. `DELETE /v1/uploads/{id}` cancels a pending one.
    """
    started = request.create(owner, body, media_id=new_id)
    return RouteResponse(started, status=202, headers={"Location": f"/v1/media/{started.id}"})
