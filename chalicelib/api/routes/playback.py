"""Routes for playback, during and after synthesis: playlist, speech marks, captions, listening position."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chalice.app import Blueprint, Request
from pydantic import ConfigDict, Field

from chalicelib.api import etag
from chalicelib.api.authorizer import authorize, authorize_player
from chalicelib.api.operation import JSON, RouteResponse, operation
from chalicelib.api.routes.media import redirect
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.playback import position, service
from chalicelib.speech.playback.position import NewPosition, Position
from chalicelib.speech.playback.service import Marks

routes = Blueprint(__name__)


class PlayerQuery(LazyModel):
    """`t` is a link token, for players; the playlist passes it to its segments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    t: Annotated[str, Field(max_length=500)] | None = None


class FromTimeQuery(LazyModel):
    """`from_ms` leaves out everything before it, to continue where the previous response ended. `t` is a link token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_ms: Annotated[int, Field(ge=0, le=position.MAX_POSITION_MS)] | None = None
    t: Annotated[str, Field(max_length=500)] | None = None


@routes.route("/v1/speech/{job_id}/playlist.m3u8", methods=["GET"], authorizer=authorize_player)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    query=PlayerQuery,
    produces=service.PLAYLIST_TYPE,
    other_responses={304: None},
    errors=(NotFoundError, ConflictError),
)
def get_speech_playlist(owner: UUID, job_id: UUID, query: PlayerQuery, request: Request) -> RouteResponse:
    """Return an HLS playlist that grows until the recording is complete. 409 (`not_started`) until there is audio."""
    return _revalidated(request, service.get_playlist(owner, job_id, token=query.t), service.PLAYLIST_TYPE)


@routes.route("/v1/speech/{job_id}/parts/{part}", methods=["GET"], authorizer=authorize_player)
@operation(routes, scope=Scope.SPEECH_READ, query=PlayerQuery, status=302, errors=(NotFoundError,))
def get_speech_part(owner: UUID, job_id: UUID, part: str, query: PlayerQuery) -> RouteResponse:
    """Redirect to an MP3 segment of the playlist.

    It lasts up to 15 s, or 90 s for texts of more than a million characters.
    """
    del query  # the authorizer reads it
    return redirect(service.sign_hls_segment_url(owner, job_id, part))


@routes.route("/v1/speech/{job_id}/marks", methods=["GET"], authorizer=authorize_player)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    query=FromTimeQuery,
    response_model=Marks,
    other_responses={302: None, 304: None},
    errors=(NotFoundError,),
)
def get_speech_marks(owner: UUID, job_id: UUID, query: FromTimeQuery, request: Request) -> RouteResponse:
    """Return when each word is spoken, and where it is in the text.

    The words end at the first segment without audio. While they grow, request again with `from_ms` set to the last
    `duration_ms`. For a finished recording of more than 500,000 characters the response redirects to the same document.
    """
    marks = service.get_marks(owner, job_id, from_ms=query.from_ms)
    if marks is None:
        return redirect(service.sign_marks_url(owner, job_id))
    return _revalidated(request, marks.model_dump_json(), JSON)


@routes.route("/v1/speech/{job_id}/captions.vtt", methods=["GET"], authorizer=authorize_player)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    query=FromTimeQuery,
    produces=service.CAPTIONS_TYPE,
    other_responses={302: None, 304: None},
    errors=(NotFoundError,),
)
def get_speech_captions(owner: UUID, job_id: UUID, query: FromTimeQuery, request: Request) -> RouteResponse:
    """Return WebVTT with a cue per sentence or clause and the time of each word. Grows and redirects like the marks."""
    text = service.get_captions(owner, job_id, from_ms=query.from_ms)
    if text is None:
        return redirect(service.sign_captions_url(owner, job_id))
    return _revalidated(request, text, service.CAPTIONS_TYPE)


@routes.route("/v1/speech/{job_id}/position", methods=["PUT"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewPosition,
    response_model=Position,
    errors=(NotFoundError, UnprocessableContentError),
)
def set_speech_position(owner: UUID, job_id: UUID, body: NewPosition) -> Position:
    """Save the listening position, for all recordings of this media. The latest `device_time` wins across devices; the response
    is the position that is stored now.
    """
    return position.update_position(owner, job_id, body)


@routes.route("/v1/speech/{job_id}/position", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, response_model=Position, errors=(NotFoundError,))
def get_speech_position(owner: UUID, job_id: UUID) -> Position:
    """Return the last position in any recording of this media, as a time in this one."""
    return position.get_position(owner, job_id)


def _revalidated(request: Request, body: str, media_type: str) -> RouteResponse:
    """Return a response that clients cache but revalidate: 304 while nothing has been added."""
    tag = etag.weak(body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if etag.is_not_modified(request, tag):
        return RouteResponse(None, 304, headers)
    return RouteResponse(body, 200, {**headers, "Content-Type": media_type})
