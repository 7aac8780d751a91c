"""SQL for the totals of a recording's checks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class CheckTotals:
    """Totals of a job's segments. Loudness is that of the recording, in LUFS; None before this release."""

    words: int
    mark_error_ms: float | None
    lufs: float | None
    min_lufs: float | None
    max_lufs: float | None


def get_totals(connection: Connection, job_id: UUID) -> CheckTotals:
    totals = database.fetch_one(
        connection,
        CheckTotals,
        """SELECT coalesce((SELECT sum(json_array_length(words::json)) FROM speech_cuts WHERE job_id = %(job)s), 0)::int AS words,
                  avg((checks ->> 'mark_error_ms')::float) AS mark_error_ms,
                  10 * log(sum(power(10, (checks ->> 'levelled_lufs')::float / 10) * duration_ms)
                           / nullif(sum(duration_ms) FILTER (WHERE checks ->> 'levelled_lufs' IS NOT NULL), 0)) AS lufs,
                  min((checks ->> 'levelled_lufs')::float) AS min_lufs, max((checks ->> 'levelled_lufs')::float) AS max_lufs
           FROM speech_segments WHERE job_id = %(job)s AND status = 'done'""",
        {"job": job_id},
    )
    assert totals is not None  # noqa: S101 - an aggregate has one row
    return totals
