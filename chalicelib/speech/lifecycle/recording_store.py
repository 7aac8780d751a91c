"""SQL for recordings: the checkpoint while one is written, and its final size."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.platform.aws.resumable_upload import UploadProgress
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.speech.store import JobRow


def get_checkpoint(connection: Connection, job_id: UUID) -> UploadProgress:
    progress = database.fetch_one(
        connection,
        UploadProgress,
        """SELECT recording_upload AS upload_id, recording_layout AS layout, recording_etags AS etags
           FROM speech_jobs WHERE id = %(id)s""",
        {"id": job_id},
    )
    return progress or UploadProgress(None, None, [])


def start_upload(connection: Connection, job: JobRow, *, upload_id: str, layout: str) -> None:
    """Record a new multipart upload without parts. Raises LeaseLostError."""
    lease.write(
        connection,
        job,
        """UPDATE speech_jobs SET recording_upload = %(upload)s, recording_layout = %(layout)s, recording_etags = '{}',
                                  updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s""",
        {"upload": upload_id, "layout": layout},
    )


def add_parts(connection: Connection, job: JobRow, etags: Sequence[str]) -> None:
    """Record that S3 has the next parts. Raises LeaseLostError."""
    lease.write(
        connection,
        job,
        """UPDATE speech_jobs SET recording_etags = recording_etags || %(etags)s::text[], updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s""",
        {"etags": list(etags)},
    )


def release(connection: Connection, job: JobRow) -> None:
    """Release the lease after progress, so that the next worker resumes at once."""
    connection.execute(
        """UPDATE speech_jobs SET lease_until = NULL, attempts = 0, updated_at = now(), moved_at = now()
           WHERE id = %s AND fence = %s""",
        [job.id, job.fencing_token],
    )


def complete(connection: Connection, job_id: UUID, *, size_bytes: int) -> None:
    """Record a finished recording's size and clear its checkpoint."""
    connection.execute(
        """UPDATE speech_jobs SET recording_bytes = %s, recording_upload = NULL, recording_layout = NULL, recording_etags = '{}'
           WHERE id = %s""",
        [size_bytes, job_id],
    )
