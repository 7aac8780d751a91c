"""Routes for full-text search."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.api.paging import PageQuery
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.search.find import find_pages
from chalicelib.search.find_in_media import find_in_media
from chalicelib.search.model import FoundPlaces, Hit, PlaceQuery, SearchText

routes = Blueprint(__name__)


class SearchQuery(PageQuery, SearchText):
    pass


@routes.route("/v1/search", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=SearchQuery, response_model=Page[Hit], errors=(UnprocessableContentError,)
)
def search(owner: UUID, query: SearchQuery) -> Page[Hit]:
    """Find pages that contain the words, best first, and where a recording speaks them. Titles weigh more than text."""
    return find_pages(owner, query.q, after=query.cursor, limit=query.limit)


@routes.route("/v1/media/{media_id}/find", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=PlaceQuery,
    response_model=FoundPlaces,
    errors=(NotFoundError, ConflictError, UnprocessableContentError),
)
def find_occurrences(owner: UUID, media_id: UUID, query: PlaceQuery) -> FoundPlaces:
    """Find all places in one document at which a text occurs, as the search of a browser does."""
    return find_in_media(owner, media_id, query.q, version=query.version)
