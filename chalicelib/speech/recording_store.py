"""SQL of recordings: how far the one of a job that is being finished has come, and how large it is in the end."""

from __future__ import annotations

from uuid import UUID

from chalicelib.platform.aws.resumable_upload import UploadProgress
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.store import JobRow


def get_checkpoint(connection: Connection, job_id: UUID) -> UploadProgress:
    found = database.fetch_one(
        connection,
        UploadProgress,
        """SELECT recording_upload AS upload_id, recording_layout AS layout, recording_etags AS etags
           FROM speech_jobs WHERE id = %(id)s""",
        {"id": job_id},
    )
    return found or UploadProgress(None, None, [])


def start_upload(connection: Connection, job: JobRow, *, upload_id: str, layout: str) -> bool:
    """Write down storage's upload, with nothing in it. False when the claim was lost."""
    cursor = connection.execute(
        """UPDATE speech_jobs SET recording_upload = %s, recording_layout = %s, recording_etags = '{}', updated_at = now()
           WHERE id = %s AND fence = %s""",
        [upload_id, layout, job.id, job.fence],
    )
    return cursor.rowcount == 1


def add_part(connection: Connection, job: JobRow, etag: str) -> bool:
    """Write down that storage has the next part. False when the claim was lost."""
    cursor = connection.execute(
        "UPDATE speech_jobs SET recording_etags = recording_etags || %s::text, updated_at = now() WHERE id = %s AND fence = %s",
        [etag, job.id, job.fence],
    )
    return cursor.rowcount == 1


def release(connection: Connection, job: JobRow) -> None:
    """Let somebody else go on with a job that got further."""
    connection.execute(
        """UPDATE speech_jobs SET lease_until = NULL, attempts = 0, updated_at = now(), moved_at = now()
           WHERE id = %s AND fence = %s""",
        [job.id, job.fence],
    )


def complete(connection: Connection, job_id: UUID, *, size_bytes: int) -> None:
    connection.execute(
        """UPDATE speech_jobs SET recording_bytes = %s, recording_upload = NULL, recording_layout = NULL, recording_etags = '{}'
           WHERE id = %s""",
        [size_bytes, job_id],
    )
