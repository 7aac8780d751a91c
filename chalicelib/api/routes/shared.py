"""Routes for readers of share links: anyone with the address, and with the password if there is one.

`share` is the secret token of the link, or the token of the unlocked share; no other credentials are needed. A link that expired
or was revoked, whose media is in the trash or deleted, or that never existed: all are 404, with the same sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from chalice.app import Blueprint, Response
from pydantic import ConfigDict, Field

from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import TextQuery, UrlQuery, VersionQuery, read_text
from chalicelib.library import contents, display_forms, recording_chapters
from chalicelib.library.contents import Contents
from chalicelib.library.delivery import SignedUrl
from chalicelib.library.display_forms import DocumentSections, SectionHtml
from chalicelib.library.recording_chapters import FileChapters
from chalicelib.library.texts import MediaText
from chalicelib.platform.caller import Actor
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnprocessableContentError,
)
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.search.find_in_media import find_in_media
from chalicelib.search.model import FoundPlaces, PlaceQuery
from chalicelib.sharing import reading
from chalicelib.sharing.model import SharedContent, SharedMedia, SharedRecording, UnlockedShare, Unlocking
from chalicelib.speech.playback import position, service
from chalicelib.speech.playback.service import Marks

routes = Blueprint(__name__)

CLOSED = (NotFoundError, ForbiddenError, TooManyRequestsError)  # of every route: the share, its password, its limits


class SharedFromTimeQuery(LazyModel):
    """`from_ms` leaves out everything before it, to continue where the previous response ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_ms: Annotated[int, Field(ge=0, le=position.MAX_POSITION_MS)] | None = None


def _public(**described: Any) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    return operation(routes, public=True, actor=Actor.SHARE_LINK, **described)


@routes.route("/v1/shared/{share}", methods=["GET"])
@_public(response_model=SharedContent, errors=CLOSED)
def get_shared(share: str) -> SharedContent:
    """Return what a share link opens. With a password it is 403 (`password_required`) until it is unlocked."""
    return reading.describe(share)


@routes.route("/v1/shared/{share}/unlock", methods=["POST"], content_types=["application/json"])
@_public(body=Unlocking, response_model=UnlockedShare, errors=CLOSED)
def unlock_shared(share: str, body: Unlocking) -> UnlockedShare:
    """Exchange the password for a token that takes the place of the link's own for six hours.

    Ten attempts in 15 minutes are possible for each share.
    """
    return reading.unlock(share, body.password)


@routes.route("/v1/shared/{share}/media", methods=["GET"])
@_public(query=PageQuery, response_model=Page[SharedMedia], errors=(*CLOSED, UnprocessableContentError))
def list_shared_media(share: str, query: PageQuery) -> Page[SharedMedia]:
    """List the media of a share, in the order of its collection. A page may have fewer items than `limit`."""
    return reading.list_media(share, after=query.cursor, limit=query.limit)


@routes.route("/v1/shared/{share}/media/{media_id}", methods=["GET"])
@_public(response_model=SharedMedia, errors=CLOSED)
def get_shared_media(share: str, media_id: UUID) -> SharedMedia:
    """Return one media item of a share."""
    return reading.get_media(share, media_id)


@routes.route("/v1/shared/{share}/media/{media_id}/url", methods=["GET"])
@_public(query=UrlQuery, response_model=SignedUrl, errors=(*CLOSED, ConflictError))
def get_shared_media_url(share: str, media_id: UUID, query: UrlQuery) -> SignedUrl:
    """Return a short-lived URL for the bytes.

    The original and attachments are 403 (`download_not_allowed`) unless the share allows downloads.
    """
    return reading.sign_media_url(share, media_id, variant=query.variant, disposition=query.disposition)


@routes.route("/v1/shared/{share}/media/{media_id}/text", methods=["GET"])
@_public(query=TextQuery, response_model=MediaText, errors=(*CLOSED, ConflictError, UnprocessableContentError))
def get_shared_text(share: str, media_id: UUID, query: TextQuery) -> MediaText:
    """Return the text: all of it, one page, or a part."""
    return read_text(reading.open_media(share, media_id), media_id, query)


@routes.route("/v1/shared/{share}/media/{media_id}/document", methods=["GET"])
@_public(response_model=DocumentSections, errors=(*CLOSED, ConflictError))
def get_shared_document(share: str, media_id: UUID) -> DocumentSections:
    """List the sections in which a document is shown with its form; 404 (`no_display_form`) for media without one."""
    return display_forms.get(reading.open_media(share, media_id), media_id)


@routes.route("/v1/shared/{share}/media/{media_id}/document/{index}", methods=["GET"])
@_public(response_model=SectionHtml, errors=(*CLOSED, ConflictError))
def get_shared_document_section(share: str, media_id: UUID, index: int) -> SectionHtml:
    """Return the HTML of one section, counted from 0, with signed URLs of its pictures."""
    return display_forms.get_section(reading.open_media(share, media_id), media_id, index)


