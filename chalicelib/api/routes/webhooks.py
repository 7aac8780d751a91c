"""Routes of webhooks."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import MERGE_PATCH
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, TooManyRequestsError, UnprocessableContentError
from chalicelib.webhooks import deliveries, service
from chalicelib.webhooks.model import (
    CreatedWebhook,
    NewWebhook,
    NewWebhookSecret,
    Webhook,
    WebhookChanges,
    WebhookDelivery,
)

routes = Blueprint(__name__)


def _created(webhook: CreatedWebhook) -> RouteResponse:
    return RouteResponse(webhook, 201, {"Location": f"/v1/webhooks/{webhook.id}"})


def _renew(owner: UUID, webhook_id: UUID) -> RouteResponse:
    return _created(service.get_created(owner, webhook_id))


@routes.route("/v1/webhooks", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.WEBHOOKS_WRITE,
    body=NewWebhook,
    response_model=CreatedWebhook,
    status=201,
    creates=True,
    renew=_renew,
    contains_secret=True,
    errors=(ConflictError,),
)
def create_webhook(owner: UUID, body: NewWebhook, new_id: UUID) -> RouteResponse:
    """Have an address called when something happens. The `secret` is shown once: messages are signed with it, as Standard
    Webhooks says. 409 `limit_reached` at 10 webhooks.
    """
    return _created(service.create(owner, body, webhook_id=new_id))


@routes.route("/v1/webhooks", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.WEBHOOKS_WRITE,
    query=PageQuery,
    response_model=Page[Webhook],
    errors=(UnprocessableContentError,),
)
def list_webhooks(owner: UUID, query: PageQuery) -> Page[Webhook]:
    """List your webhooks, newest first."""
    return service.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/webhooks/{webhook_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.WEBHOOKS_WRITE, response_model=Webhook, versioned=True, errors=(NotFoundError,))
def get_webhook(owner: UUID, webhook_id: UUID) -> Webhook:
    """Return one webhook, without its secret."""
    return service.get(owner, webhook_id)


@routes.route("/v1/webhooks/{webhook_id}", methods=["PATCH"], authorizer=authorize, content_types=MERGE_PATCH)
@operation(
    routes,
    scope=Scope.WEBHOOKS_WRITE,
    body=WebhookChanges,
    response_model=Webhook,
    versioned=True,
    errors=(NotFoundError,),
)
def change_webhook(owner: UUID, webhook_id: UUID, body: WebhookChanges, precondition: Precondition) -> Webhook:
    """Change a webhook, pause it, or enable it again. Pausing cancels what has not been delivered."""
    return service.update(owner, webhook_id, body, precondition)


@routes.route("/v1/webhooks/{webhook_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.WEBHOOKS_WRITE, status=204, errors=(NotFoundError,))
def delete_webhook(owner: UUID, webhook_id: UUID) -> None:
    """Delete a webhook and the log of its deliveries."""
    service.delete(owner, webhook_id)


@routes.route("/v1/webhooks/{webhook_id}/secret", methods=["POST"], authorizer=authorize)
@operation(routes, scope=Scope.WEBHOOKS_WRITE, response_model=NewWebhookSecret, errors=(NotFoundError,))
def rotate_webhook_secret(owner: UUID, webhook_id: UUID) -> NewWebhookSecret:
    """Replace the secret. The new one is shown once; for 24 hours messages are signed with both."""
    return service.rotate_secret(owner, webhook_id)


@routes.route("/v1/webhooks/{webhook_id}/ping", methods=["POST"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.WEBHOOKS_WRITE,
    response_model=WebhookDelivery,
    status=202,
    creates=True,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def ping_webhook(owner: UUID, webhook_id: UUID, new_id: UUID) -> RouteResponse:
    """Send a `ping` to the receiver, once. Its answer is in the log of deliveries."""
    return RouteResponse(deliveries.ping(owner, webhook_id, delivery_id=new_id), 202)


@routes.route("/v1/webhooks/{webhook_id}/deliveries", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.WEBHOOKS_WRITE,
    query=PageQuery,
    response_model=Page[WebhookDelivery],
    errors=(NotFoundError, UnprocessableContentError),
)
def list_webhook_deliveries(owner: UUID, webhook_id: UUID, query: PageQuery) -> Page[WebhookDelivery]:
    """List the messages of the last 30 days with their attempts, newest first."""
    return deliveries.list_page(owner, webhook_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", methods=["POST"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.WEBHOOKS_WRITE,
    response_model=WebhookDelivery,
    status=202,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def redeliver_webhook(owner: UUID, webhook_id: UUID, delivery_id: UUID) -> RouteResponse:
    """Send a message once more, with the same id, body and sequence number."""
    return RouteResponse(deliveries.redeliver(owner, webhook_id, delivery_id), 202)
