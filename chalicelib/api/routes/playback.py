"""Listening while it is still being spoken, and afterwards: the playlist, the marks of words, captions, the place one is at."""

from __future__ import annotations

import hashlib
from typing import Annotated
from uuid import UUID

from chalice.app import Blueprint, Request
from pydantic import BaseModel, ConfigDict, Field

from chalicelib.api.authorizer import authorize, authorize_player
from chalicelib.api.operation import JSON, Answer, operation
from chalicelib.api.routes.media import redirect
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.speech.playback import position, service
from chalicelib.speech.playback.position import NewPosition, Position
from chalicelib.speech.playback.service import Marks

routes = Blueprint(__name__)


class PlayerQuery(BaseModel):
    """`t` is a capability, for players that send no header; the playlist hands it on to its parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    t: Annotated[str, Field(max_length=500)] | None = None


class GrowingQuery(BaseModel):
    """`from_ms` leaves out what is heard before: who has an answer goes on at its end. `t` is a capability, for players."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_ms: Annotated[int, Field(ge=0, le=position.MAX_POSITION_MS)] | None = None
    t: Annotated[str, Field(max_length=500)] | None = None


@routes.route("/v1/speech/{job_id}/playlist.m3u8", methods=["GET"], authorizer=authorize_player)
@operation(
    routes, query=PlayerQuery, produces=service.PLAYLIST_TYPE, also={304: None}, errors=(NotFoundError, ConflictError)
)
def get_speech_playlist(owner: UUID, job_id: UUID, query: PlayerQuery, request: Request) -> Answer:
    """An HLS playlist that grows while the reading is spoken and ends with it. 409 (`not_begun`) until its first words are."""
    return _fresh(request, service.get_playlist(owner, job_id, token=query.t), service.PLAYLIST_TYPE)


@routes.route("/v1/speech/{job_id}/parts/{part}", methods=["GET"], authorizer=authorize_player)
@operation(routes, query=PlayerQuery, status=302, errors=(NotFoundError,))
def get_speech_part(owner: UUID, job_id: UUID, part: str, query: PlayerQuery) -> Answer:
    """A redirect to some seconds of MP3, as the playlist names them: up to 15, or 90 of texts beyond a million characters."""
    del query  # the authorizer has read it
    return redirect(service.sign_hls_segment_url(owner, job_id, part))


@routes.route("/v1/speech/{job_id}/marks", methods=["GET"], authorizer=authorize_player)
@operation(routes, query=GrowingQuery, answer=Marks, also={302: None, 304: None}, errors=(NotFoundError,))
def get_speech_marks(owner: UUID, job_id: UUID, query: GrowingQuery, request: Request) -> Answer:
    """When each word is spoken and where it stands, as far as it was spoken without a gap. While that grows, ask with `from_ms` =
    the last answer's `duration_ms`. A finished reading of more than half a million characters answers with a redirect to the
    same document."""
    found = service.get_marks(owner, job_id, from_ms=query.from_ms)
    if found is None:
        return redirect(service.sign_marks_url(owner, job_id))
    return _fresh(request, found.model_dump_json(), JSON)


@routes.route("/v1/speech/{job_id}/captions.vtt", methods=["GET"], authorizer=authorize_player)
@operation(
    routes, query=GrowingQuery, produces=service.CAPTIONS_TYPE, also={302: None, 304: None}, errors=(NotFoundError,)
)
def get_speech_captions(owner: UUID, job_id: UUID, query: GrowingQuery, request: Request) -> Answer:
    """WebVTT with a cue per sentence or clause and the time of each word in it; grows, and redirects, as the marks do."""
    text = service.get_captions(owner, job_id, from_ms=query.from_ms)
    if text is None:
        return redirect(service.sign_captions_url(owner, job_id))
    return _fresh(request, text, service.CAPTIONS_TYPE)


@routes.route("/v1/speech/{job_id}/position", methods=["PUT"], authorizer=authorize, content_types=["application/json"])
@operation(routes, body=NewPosition, answer=Position, errors=(NotFoundError, UnprocessableContentError))
def set_speech_position(owner: UUID, job_id: UUID, body: NewPosition) -> Position:
    """Remember where one is, for every reading of this media. Of several devices the latest by `device_time` counts; the answer
    is what is remembered now."""
    return position.update_position(owner, job_id, body)


@routes.route("/v1/speech/{job_id}/position", methods=["GET"], authorizer=authorize)
@operation(routes, answer=Position, errors=(NotFoundError,))
def get_speech_position(owner: UUID, job_id: UUID) -> Position:
    """Where one was last, in any reading of this media, as a time in this one."""
    return position.get_position(owner, job_id)


def _fresh(request: Request, body: str, media_type: str) -> Answer:
    """An answer that may be kept but is asked about every time: what has not grown is not sent again."""
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    known = str(request.headers.get("if-none-match") or "")
    if etag in {each.strip().removeprefix("W/") for each in known.split(",")}:
        return Answer(None, 304, headers)
    return Answer(body, 200, {**headers, "Content-Type": media_type})