@routes.route("/v1/shared/{share}/media/{media_id}/contents", methods=["GET"])
@_public(query=VersionQuery, response_model=Contents, errors=(*CLOSED, ConflictError))
def get_shared_contents(share: str, media_id: UUID, query: VersionQuery) -> Contents:
    """Return the chapters and headings of a document, with their places in its text."""
    return contents.get(reading.open_media(share, media_id), media_id, version=query.version)


@routes.route("/v1/shared/{share}/media/{media_id}/chapters", methods=["GET"])
@_public(response_model=FileChapters, errors=(*CLOSED, ConflictError))
def get_shared_chapters(share: str, media_id: UUID) -> FileChapters:
    """Return the chapters that a sound or video has in itself, with their times; none for other media."""
    return recording_chapters.get(reading.open_media(share, media_id), media_id)


@routes.route("/v1/shared/{share}/media/{media_id}/find", methods=["GET"])
@_public(query=PlaceQuery, response_model=FoundPlaces, errors=(*CLOSED, ConflictError, UnprocessableContentError))
def find_shared_occurrences(share: str, media_id: UUID, query: PlaceQuery) -> FoundPlaces:
    """Find all places in one document at which a text occurs."""
    return find_in_media(reading.open_media(share, media_id), media_id, query.q, version=query.version)


@routes.route("/v1/shared/{share}/media/{media_id}/speech", methods=["GET"])
@_public(query=PageQuery, response_model=Page[SharedRecording], errors=(*CLOSED, UnprocessableContentError))
def list_shared_recordings(share: str, media_id: UUID, query: PageQuery) -> Page[SharedRecording]:
    """List the finished recordings of a media item, newest first. A page may have fewer items than `limit`."""
    return reading.list_recordings(share, media_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/shared/{share}/speech/{job_id}/playlist.m3u8", methods=["GET"])
@_public(produces=service.PLAYLIST_TYPE, errors=(*CLOSED, ConflictError))
def get_shared_playlist(share: str, job_id: UUID) -> RouteResponse:
    """Return the HLS playlist of a recording. Its parts are at addresses of the share."""
    playlist = service.get_playlist(reading.open_recording(share, job_id), job_id, token=None)
    return RouteResponse(playlist, 200, {"Content-Type": service.PLAYLIST_TYPE})


@routes.route("/v1/shared/{share}/speech/{job_id}/parts/{part}", methods=["GET"])
@_public(status=302, errors=CLOSED)
def get_shared_part(share: str, job_id: UUID, part: str) -> RouteResponse:
    """Redirect to an MP3 segment of the playlist."""
    return _redirect(service.sign_hls_segment_url(reading.open_recording(share, job_id), job_id, part))


@routes.route("/v1/shared/{share}/speech/{job_id}/marks", methods=["GET"])
@_public(query=SharedFromTimeQuery, response_model=Marks, other_responses={302: None}, errors=CLOSED)
def get_shared_marks(share: str, job_id: UUID, query: SharedFromTimeQuery) -> Marks | RouteResponse:
    """Return when each word is spoken, and where it is in the text. For very long recordings, redirect to the same document."""
    owner = reading.open_recording(share, job_id)
    marks = service.get_marks(owner, job_id, from_ms=query.from_ms)
    return marks if marks is not None else _redirect(service.sign_marks_url(owner, job_id))


@routes.route("/v1/shared/{share}/speech/{job_id}/captions.vtt", methods=["GET"])
@_public(query=SharedFromTimeQuery, produces=service.CAPTIONS_TYPE, other_responses={302: None}, errors=CLOSED)
def get_shared_captions(share: str, job_id: UUID, query: SharedFromTimeQuery) -> RouteResponse:
    """Return WebVTT with a cue per sentence or clause and the time of each word. For very long recordings, redirect to it."""
    owner = reading.open_recording(share, job_id)
    text = service.get_captions(owner, job_id, from_ms=query.from_ms)
    if text is None:
        return _redirect(service.sign_captions_url(owner, job_id))
    return RouteResponse(text, 200, {"Content-Type": service.CAPTIONS_TYPE})


@routes.route("/v1/shared/{share}/speech/{job_id}/audio", methods=["GET"])
@_public(status=302, errors=(*CLOSED, ConflictError))
def get_shared_audio(share: str, job_id: UUID) -> RouteResponse:
    """Redirect to the recording as one MP3; 403 (`download_not_allowed`) unless the share allows downloads."""
    return _redirect(reading.sign_audio_url(share, job_id))


def _redirect(url: str) -> RouteResponse:
    """Redirect without a cache: the share may be revoked."""
    return RouteResponse(None, 302, {"Location": url, "Cache-Control": "no-store"})
