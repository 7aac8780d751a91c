"""Listening report of a recording: what was spoken, what was left out and why, and how it was checked."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from chalicelib.library import texts
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech import jobs
from chalicelib.speech.checks import report_store
from chalicelib.speech.model import Checks, Gap, Job
from chalicelib.speech.skipping import SkippableKind


class LeftOutCount(LazyModel):
    """Parts of the document that are not in its text, of one kind and for one reason."""

    kind: str
    reason: str
    count: int


class Loudness(LazyModel):
    """Loudness in LUFS (ITU-R BS.1770): of the recording, and of its quietest and its loudest segment."""

    lufs: float
    min: float
    max: float


class ListeningReport(LazyModel):
    """Proof of a recording.

    `words` have a time in it. `skip` are the kinds that the listener left out, `gaps` what no voice would speak, `left_out` what
    the document has beside its text. `mark_error_ms` is the mean distance of the voice's word times from those that an aligner
    finds in the audio; None in languages that it does not know. `loudness` is None for audio of earlier releases.
    """

    job_id: UUID
    words: int
    skip: list[SkippableKind]
    left_out: list[LeftOutCount]
    gaps: list[Gap]
    checks: Checks
    mark_error_ms: int | None
    loudness: Loudness | None


def get(owner_id: UUID, job_id: UUID) -> ListeningReport:
    """Return the report of a finished recording. Raises NotFoundError, and ConflictError until it is finished."""
    job = jobs.get_finished(owner_id, job_id)
    with database.transaction(owner_id) as connection:
        return of_job(connection, job)


def of_job(connection: Connection, job: Job) -> ListeningReport:
    """Return the report of a job that has a recording."""
    totals = report_store.get_totals(connection, job.id)
    omissions = texts.list_left_out(connection, job.media_id, version=job.text_version)
    counts = Counter((omission.kind, omission.reason) for omission in omissions)
    loudness = None
    if totals.lufs is not None and totals.min_lufs is not None and totals.max_lufs is not None:
        loudness = Loudness(lufs=round(totals.lufs, 1), min=round(totals.min_lufs, 1), max=round(totals.max_lufs, 1))
    return ListeningReport(
        job_id=job.id,
        words=totals.words,
        skip=job.skip,
        left_out=[LeftOutCount(kind=kind, reason=reason, count=count) for (kind, reason), count in counts.items()],
        gaps=job.gaps,
        checks=job.checks,
        mark_error_ms=None if totals.mark_error_ms is None else round(totals.mark_error_ms),
        loudness=loudness,
    )
