"""Ordered sets of media."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import Answer, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import MERGE_PATCH
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.items import CollectionItem
from chalicelib.library.collections.model import (
    Collection,
    CollectionChanges,
    CollectionSort,
    ManyMedia,
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
    routes, body=NewCollection, answer=Collection, status=201, creates=True, errors=(ConflictError, ForbiddenError)
)
def create_collection(owner: UUID, body: NewCollection, new_id: UUID) -> Answer:
    collection = collections.create(owner, body, collection_id=new_id)
    return Answer(collection, 201, {"Location": f"/v1/collections/{collection.id}"})


@routes.route("/v1/collections", methods=["GET"], authorizer=authorize)
@operation(routes, query=CollectionQuery, answer=Page[Collection], errors=(UnprocessableContentError,))
def list_collections(owner: UUID, query: CollectionQuery) -> Page[Collection]:
    """Newest first unless sorted otherwise."""
    return collections.list_page(owner, sort=query.sort, after=query.cursor, limit=query.limit)


@routes.route("/v1/collections/{collection_id}", methods=["GET"], authorizer=authorize)
@operation(routes, answer=Collection, errors=(NotFoundError,))
def get_collection(owner: UUID, collection_id: UUID) -> Collection:
    return collections.get(owner, collection_id)


@routes.route("/v1/collections/{collection_id}", methods=["PATCH"], authorizer=authorize, content_types=MERGE_PATCH)
@operation(routes, body=CollectionChanges, answer=Collection, errors=(NotFoundError, ConflictError))
def change_collection(owner: UUID, collection_id: UUID, body: CollectionChanges) -> Collection:
    return collections.update(owner, collection_id, body)


@routes.route("/v1/collections/{collection_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError,))
def delete_collection(owner: UUID, collection_id: UUID) -> None:
    """Its media stay."""
    collections.delete(owner, collection_id)


@routes.route("/v1/collections/{collection_id}/media", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, answer=Page[Media], errors=(NotFoundError, UnprocessableContentError))
def list_collection_media(owner: UUID, collection_id: UUID, query: PageQuery) -> Page[CollectionItem]:
    """In the collection's order, without what is in the trash."""
    return items.list_page(owner, collection_id, after=query.cursor, limit=query.limit)


@routes.route(
    "/v1/collections/{collection_id}/media", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(routes, body=ManyMedia, answer=Collection, errors=(NotFoundError,))
def add_to_collection(owner: UUID, collection_id: UUID, body: ManyMedia) -> Collection:
    """Behind the last, in this order; what is in it already stays where it is. All of them or, when one is unknown, none."""
    return items.add_items(owner, collection_id, body.media_ids)


@routes.route(
    "/v1/collections/{collection_id}/media/remove",
    methods=["POST"],
    authorizer=authorize,
    content_types=["application/json"],
)
@operation(routes, body=ManyMedia, answer=Collection, errors=(NotFoundError,))
def remove_from_collection(owner: UUID, collection_id: UUID, body: ManyMedia) -> Collection:
    """Several at once; the media themselves stay. A POST, because proxies drop the body of a DELETE."""
    return items.remove_items(owner, collection_id, body.media_ids)


@routes.route(
    "/v1/collections/{collection_id}/media/{media_id}",
    methods=["PUT"],
    authorizer=authorize,
    content_types=["application/json"],
)
@operation(routes, body=Placement, answer=Collection, errors=(NotFoundError,))
def put_into_collection(owner: UUID, collection_id: UUID, media_id: UUID, body: Placement) -> Collection:
    """Add one, or move it to another place."""
    return items.put_item(owner, collection_id, media_id, index=body.position)


@routes.route("/v1/collections/{collection_id}/media/{media_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError,))
def take_from_collection(owner: UUID, collection_id: UUID, media_id: UUID) -> None:
    """The media itself stays."""
    items.remove_item(owner, collection_id, media_id)
