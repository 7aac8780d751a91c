"""Routes for collections: ordered sets of media."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import MERGE_PATCH
from chalicelib.auth.api_keys import Scope
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.items import CollectionItem
from chalicelib.library.collections.model import (
    Collection,
    CollectionChanges,
    CollectionSort,
    MediaIds,
    NewCollection,
    Placement,
)
from chalicelib.library.model import Media
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, ForbiddenError, NotFoundError, UnprocessableContentError

routes = Blueprint(__name__)


class CollectionQuery(PageQuery):
    sort: CollectionSort = CollectionSort.NEWEST


@routes.route("/v1/collections", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewCollection,
    response_model=Collection,
    versioned=True,
    status=201,
    creates=True,
    errors=(ConflictError, ForbiddenError),
)
def create_collection(owner: UUID, body: NewCollection, new_id: UUID) -> RouteResponse:
    """Create a collection."""
    collection = collections.create(owner, body, collection_id=new_id)
    return RouteResponse(collection, 201, {"Location": f"/v1/collections/{collection.id}"})


@routes.route("/v1/collections", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=CollectionQuery,
    response_model=Page[Collection],
    errors=(UnprocessableContentError,),
)
def list_collections(owner: UUID, query: CollectionQuery) -> Page[Collection]:
    """List your collections, newest first unless `sort` says otherwise."""
    return collections.list_page(owner, sort=query.sort, after=query.cursor, limit=query.limit)


@routes.route("/v1/collections/{collection_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=Collection, versioned=True, errors=(NotFoundError,))
def get_collection(owner: UUID, collection_id: UUID) -> Collection:
    """Return one collection."""
    return collections.get(owner, collection_id)


@routes.route("/v1/collections/{collection_id}", methods=["PATCH"], authorizer=authorize, content_types=MERGE_PATCH)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=CollectionChanges,
    response_model=Collection,
    versioned=True,
    errors=(NotFoundError, ConflictError),
)
def change_collection(
    owner: UUID, collection_id: UUID, body: CollectionChanges, precondition: Precondition
) -> Collection:
    """Change name or description."""
    return collections.update(owner, collection_id, body, precondition)


@routes.route("/v1/collections/{collection_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError,))
def delete_collection(owner: UUID, collection_id: UUID) -> None:
    """Delete a collection; its media stay in the library."""
    collections.delete(owner, collection_id)


@routes.route("/v1/collections/{collection_id}/media", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=PageQuery,
    response_model=Page[Media],
    errors=(NotFoundError, UnprocessableContentError),
)
def list_collection_media(owner: UUID, collection_id: UUID, query: PageQuery) -> Page[CollectionItem]:
    """List the media of a collection in its order, without those in the trash."""
    return items.list_page(owner, collection_id, after=query.cursor, limit=query.limit)


@routes.route(
    "/v1/collections/{collection_id}/media", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(
    routes, scope=Scope.MEDIA_WRITE, body=MediaIds, response_model=Collection, versioned=True, errors=(NotFoundError,)
)
def add_to_collection(owner: UUID, collection_id: UUID, body: MediaIds) -> Collection:
    """Append media in this order; those already in the collection keep their place. If one does not exist, none is added."""
    return items.add_items(owner, collection_id, body.media_ids)


@routes.route(
    "/v1/collections/{collection_id}/media/remove",
    methods=["POST"],
    authorizer=authorize,
    content_types=["application/json"],
)
@operation(
    routes, scope=Scope.MEDIA_WRITE, body=MediaIds, response_model=Collection, versioned=True, errors=(NotFoundError,)
)
def remove_from_collection(owner: UUID, collection_id: UUID, body: MediaIds) -> Collection:
    """Remove several media; they stay in the library. This is a POST because proxies drop the body of a DELETE."""
    return items.remove_items(owner, collection_id, body.media_ids)


@routes.route(
    "/v1/collections/{collection_id}/media/{media_id}",
    methods=["PUT"],
    authorizer=authorize,
    content_types=["application/json"],
)
@operation(
    routes, scope=Scope.MEDIA_WRITE, body=Placement, response_model=Collection, versioned=True, errors=(NotFoundError,)
)
def put_into_collection(owner: UUID, collection_id: UUID, media_id: UUID, body: Placement) -> Collection:
    """Add a media item, or move it to another position."""
    return items.put_item(owner, collection_id, media_id, index=body.position)


@routes.route("/v1/collections/{collection_id}/media/{media_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError,))
def take_from_collection(owner: UUID, collection_id: UUID, media_id: UUID) -> None:
    """Remove a media item; it stays in the library."""
    items.remove_item(owner, collection_id, media_id)
