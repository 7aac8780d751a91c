"""Route of the change feed."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.api.paging import PageQuery
from chalicelib.auth.api_keys import Scope
from chalicelib.changes import feed
from chalicelib.changes.model import ChangePage
from chalicelib.platform.errors import GoneError

routes = Blueprint(__name__)


@routes.route("/v1/changes", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=PageQuery, response_model=ChangePage, versioned=True, errors=(GoneError,)
)
def list_changes(owner: UUID, query: PageQuery) -> ChangePage:
    """List what changed since a cursor: media, jobs, annotations, positions and collections, also deleted ones.

    Without a cursor the list is empty, and `next_cursor` is that of now: take it before you load what you keep. Each resource is
    listed once, with its last change; one change may be listed twice, none is left out. The progress of a job or of a recognition
    is not a change. A cursor is valid for 30 days; after that, 410 `resync`. With `If-None-Match`, 304 while nothing changes.
    """
    return feed.list_page(owner, after=query.cursor, limit=query.limit)
