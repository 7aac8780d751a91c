"""A collection as a private podcast: whoever has its address can listen to what was read aloud, in any podcast player."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint, Request

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import Answer, operation
from chalicelib.api.routes.media import head, redirect
from chalicelib.platform.config import settings
from chalicelib.platform.errors import NotFoundError, TooManyRequestsError
from chalicelib.speech import jobs
from chalicelib.speech.podcast import feed, service
from chalicelib.speech.podcast.service import NewPodcast, Podcast

FEED_MAX_AGE_S = 300  # players ask about once an hour; a withdrawn feed is gone from caches soon

routes = Blueprint(__name__)


@routes.route("/v1/collections/{collection_id}/podcast", methods=["POST"], authorizer=authorize)
@operation(routes, answer=NewPodcast, status=201, errors=(NotFoundError,))
def create_podcast(owner: UUID, collection_id: UUID) -> NewPodcast:
    """Give a collection a feed for podcast players, or its feed a new address: the old one leads nowhere from then on. The
    address is told this once."""
    return service.create(owner, collection_id)


@routes.route("/v1/collections/{collection_id}/podcast", methods=["GET"], authorizer=authorize)
@operation(routes, answer=Podcast, errors=(NotFoundError,))
def get_podcast(owner: UUID, collection_id: UUID) -> Podcast:
    """Whether a collection has a feed, and since when."""
    return service.get(owner, collection_id)


@routes.route("/v1/collections/{collection_id}/podcast", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204, errors=(NotFoundError,))
def delete_podcast(owner: UUID, collection_id: UUID) -> None:
    """Withdraw the feed: its address and those of its episodes lead nowhere from then on."""
    service.revoke(owner, collection_id)


@routes.route("/v1/podcasts/{podcast}/feed.xml", methods=["GET"])
@operation(routes, produces=feed.MEDIA_TYPE, public=True, errors=(NotFoundError, TooManyRequestsError))
def get_podcast_feed(podcast: str, request: Request) -> Answer:
    """RSS with an episode for every media of the collection that was read aloud, in the collection's order; `podcast` is the
    token, and all that is needed."""
    text = service.render_feed(podcast, base=_base(request))
    headers = {"Content-Type": feed.MEDIA_TYPE, "Cache-Control": f"private, max-age={FEED_MAX_AGE_S}"}
    return Answer(text, 200, headers)


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}", methods=["GET"])
@operation(routes, status=302, public=True, errors=(NotFoundError, TooManyRequestsError))
def get_podcast_episode(podcast: str, job_id: UUID) -> Answer:
    """A redirect to the recording; Range is storage's business."""
    return redirect(service.sign_episode_url(podcast, job_id))


@routes.route("/v1/podcasts/{podcast}/episodes/{job_id}", methods=["HEAD"])
@operation(routes, produces=jobs.RECORDING_MEDIA_TYPE, public=True, errors=(NotFoundError, TooManyRequestsError))
def head_podcast_episode(podcast: str, job_id: UUID) -> Answer:
    """Length, type and ETag of what `GET` leads to."""
    found = service.get_episode_object(podcast, job_id)
    return head(jobs.RECORDING_MEDIA_TYPE, found.size_bytes, found.etag)


def _base(request: Request) -> str:
    """This API's address as the player knows it: by the setting or, without one, as the gateway was called."""
    if settings().public_api_url:
        return str(settings().public_api_url).rstrip("/")
    scheme = request.headers.get("x-forwarded-proto") or "http"
    path = str(request.context.get("path") or "")
    return f"{scheme}://{request.headers.get('host', '')}{path[: path.index('/v1/')] if '/v1/' in path else ''}"
