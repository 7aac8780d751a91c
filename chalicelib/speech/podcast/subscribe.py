"""A private podcast of a collection: giving out its token, replacing it, withdrawing it; and what a player gets for it."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.items import CollectionItem
from chalicelib.library.model import Status
from chalicelib.platform import caller
from chalicelib.platform.aws import storage
from chalicelib.platform.caller import Actor
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import jobs
from chalicelib.speech.podcast import feed, store
from chalicelib.speech.podcast import token as tokens
from chalicelib.speech.podcast.feed import Channel, Episode
from chalicelib.speech.podcast.token import Token

MAX_EPISODES = 300  # ~200 KB of feed; players fetch it every hour
FEED_RATE_LIMIT = Limit(
    "podcast", requests=60, per_s=60
)  # of one feed, its episodes included: several players, none in a hurry


class Podcast(BaseModel):
    """A collection has a feed since then."""

    collection_id: UUID
    created_at: datetime


class NewPodcast(Podcast):
    """`path`, behind this API's address, is the feed. It is told this once: what is kept of the token cannot be read back."""

    token: str
    path: str


def create(owner_id: UUID, collection_id: UUID) -> NewPodcast:
    """Give a collection a feed, or its feed a new token: the old one leads nowhere from then on. Raises NotFoundError."""
    text = tokens.issue(owner_id)
    given = tokens.parse(text)
    assert given is not None  # noqa: S101 - it was just made
    with database.transaction(owner_id) as connection:
        collections.load(connection, collection_id)
        store.upsert(connection, owner_id, collection_id, given.hash)
        audit.record(connection, owner_id, Action.PODCAST_CREATED, collection_id)
        made = store.get_by_collection(connection, collection_id)
    assert made is not None  # noqa: S101 - it was just written
    return NewPodcast(
        collection_id=collection_id, created_at=made.created_at, token=text, path=f"/v1/podcasts/{text}/feed.xml"
    )


def get(owner_id: UUID, collection_id: UUID) -> Podcast:
    """Raises NotFoundError when the collection has no feed."""
    with database.transaction(owner_id) as connection:
        collections.load(connection, collection_id)
        found = store.get_by_collection(connection, collection_id)
    if found is None:
        raise NotFoundError(f"The collection {collection_id} has no podcast.")
    return Podcast(collection_id=found.collection_id, created_at=found.created_at)


def revoke(owner_id: UUID, collection_id: UUID) -> None:
    """Let the feed and its episodes lead nowhere. Raises NotFoundError when there is none."""
    with database.transaction(owner_id) as connection:
        if not store.delete(connection, collection_id):
            raise NotFoundError(f"The collection {collection_id} has no podcast.")
        audit.record(connection, owner_id, Action.PODCAST_REVOKED, collection_id)


def render_feed(text: str, *, base: str) -> str:
    """The feed of a token, with the API at `base`. Raises NotFoundError and TooOftenError."""
    given, podcast = _admitted(text)
    with database.transaction(given.owner_id) as connection:
        collection = collections.load(connection, podcast.collection_id)
    listed = _items(given.owner_id, podcast.collection_id)
    with database.transaction(given.owner_id) as connection:
        readings = {
            reading.media_id: reading
            for reading in store.list_latest_recordings(connection, [item.id for item in listed])
        }
    episodes = [
        Episode(
            job_id=reading.job_id,
            title=item.title,
            path=f"episodes/{reading.job_id}",
            size_bytes=reading.size_bytes,
            duration_ms=reading.duration_ms,
            published_at=reading.finished_at,
        )
        for item in listed
        if (reading := readings.get(item.id)) is not None
    ]
    channel = Channel(
        title=collection.name,
        description=collection.description,
        language=next((item.language for item in listed if item.id in readings and item.language), "en"),
        updated_at=max([podcast.created_at, *(episode.published_at for episode in episodes)]),
    )
    return feed.render(channel, episodes, folder=f"{base}/v1/podcasts/{text}")


def sign_episode_url(text: str, job_id: UUID) -> str:
    """A URL for the recording of an episode. Raises NotFoundError for what the feed does not hold, and TooOftenError."""
    job = _episode(text, job_id)
    with caller.acting_as(dataclasses.replace(caller.current(), actor=Actor.LINK_TOKEN)):
        audit.record_in_own_transaction(job.owner_id, Action.SPEECH_DOWNLOADED, job_id, what="episode")
    return storage.presign_get(
        jobs.recording_key(job.owner_id, job_id),
        filename=f"{job.title}.mp3",
        media_type=jobs.RECORDING_MEDIA_TYPE,
        inline=True,
        valid_s=jobs.URL_VALID_S,
    )


def get_episode_object(text: str, job_id: UUID) -> storage.ObjectVersion:
    """The object that `sign_episode_url` leads to; same errors."""
    job = _episode(text, job_id)
    return storage.get_version(jobs.recording_key(job.owner_id, job_id))


class _Offered(BaseModel):
    owner_id: UUID
    title: str


def _episode(text: str, job_id: UUID) -> _Offered:
    given, podcast = _admitted(text)
    listed = {item.id: item for item in _items(given.owner_id, podcast.collection_id)}
    job = jobs.get(given.owner_id, job_id)
    if job.media_id not in listed or job.status not in jobs.FINISHED_STATUSES:
        raise NotFoundError(f"There is no episode {job_id} in this podcast.")
    return _Offered(owner_id=given.owner_id, title=listed[job.media_id].title)


def _admitted(text: str) -> tuple[Token, store.PodcastRow]:
    given = tokens.parse(text)
    if given is None:
        raise _unknown()
    with database.transaction(given.owner_id) as connection:
        podcast = store.get_by_token_hash(connection, given.hash)
    if podcast is None:
        raise _unknown()
    rate_limit.consume(FEED_RATE_LIMIT, given.hash.hex())
    return given, podcast


def _items(owner_id: UUID, collection_id: UUID) -> list[CollectionItem]:
    found: list[CollectionItem] = []
    cursor: str | None = None
    while len(found) < MAX_EPISODES:
        page = items.list_page(owner_id, collection_id, after=cursor, limit=100)
        found += [item for item in page.items if item.status is Status.READY]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:MAX_EPISODES]


def _unknown() -> NotFoundError:
    return NotFoundError("There is no podcast at this address (any more).")
