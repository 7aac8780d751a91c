"""The account itself: usage and limits, the audit trail, taking everything along, and leaving."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint
from pydantic import BaseModel, ConfigDict

from chalicelib import audit
from chalicelib.account import usage
from chalicelib.account.erasure import request as erasures
from chalicelib.account.erasure.model import AcceptedErasure, Erasure
from chalicelib.account.export import request as exports
from chalicelib.account.export.model import Export, ReadyExport
from chalicelib.account.usage import Account
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import Answer, operation
from chalicelib.api.paging import PageQuery
from chalicelib.audit.model import AuditEvent, ChainCheck
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import (
    ConflictError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnprocessableContentError,
)

routes = Blueprint(__name__)


class ErasureQuery(BaseModel):
    """`confirm` is the account's id, as `GET /v1/account` tells it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confirm: UUID


@routes.route("/v1/account", methods=["GET"], authorizer=authorize)
@operation(routes, answer=Account)
def get_account(owner: UUID) -> Account:
    """What the account holds, and what it may."""
    return usage.get(owner)


@routes.route("/v1/account/audit", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, answer=Page[AuditEvent], errors=(UnprocessableContentError,))
def list_audit(owner: UUID, query: PageQuery) -> Page[AuditEvent]:
    """Who did what, when and from where; newest first."""
    return audit.list_events(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/account/audit/check", methods=["GET"], authorizer=authorize)
@operation(routes, answer=ChainCheck)
def check_audit(owner: UUID) -> ChainCheck:
    """Whether the trail is what was written: nothing changed, nothing missing."""
    return audit.check(owner)


@routes.route("/v1/account/export", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(routes, answer=Export, status=202, creates=True, errors=(ConflictError, TooManyRequestsError))
def create_export(owner: UUID, new_id: UUID) -> Answer:
    """Have a ZIP made of everything; one at a time, the one under way is answered again."""
    export = exports.create(owner, export_id=new_id)
    return Answer(export, 202, {"Location": f"/v1/account/export/{export.id}"})


@routes.route("/v1/account/export", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, answer=Page[Export], errors=(UnprocessableContentError,))
def list_exports(owner: UUID, query: PageQuery) -> Page[Export]:
    """Newest first; exports that expired are gone."""
    return exports.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/account/export/{export_id}", methods=["GET"], authorizer=authorize)
@operation(routes, answer=ReadyExport, errors=(NotFoundError, ConflictError))
def get_export(owner: UUID, export_id: UUID) -> ReadyExport:
    """How far it is and, once it is done, a URL to fetch it from."""
    return exports.get(owner, export_id)


@routes.route("/v1/account", methods=["DELETE"], authorizer=authorize)
@operation(routes, query=ErasureQuery, answer=AcceptedErasure, status=202, errors=(UnprocessableContentError,))
def erase_account(owner: UUID, query: ErasureQuery) -> Answer:
    """Erase everything that is kept for the account, beyond recovery. Who may sign in is the user pool's business, not ours."""
    erasure = erasures.create(owner, confirm=query.confirm)
    return Answer(erasure, 202, {"Location": erasure.path})


@routes.route("/v1/erasures/{token}", methods=["GET"])
@operation(
    routes,
    answer=Erasure,
    errors=(UnauthorizedError, NotFoundError),
    public=True,
    capability=erasures.RECEIPT_PURPOSE,
)
def get_erasure(owner: UUID, subject: str) -> Erasure:
    """How far an erasure is and, once it is done, its receipt. Open to whoever has the path."""
    return erasures.get(owner, UUID(subject))
