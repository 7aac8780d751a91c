"""Routes for the account: usage and limits, audit trail, data export, erasure."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chalice.app import Blueprint
from pydantic import ConfigDict, Field

from chalicelib import audit
from chalicelib.account import activity, usage
from chalicelib.account.erasure import request as erasures
from chalicelib.account.erasure.model import AcceptedErasure, Erasure
from chalicelib.account.usage import Account
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.audit.model import AuditEvent, ChainCheck, VerifiedEvent
from chalicelib.auth.api_keys import Scope
from chalicelib.auth.link_tokens import Purpose
from chalicelib.exports import request as exports
from chalicelib.exports.model import Export, ReadyExport
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import (
    ConflictError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnprocessableContentError,
)
from chalicelib.platform.lazy_model import LazyModel

routes = Blueprint(__name__)


class ErasureQuery(LazyModel):
    """`confirm` is the account's id, which `GET /v1/account` returns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confirm: UUID


class AuditCheckQuery(LazyModel):
    """`after` is an event that was verified before, `<number>:<hash in hex>`; without it the trail is verified from its start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[str, Field(pattern=r"^([0-9]{1,18}:[0-9a-f]{64})?$")] = ""


@routes.route("/v1/account", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.ACCOUNT_READ, response_model=Account)
def get_account(owner: UUID) -> Account:
    """Return usage and limits of the account."""
    return usage.get(owner)


@routes.route("/v1/account/audit", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.ACCOUNT_READ,
    query=PageQuery,
    response_model=Page[AuditEvent],
    errors=(UnprocessableContentError,),
)
def list_audit(owner: UUID, query: PageQuery) -> Page[AuditEvent]:
    """List audit events, newest first: who did what, to what, when, and from where."""
    return activity.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/account/audit/check", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.ACCOUNT_READ,
    query=AuditCheckQuery,
    response_model=ChainCheck,
    errors=(UnprocessableContentError,),
)
def check_audit(owner: UUID, query: AuditCheckQuery) -> ChainCheck:
    """Verify the audit trail: return whether every event is unchanged and none is missing.

    One response covers up to 20,000 events. Request again with `after` set to `next`, until it is null.
    """
    return audit.check(owner, after=VerifiedEvent.parse(query.after))


@routes.route("/v1/account/export", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(routes, response_model=Export, status=202, creates=True, errors=(ConflictError, TooManyRequestsError))
def create_export(owner: UUID, new_id: UUID) -> RouteResponse:
    """Start an export of all data as a ZIP. While one is being built, the response is that one."""
    export = exports.create_account_export(owner, export_id=new_id)
    return RouteResponse(export, 202, {"Location": f"/v1/account/export/{export.id}"})


@routes.route("/v1/account/export", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, response_model=Page[Export], errors=(UnprocessableContentError,))
def list_exports(owner: UUID, query: PageQuery) -> Page[Export]:
    """List data exports that have not expired, newest first."""
    return exports.list_account_exports(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/account/export/{export_id}", methods=["GET"], authorizer=authorize)
@operation(routes, response_model=ReadyExport, errors=(NotFoundError, ConflictError))
def get_export(owner: UUID, export_id: UUID) -> ReadyExport:
    """Return the state of an export and, once it is done, its download URL."""
    return exports.get_account_export(owner, export_id)


@routes.route("/v1/account", methods=["DELETE"], authorizer=authorize)
@operation(routes, query=ErasureQuery, response_model=AcceptedErasure, status=202, errors=(UnprocessableContentError,))
def erase_account(owner: UUID, query: ErasureQuery) -> RouteResponse:
    """Erase everything that is stored for the account, irrevocably. The sign-in itself is managed by the user pool.

    Capabilities and podcasts stop working at once, and never work again. A signed URL that was given out before works until its
    object is deleted, at most 15 minutes later.
    """
    erasure = erasures.create(owner, confirm=query.confirm)
    return RouteResponse(erasure, 202, {"Location": erasure.path})


@routes.route("/v1/erasures/{token}", methods=["GET"])
@operation(
    routes,
    response_model=Erasure,
    errors=(UnauthorizedError, NotFoundError),
    public=True,
    token_purpose=Purpose.ERASURE_RECEIPT,
)
def get_erasure(owner: UUID, subject: str) -> Erasure:
    """Return the state of an erasure and, once it is done, its receipt. The path is the only credential."""
    return erasures.get(owner, UUID(subject))
