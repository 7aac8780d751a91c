"""Private podcast of a collection: create and revoke its feed, and serve it to players."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.auth import revocation
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.items import CollectionItem
from chalicelib.library.model import Status
from chalicelib.library.object_keys import cover_key
from chalicelib.platform import caller
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.caller import Actor
from chalicelib.platform.db import cursor, database, rate_limit
from chalicelib.platform.db.cursor import Page, TimeCursor
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import NotFoundError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech import artwork, jobs
from chalicelib.speech.podcast import feed, store
from chalicelib.speech.podcast import token as tokens
from chalicelib.speech.podcast.feed import Channel, Episode
from chalicelib.speech.podcast.token import Token

MAX_AUTHORS = 3  # named for a whole podcast
MAX_EPISODES = 300  # ~200 KB of feed; players fetch it every hour
# Requests to one feed, its episodes included: several players, none in a hurry.
FEED_RATE_LIMIT = Limit("podcast", requests=60, per_s=60)


class Podcast(LazyModel):
    """The feed of a collection, and when its token was issued."""

    collection_id: UUID
    created_at: datetime


class NewPodcast(Podcast):
    """`path`, relative to this API's address, is the feed.

    It is shown only once: the server stores just a hash of the token.
    """

    token: str
    path: str


def create(owner_id: UUID, collection_id: UUID) -> NewPodcast:
    """Create a collection's feed, or issue a new token for it: the old address stops working.

    Raises NotFoundError.
    """
    text = tokens.issue(owner_id)
    token = tokens.parse(text)
    assert token is not None  # noqa: S101 - it was just issued
    with database.transaction(owner_id) as connection:
        collections.load(connection, collection_id)
        store.upsert(connection, owner_id, collection_id, token.hash)
        audit.record(connection, owner_id, Action.PODCAST_CREATED, collection_id)
        row = store.get_by_collection(connection, collection_id)
    assert row is not None  # noqa: S101 - it was just written
    return NewPodcast(
        collection_id=collection_id, created_at=row.created_at, token=text, path=f"/v1/podcasts/{text}/feed.xml"
    )


def get(owner_id: UUID, collection_id: UUID) -> Podcast:
    """Return a collection's podcast. Raises NotFoundError when it has none."""
    with database.transaction(owner_id) as connection:
        collections.load(connection, collection_id)
        row = store.get_by_collection(connection, collection_id)
    if row is None:
        raise _no_podcast(collection_id)
    return Podcast(collection_id=row.collection_id, created_at=row.created_at)


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> Page[Podcast]:
    """List the feeds of an owner's collections, newest first."""
    start = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest(connection, after=start, limit=limit + 1)
    podcasts = [Podcast(collection_id=row.collection_id, created_at=row.created_at) for row in rows]
    return cursor.keyset_page(
        podcasts, limit, lambda last: cursor.encode(TimeCursor(last.created_at, last.collection_id))
    )


def revoke(owner_id: UUID, collection_id: UUID) -> None:
    """Revoke the token: the addresses of the feed and its episodes stop working.

    Raises NotFoundError when there is none.
    """
    with database.transaction(owner_id) as connection:
        if not store.delete(connection, collection_id):
            raise _no_podcast(collection_id)
        audit.record(connection, owner_id, Action.PODCAST_REVOKED, collection_id)


