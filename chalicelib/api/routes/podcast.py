"""Routes for private podcasts: anyone with the feed's address can listen to a collection."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint, Request

from chalicelib.api import etag, public_address
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import redirect
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import NotFoundError, TooManyRequestsError, UnprocessableContentError
from chalicelib.speech.podcast import feed, service
from chalicelib.speech.podcast.service import NewPodcast, Podcast

FEED_MAX_AGE_S = 300  # players poll about once an hour; a revoked feed leaves caches soon

routes = Blueprint(__name__)


@routes.route("/v1/collections/{collection_id}/podcast", methods=["POST"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, response_model=NewPodcast, status=201, errors=(NotFoundError,))
def create_podcast(owner: UUID, collection_id: UUID) -> NewPodcast:
    """Create a feed for a collection, or replace its address and revoke the old one. The address is shown only in this
    response.
    """
    return service.create(owner, collection_id)


@routes.route("/v1/collections/{collection_id}/podcast", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=Podcast, errors=(NotFoundError,))
def get_podcast(owner: UUID, collection_id: UUID) -> Podcast:
    """Return since when the collection has a feed."""
    return service.get(owner, collection_id)


@routes.route("/v1/podcasts", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=PageQuery, response_model=Page[Podcast], errors=(UnprocessableContentError,)
)
def list_podcasts(owner: UUID, query: PageQuery) -> Page[Podcast]:
    """List which of your collections have a feed, the newest first. Addresses are not listed: they are shown only once."""
    return service.list_page(owner, after=query.cursor, limit=query.limit)


@routes.route("/v1/collections/{collection_id}/podcast", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError,))
def delete_podcast(owner: UUID, collection_id: UUID) -> None:
    """Revoke the feed: its address and those of its episodes stop working at once.

    A signed URL to which an episode redirected before works until it expires, up to 15 minutes later.
    """
    service.revoke(owner, collection_id)


@routes.route("/v1/podcasts/{podcast}/feed.xml", methods=["GET"])
@operation(
    routes,
    produces=feed.MEDIA_TYPE,
    public=True,
    other_responses={304: None},
    errors=(NotFoundError, TooManyRequestsError),
)
def get_podcast_feed(podcast: str, request: Request) -> RouteResponse:
    """Return the feed (RSS) with an episode for every recorded media, in the collection's order. `podcast` is the secret token
    of the feed; no other credentials are needed. A player that has this version (`If-None-Match`) gets 304.
    """
    text, headers = _feed(podcast, request)
    if etag.is_not_modified(request, headers["ETag"]):
        return RouteResponse("", 304, headers)
    return RouteResponse(text, 200, headers)


@routes.route("/v1/podcasts/{podcast}/feed.xml", methods=["HEAD"])
@operation(
    routes,
    produces=feed.MEDIA_TYPE,
    public=True,
    other_responses={304: None},
    errors=(NotFoundError, TooManyRequestsError),
)
def head_podcast_feed(podcast: str, request: Request) -> RouteResponse:
    """Return the headers of the feed: directories and players check an address, or look for a new version."""
    _, headers = _feed(podcast, request)
    return RouteResponse("", 304 if etag.is_not_modified(request, headers["ETag"]) else 200, headers)


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}/audio.mp3", methods=["GET"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def get_podcast_episode_audio(podcast: str, job_id: UUID) -> RouteResponse:
    """Redirect to the recording; storage serves Range requests. Players know by the ending what it is."""
    return redirect(service.sign_episode_url(podcast, job_id))


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}/audio.mp3", methods=["HEAD"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def head_podcast_episode_audio(podcast: str, job_id: UUID) -> RouteResponse:
    """Redirect to storage, which says length, type and ETag of the recording. The URL is signed for HEAD only."""
    return redirect(service.sign_episode_url(podcast, job_id))


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}/artwork.jpg", methods=["GET"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def get_podcast_episode_artwork(podcast: str, job_id: UUID) -> RouteResponse:
    """Redirect to the picture of the episode: 1400 × 1400 pixels, as directories require, or the document's cover for a
    recording of an earlier release.
    """
    return redirect(service.sign_artwork_url(podcast, job_id))


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}/artwork.jpg", methods=["HEAD"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def head_podcast_episode_artwork(podcast: str, job_id: UUID) -> RouteResponse:
    """Redirect to storage, which says length and type of the picture. The URL is signed for HEAD only."""
    return redirect(service.sign_artwork_url(podcast, job_id))


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}", methods=["GET"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def get_podcast_episode(podcast: str, job_id: UUID) -> RouteResponse:
    """Redirect to the recording, for feeds that players read before its address ended in `.mp3`."""
    return redirect(service.sign_episode_url(podcast, job_id))


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}", methods=["HEAD"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def head_podcast_episode(podcast: str, job_id: UUID) -> RouteResponse:
    """Redirect to storage, which says length, type and ETag of the recording. The URL is signed for HEAD only."""
    return redirect(service.sign_episode_url(podcast, job_id))


def _feed(podcast: str, request: Request) -> tuple[str, dict[str, str]]:
    """Return the feed and its headers. Its entity tag is weak: the gateway compresses it for some clients."""
    text = service.render_feed(podcast, base=public_address.api_url(request))
    cache = f"private, max-age={FEED_MAX_AGE_S}"
    return text, {"Content-Type": feed.MEDIA_TYPE, "Cache-Control": cache, "ETag": etag.weak(text)}
