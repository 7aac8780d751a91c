"""Queries for speech jobs and their recordings."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import access, media
from chalicelib.platform.aws import storage
from chalicelib.platform.db import cursor, database
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.speech import job_list_store
from chalicelib.speech.model import Job, JobStatus

RECORDING_MEDIA_TYPE = "audio/mpeg"
URL_VALID_S = 900  # as for media
FINISHED_STATUSES = (JobStatus.DONE, JobStatus.PARTIAL)


def get(owner_id: UUID, job_id: UUID) -> Job:
    """Return a job. Raises NotFoundError, also for another owner's."""
    with database.transaction(owner_id) as connection:
        job = job_list_store.get(connection, job_id)
    if job is None:
        raise NotFoundError(f"There is no speech job with the id {job_id}.")
    return job


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Job]:
    """Return a page of the owner's jobs, newest first."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        jobs = job_list_store.list_newest(connection, after=position, limit=limit + 1)
    return cursor.newest_page(jobs, limit)


def list_of_media(owner_id: UUID, media_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Job]:
    """Return a page of the jobs of a media, newest first. Raises NotFoundError."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        media.load(connection, media_id)
        jobs = job_list_store.list_newest(connection, media_id=media_id, after=position, limit=limit + 1)
    return cursor.newest_page(jobs, limit)


def sign_audio_url(owner_id: UUID, job_id: UUID) -> str:
    """Return a presigned URL of the finished recording.

    Raises NotFoundError, ConflictError until it is finished, and like `access.require_open`.
    """
    job = get_finished(owner_id, job_id)
    with database.transaction(owner_id) as connection:
        access.require_open(connection, job.media_id)
        title = media.load(connection, job.media_id).title
        audit.record(connection, owner_id, Action.SPEECH_DOWNLOADED, job_id, what="audio")
    return storage.presign_get(
        recording_key(owner_id, job_id),
        filename=f"{title}.mp3",
        media_type=RECORDING_MEDIA_TYPE,
        inline=True,
        valid_s=URL_VALID_S,
    )


def get_finished(owner_id: UUID, job_id: UUID) -> Job:
    """Return a job that has a recording. Raises NotFoundError, and ConflictError until it is finished."""
    job = get(owner_id, job_id)
    if job.status not in FINISHED_STATUSES:
        raise ConflictError(
            f"The speech job {job_id} is {job.status}; its recording is available once it is done.", code="not_finished"
        )
    return job


def recording_key(owner_id: UUID, job_id: UUID) -> str:
    return f"speech/{owner_id}/{job_id}/audio.mp3"


def marks_key(owner_id: UUID, job_id: UUID) -> str:
    return f"speech/{owner_id}/{job_id}/marks.json"


def artwork_key(owner_id: UUID, job_id: UUID) -> str:
    return f"speech/{owner_id}/{job_id}/artwork.jpg"


def captions_key(owner_id: UUID, job_id: UUID) -> str:
    return f"speech/{owner_id}/{job_id}/captions.vtt"
