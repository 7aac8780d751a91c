"""Route for full-text search."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.api.paging import PageQuery
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.search.find import find_pages
from chalicelib.search.model import Hit, SearchText

routes = Blueprint(__name__)


class SearchQuery(PageQuery, SearchText):
    pass


@routes.route("/v1/search", methods=["GET"], authorizer=authorize)
@operation(routes, query=SearchQuery, response_model=Page[Hit], errors=(UnprocessableContentError,))
def search(owner: UUID, query: SearchQuery) -> Page[Hit]:
    """Find pages that contain the words, best first, and where a recording speaks them. Titles weigh more than text."""
    return find_pages(owner, query.q, after=query.cursor, limit=query.limit)
