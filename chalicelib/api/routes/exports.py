"""Routes for exports of a recording: MP3, ZIP, EPUB with media overlays, captions."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.auth.api_keys import Scope
from chalicelib.exports import request
from chalicelib.exports.model import NewSpeechExport, ReadySpeechExport, SpeechExport
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, TooManyRequestsError

routes = Blueprint(__name__)


def renew_speech_export(owner: UUID, export_id: UUID) -> RouteResponse | None:
    """Return an export as it is now, with a fresh URL; None if the request returned another one, or it was deleted."""
    try:
        return _accepted(request.get_speech_export(owner, None, export_id))
    except NotFoundError:
        return None


@routes.route("/v1/speech/{job_id}/exports", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.SPEECH_WRITE,
    body=NewSpeechExport,
    response_model=ReadySpeechExport,
    status=202,
    creates=True,
    renew=renew_speech_export,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def create_speech_export(owner: UUID, job_id: UUID, body: NewSpeechExport, new_id: UUID) -> RouteResponse:
    """Export a finished recording. Formats that are done at once have their `url` in this response.

    Formats are `mp3` with chapters, `zip` with a file per chapter, `epub` with media overlays, and `vtt`. While an
    export of the same format is being built, the response is that one.
    """
    return _accepted(request.create_speech_export(owner, job_id, body.format, export_id=new_id))


@routes.route("/v1/speech/{job_id}/exports", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, query=PageQuery, response_model=Page[SpeechExport], errors=(NotFoundError,))
def list_speech_exports(owner: UUID, job_id: UUID, query: PageQuery) -> Page[SpeechExport]:
    """List the exports of a recording, newest first."""
    return request.list_speech_exports(owner, job_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/speech/{job_id}/exports/{export_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, response_model=ReadySpeechExport, errors=(NotFoundError,))
def get_speech_export(owner: UUID, job_id: UUID, export_id: UUID) -> ReadySpeechExport:
    """Return the state of an export and, once it is done, its download URL."""
    return request.get_speech_export(owner, job_id, export_id)


@routes.route("/v1/speech/{job_id}/exports/{export_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_WRITE, status=204, errors=(NotFoundError,))
def delete_speech_export(owner: UUID, job_id: UUID, export_id: UUID) -> None:
    """Delete an export before it expires. The recording stays."""
    request.delete_speech_export(owner, job_id, export_id)


def _accepted(export: ReadySpeechExport) -> RouteResponse:
    return RouteResponse(export, 202, {"Location": f"/v1/speech/{export.job_id}/exports/{export.id}"})
