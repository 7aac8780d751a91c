"""Route of tags."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.api.paging import PageQuery
from chalicelib.auth.api_keys import Scope
from chalicelib.library import tags
from chalicelib.library.tag_store import UsedTag
from chalicelib.library.tags import TagFilter
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import UnprocessableContentError

routes = Blueprint(__name__)


class TagQuery(PageQuery, TagFilter):
    pass


@routes.route("/v1/tags", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=TagQuery, response_model=Page[UsedTag], errors=(UnprocessableContentError,)
)
def list_tags(owner: UUID, query: TagQuery) -> Page[UsedTag]:
    """List your tags in alphabetical order, with the number of media that have each: for a list, and to complete one."""
    return tags.list_page(owner, query, after=query.cursor, limit=query.limit)
