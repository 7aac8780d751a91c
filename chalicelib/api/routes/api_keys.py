"""Routes of API keys. No key may call them: only a signed-in owner creates, lists or deletes keys."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.account import api_keys
from chalicelib.account.api_keys import ApiKey, CreatedApiKey, NewApiKey
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError

routes = Blueprint(__name__)


@routes.route("/v1/api-keys", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(routes, body=NewApiKey, response_model=CreatedApiKey, status=201, errors=(ConflictError,))
def create_api_key(owner: UUID, body: NewApiKey) -> RouteResponse:
    """Create a key for a program. Its text is in this response only, so there is no `Idempotency-Key`.

    409 `limit_reached` at 20 keys.
    """
    key = api_keys.create(owner, body)
    return RouteResponse(key, 201, {"Location": f"/v1/api-keys/{key.id}"})


@routes.route("/v1/api-keys", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, response_model=Page[ApiKey], errors=(UnprocessableContentError,))
def list_api_keys(owner: UUID, query: PageQuery) -> Page[ApiKey]:
    """List your keys, newest first. Expired ones stay in the list for 30 days."""
    return api_keys.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/api-keys/{key_id}", methods=["GET"], authorizer=authorize)
@operation(routes, response_model=ApiKey, errors=(NotFoundError,))
def get_api_key(owner: UUID, key_id: UUID) -> ApiKey:
    """Return one key, without its text."""
    return api_keys.get(owner, key_id)


@routes.route("/v1/api-keys/{key_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError,))
def delete_api_key(owner: UUID, key_id: UUID) -> None:
    """Delete a key: the next request with it is 401.

    Link tokens of your account end as well, if the key was ever used: it may have requested some."""
    api_keys.delete(owner, key_id)