def render_feed(text: str, *, base: str) -> str:
    """Render the feed of a token, with the API at `base`. Raises NotFoundError and TooManyRequestsError."""
    token, podcast = _authenticate(text)
    with database.transaction(token.owner_id) as connection:
        collection = collections.load(connection, podcast.collection_id)
    media = _ready_items(token.owner_id, podcast.collection_id)
    with database.transaction(token.owner_id) as connection:
        recordings = {
            recording.media_id: recording
            for recording in store.list_latest_recordings(connection, [item.id for item in media])
        }
    episodes = [
        Episode(
            job_id=recording.job_id,
            title=item.title,
            author=", ".join(item.metadata.creators),
            audio_path=f"episodes/{recording.job_id}/audio.mp3",
            artwork_path=f"episodes/{recording.job_id}/artwork.jpg",
            size_bytes=recording.size_bytes,
            duration_ms=recording.duration_ms,
            published_at=recording.finished_at,
        )
        for item in media
        if (recording := recordings.get(item.id)) is not None
    ]
    channel = Channel(
        title=collection.name,
        author=", ".join(_authors(item for item in media if item.id in recordings)),
        description=collection.description,
        language=next((item.language for item in media if item.id in recordings and item.language), "en"),
        artwork_path=episodes[0].artwork_path if episodes else None,
        updated_at=max([podcast.created_at, collection.updated_at, *(episode.published_at for episode in episodes)]),
    )
    return feed.render(channel, episodes, folder=f"{base}/v1/podcasts/{text}")


def sign_episode_url(text: str, job_id: UUID) -> str:
    """Return a URL for an episode's recording. Raises NotFoundError for jobs outside the feed, and TooManyRequestsError."""
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


def sign_artwork_url(text: str, job_id: UUID) -> str:
    """Return a URL for the picture of an episode: its artwork, or the document's cover for a recording that has none.

    Raises NotFoundError for jobs outside the feed and without a picture, and TooManyRequestsError.
    """
    job = _episode(text, job_id)
    for key in (jobs.artwork_key(job.owner_id, job_id), cover_key(job.owner_id, job.media_id)):
        with contextlib.suppress(ObjectNotFoundError):
            storage.size(key)
            return storage.presign_get(
                key, filename="artwork.jpg", media_type=artwork.MEDIA_TYPE, inline=True, valid_s=jobs.URL_VALID_S
            )
    raise NotFoundError(f"The episode {job_id} has no picture.")


class _EpisodeSource(LazyModel):
    owner_id: UUID
    media_id: UUID
    title: str


def _episode(text: str, job_id: UUID) -> _EpisodeSource:
    token, podcast = _authenticate(text)
    media = {item.id: item for item in _ready_items(token.owner_id, podcast.collection_id)}
    job = jobs.get(token.owner_id, job_id)
    if job.media_id not in media or job.status not in jobs.FINISHED_STATUSES:
        raise NotFoundError(f"There is no episode {job_id} in this podcast.")
    return _EpisodeSource(owner_id=token.owner_id, media_id=job.media_id, title=media[job.media_id].title)


def _authenticate(text: str) -> tuple[Token, store.PodcastRow]:
    token = tokens.parse(text)
    if token is None:
        raise _invalid_token()
    with database.transaction(token.owner_id) as connection:
        podcast = store.get_by_token_hash(connection, token.hash)
        is_open = podcast is not None and not revocation.is_revoked(connection, podcast.created_at)
    if podcast is None or not is_open:
        raise _invalid_token()
    rate_limit.consume(FEED_RATE_LIMIT, token.hash.hex())
    return token, podcast


def _ready_items(owner_id: UUID, collection_id: UUID) -> list[CollectionItem]:
    ready: list[CollectionItem] = []
    cursor: str | None = None
    while len(ready) < MAX_EPISODES:
        page = items.list_page(owner_id, collection_id, after=cursor, limit=100)
        ready += [item for item in page.items if item.status is Status.READY]
        cursor = page.next_cursor
        if cursor is None:
            break
    return ready[:MAX_EPISODES]


def _authors(media: Iterable[CollectionItem]) -> list[str]:
    """Return the authors of a podcast: those of its episodes, unless they are too many to name."""
    names = list(dict.fromkeys(name for item in media for name in item.metadata.creators))
    return names if len(names) <= MAX_AUTHORS else []


def _no_podcast(collection_id: UUID) -> NotFoundError:
    return NotFoundError(f"The collection {collection_id} has no podcast.")


def _invalid_token() -> NotFoundError:
    return NotFoundError("There is no podcast at this address. It may have been revoked or replaced by a new address.")
