"""Taking a reading along: as one recording, as a file per chapter, as a book that reads itself, as captions."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import Answer, operation
from chalicelib.api.paging import PageQuery
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, TooManyRequestsError
from chalicelib.speech.exports import request
from chalicelib.speech.exports.model import NewSpeechExport, ReadySpeechExport, SpeechExport

routes = Blueprint(__name__)


@routes.route("/v1/speech/{job_id}/exports", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    body=NewSpeechExport,
    answer=SpeechExport,
    status=202,
    creates=True,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def create_speech_export(owner: UUID, job_id: UUID, body: NewSpeechExport, new_id: UUID) -> Answer:
    """Have a finished reading made into a file: `mp3` with chapters, `zip` with a file per chapter, `epub` with media overlays,
    `vtt`. While one of the same format is being made, the answer is that one."""
    export = request.create(owner, job_id, body.format, export_id=new_id)
    return Answer(export, 202, {"Location": f"/v1/speech/{job_id}/exports/{export.id}"})


@routes.route("/v1/speech/{job_id}/exports", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, answer=Page[SpeechExport], errors=(NotFoundError,))
def list_speech_exports(owner: UUID, job_id: UUID, query: PageQuery) -> Page[SpeechExport]:
    """Newest first."""
    return request.list_page(owner, job_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/speech/{job_id}/exports/{export_id}", methods=["GET"], authorizer=authorize)
@operation(routes, answer=ReadySpeechExport, errors=(NotFoundError,))
def get_speech_export(owner: UUID, job_id: UUID, export_id: UUID) -> ReadySpeechExport:
    """How far it is and, when it is done, where to fetch it."""
    return request.get(owner, job_id, export_id)


@routes.route("/v1/speech/{job_id}/exports/{export_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError,))
def delete_speech_export(owner: UUID, job_id: UUID, export_id: UUID) -> None:
    """Throw it away before it expires; the reading stays."""
    request.delete(owner, job_id, export_id)
