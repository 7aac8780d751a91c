"""Routes for share links, as their owner: create, list and revoke them.

An API key needs `media:write` to list them, too: a list contains their addresses, which outlive the key.
"""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.sharing import shares
from chalicelib.sharing.model import NewShare, Share

routes = Blueprint(__name__)


@routes.route("/v1/media/{media_id}/shares", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewShare,
    response_model=Share,
    status=201,
    creates=True,
    renew=shares.get,
    contains_secret=True,
    errors=(NotFoundError, ConflictError),
)
def share_media(owner: UUID, media_id: UUID, body: NewShare, new_id: UUID) -> RouteResponse:
    """Create a link by which anyone can read and hear this media item, without an account.

    It opens nothing else, and stops working when it expires or is revoked, and while the media item is in the trash.
    """
    return _created(shares.create_for_media(owner, media_id, body, new_id=new_id))


@routes.route(
    "/v1/collections/{collection_id}/shares",
    methods=["POST"],
    authorizer=authorize,
    content_types=["application/json"],
)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewShare,
    response_model=Share,
    status=201,
    creates=True,
    renew=shares.get,
    contains_secret=True,
    errors=(NotFoundError, ConflictError),
)
def share_collection(owner: UUID, collection_id: UUID, body: NewShare, new_id: UUID) -> RouteResponse:
    """Create a link by which anyone can read and hear the media of this collection, those that are added later included.

    Media that are removed from the collection are closed at once.
    """
    return _created(shares.create_for_collection(owner, collection_id, body, new_id=new_id))


@routes.route("/v1/media/{media_id}/shares", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    query=PageQuery,
    response_model=Page[Share],
    errors=(NotFoundError, UnprocessableContentError),
)
def list_media_shares(owner: UUID, media_id: UUID, query: PageQuery) -> Page[Share]:
    """List the links to a media item, newest first. Expired ones are listed for 30 days."""
    return shares.list_of_media(owner, media_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/collections/{collection_id}/shares", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    query=PageQuery,
    response_model=Page[Share],
    errors=(NotFoundError, UnprocessableContentError),
)
def list_collection_shares(owner: UUID, collection_id: UUID, query: PageQuery) -> Page[Share]:
    """List the links to a collection, newest first. Expired ones are listed for 30 days."""
    return shares.list_of_collection(owner, collection_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/shares", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_WRITE, query=PageQuery, response_model=Page[Share], errors=(UnprocessableContentError,)
)
def list_shares(owner: UUID, query: PageQuery) -> Page[Share]:
    """List all your links, newest first. Expired ones are listed for 30 days."""
    return shares.list_all(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/shares/{share_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError,))
def revoke_share(owner: UUID, share_id: UUID) -> None:
    """Revoke a link: its address stops working at once.

    A signed URL that was given out before works until it expires, up to 15 minutes later.
    """
    shares.revoke(owner, share_id)


def _created(share: Share) -> RouteResponse:
    return RouteResponse(share, 201, {"Location": f"/v1/shares/{share.id}"})
