"""Routes for speech jobs: documents read aloud."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize, authorize_player
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import redirect
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import (
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnprocessableContentError,
)
from chalicelib.speech import jobs, listening_report
from chalicelib.speech.lifecycle.cancel import cancel
from chalicelib.speech.lifecycle.delete import delete
from chalicelib.speech.lifecycle.quote import quote
from chalicelib.speech.lifecycle.retry import retry
from chalicelib.speech.lifecycle.start import start
from chalicelib.speech.listening_report import ListeningReport
from chalicelib.speech.model import Job, NewSpeech, Quote

routes = Blueprint(__name__)


@routes.route("/v1/media/{media_id}/speech", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.SPEECH_WRITE,
    body=NewSpeech,
    response_model=Job,
    status=202,
    creates=True,
    errors=(
        ForbiddenError,
        NotFoundError,
        ConflictError,
        UnprocessableContentError,
        ContentTooLargeError,
        TooManyRequestsError,
    ),
)
def create_speech(owner: UUID, media_id: UUID, body: NewSpeech, new_id: UUID) -> RouteResponse:
    """Start reading a document aloud and return the job. The budget is checked before anything is paid.

    Of a scan whose text is being recognized, the pages from the first that are finished without a gap are read
    (`recognition.text_pages` of the media). 409 `recognizing` as long as there is none.
    """
    job = start(owner, media_id, body, job_id=new_id)
    return RouteResponse(job, 202, {"Location": f"/v1/speech/{job.id}"})


@routes.route("/v1/media/{media_id}/speech", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    query=PageQuery,
    response_model=Page[Job],
    errors=(NotFoundError, UnprocessableContentError),
)
def list_media_speech(owner: UUID, media_id: UUID, query: PageQuery) -> Page[Job]:
    """List the recordings of a document and its other speech jobs, newest first."""
    return jobs.list_of_media(owner, media_id, after=query.cursor, limit=query.limit)


@routes.route(
    "/v1/media/{media_id}/speech/quote", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    body=NewSpeech,
    response_model=Quote,
    errors=(NotFoundError, ConflictError, UnprocessableContentError, ContentTooLargeError, TooManyRequestsError),
)
def quote_speech(owner: UUID, media_id: UUID, body: NewSpeech) -> Quote:
    """Return the size and cost of a recording without starting it."""
    return quote(owner, media_id, body)


@routes.route("/v1/speech", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, query=PageQuery, response_model=Page[Job])
def list_speech(owner: UUID, query: PageQuery) -> Page[Job]:
    """List your speech jobs, newest first."""
    return jobs.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/speech/{job_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, response_model=Job, errors=(NotFoundError,))
def get_speech(owner: UUID, job_id: UUID) -> Job:
    """Return one speech job."""
    return jobs.get(owner, job_id)


@routes.route("/v1/speech/{job_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_WRITE, status=204, errors=(NotFoundError,))
def delete_speech(owner: UUID, job_id: UUID) -> RouteResponse:
    """Delete a job and its recording. A running job is stopped; what it has bought stays on the budget.

    A signed URL that was given out before works until its object is deleted, a few minutes later.
    """
    delete(owner, job_id)
    return RouteResponse(status=204)


@routes.route("/v1/speech/{job_id}/cancel", methods=["POST"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_WRITE, response_model=Job, errors=(NotFoundError, ConflictError))
def cancel_speech(owner: UUID, job_id: UUID) -> Job:
    """Cancel a job. Only calls already in flight are still billed: at most twelve while other jobs wait.

    Audio that exists is kept, and `retry` resumes from there.
    """
    return cancel(owner, job_id)


@routes.route("/v1/speech/{job_id}/retry", methods=["POST"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.SPEECH_WRITE,
    response_model=Job,
    status=202,
    errors=(ForbiddenError, NotFoundError, ConflictError, TooManyRequestsError),
)
def retry_speech(owner: UUID, job_id: UUID) -> RouteResponse:
    """Resume a job that was cancelled, failed, or has gaps. Only missing audio is bought."""
    return RouteResponse(retry(owner, job_id), 202)


@routes.route("/v1/speech/{job_id}/report", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, response_model=ListeningReport, errors=(NotFoundError, ConflictError))
def get_speech_report(owner: UUID, job_id: UUID) -> ListeningReport:
    """Return the listening report of a finished recording: what was spoken, left out and checked."""
    return listening_report.get(owner, job_id)


@routes.route("/v1/speech/{job_id}/audio", methods=["GET"], authorizer=authorize_player)
@operation(routes, scope=Scope.SPEECH_READ, status=302, errors=(NotFoundError, ConflictError))
def get_speech_audio(owner: UUID, job_id: UUID) -> RouteResponse:
    """Redirect to the finished MP3."""
    return redirect(jobs.sign_audio_url(owner, job_id))


@routes.route("/v1/speech/{job_id}/audio", methods=["HEAD"], authorizer=authorize_player)
@operation(routes, scope=Scope.SPEECH_READ, status=302, errors=(NotFoundError, ConflictError))
def head_speech_audio(owner: UUID, job_id: UUID) -> RouteResponse:
    """Redirect to storage, which says length, type and ETag of the MP3. The URL is signed for HEAD only."""
    return redirect(jobs.sign_audio_url(owner, job_id))
