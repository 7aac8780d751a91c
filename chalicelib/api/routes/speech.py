"""Reading aloud."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize, authorize_player
from chalicelib.api.operation import Answer, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import head, redirect
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import (
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnprocessableContentError,
)
from chalicelib.speech import jobs
from chalicelib.speech.lifecycle.cancel import cancel
from chalicelib.speech.lifecycle.delete import delete
from chalicelib.speech.lifecycle.quote import quote
from chalicelib.speech.lifecycle.retry import retry
from chalicelib.speech.lifecycle.start import start
from chalicelib.speech.model import Job, NewSpeech, Quote

routes = Blueprint(__name__)


@routes.route("/v1/media/{media_id}/speech", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    body=NewSpeech,
    answer=Job,
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
def create_speech(owner: UUID, media_id: UUID, body: NewSpeech, new_id: UUID) -> Answer:
    """Have a document read aloud; the answer is a job to watch. Budgets are asked before anything is paid."""
    job = start(owner, media_id, body, job_id=new_id)
    return Answer(job, 202, {"Location": f"/v1/speech/{job.id}"})


@routes.route(
    "/v1/media/{media_id}/speech/quote", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(
    routes,
    body=NewSpeech,
    answer=Quote,
    errors=(NotFoundError, ConflictError, UnprocessableContentError, ContentTooLargeError, TooManyRequestsError),
)
def quote_speech(owner: UUID, media_id: UUID, body: NewSpeech) -> Quote:
    """What a reading would be and cost. Nothing is begun, and nothing is paid."""
    return quote(owner, media_id, body)


@routes.route("/v1/speech", methods=["GET"], authorizer=authorize)
@operation(routes, query=PageQuery, answer=Page[Job])
def list_speech(owner: UUID, query: PageQuery) -> Page[Job]:
    """Newest first."""
    return jobs.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/speech/{job_id}", methods=["GET"], authorizer=authorize)
@operation(routes, answer=Job, errors=(NotFoundError,))
def get_speech(owner: UUID, job_id: UUID) -> Job:
    return jobs.get(owner, job_id)


@routes.route("/v1/speech/{job_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError,))
def delete_speech(owner: UUID, job_id: UUID) -> Answer:
    """Remove a reading and its recording. One that is under way ends; what it has bought counts."""
    delete(owner, job_id)
    return Answer(status=204)


@routes.route("/v1/speech/{job_id}/cancel", methods=["POST"], authorizer=authorize)
@operation(routes, answer=Job, errors=(NotFoundError, ConflictError))
def cancel_speech(owner: UUID, job_id: UUID) -> Job:
    """Buy nothing more than what is under way: at most twelve calls while others wait, all that the provider takes otherwise.

    What was spoken is kept, and `retry` goes on from there.
    """
    return cancel(owner, job_id)


@routes.route("/v1/speech/{job_id}/retry", methods=["POST"], authorizer=authorize)
@operation(routes, answer=Job, status=202, errors=(ForbiddenError, NotFoundError, ConflictError, TooManyRequestsError))
def retry_speech(owner: UUID, job_id: UUID) -> Answer:
    """Go on with a reading that was cancelled, failed, or has gaps: only what is missing is bought."""
    return Answer(retry(owner, job_id), 202)


@routes.route("/v1/speech/{job_id}/audio", methods=["GET"], authorizer=authorize_player)
@operation(routes, status=302, errors=(NotFoundError, ConflictError))
def get_speech_audio(owner: UUID, job_id: UUID) -> Answer:
    """A redirect to the finished MP3."""
    return redirect(jobs.sign_audio_url(owner, job_id))


@routes.route("/v1/speech/{job_id}/audio", methods=["HEAD"], authorizer=authorize_player)
@operation(routes, produces=jobs.RECORDING_MEDIA_TYPE, errors=(NotFoundError, ConflictError))
def head_speech_audio(owner: UUID, job_id: UUID) -> Answer:
    """Length, type and ETag of what `GET` leads to."""
    found = jobs.get_audio(owner, job_id)
    return head(jobs.RECORDING_MEDIA_TYPE, found.size_bytes, found.etag)
