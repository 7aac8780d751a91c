"""SQL for speech jobs as their owners see them, with the totals of their segments."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection
from chalicelib.speech.model import Job

JOB_COLUMNS: LiteralString = """
    job.id, job.media_id, job.voice, job.passage_voices, job.language, job.skip, job.pause_scale,
    job.status, job.characters, job.cached_characters, job.estimated_cost, job.currency, job.duration_ms, job.error,
    job.created_at, job.finished_at,
    coalesce(job.text_version, (SELECT media.text_version FROM media WHERE media.id = job.media_id)) AS text_version,
    job.text_start AS start, job.text_end AS "end",
    jsonb_build_object('done', totals.finished, 'total', totals.total) AS progress,
    totals.billed_characters, totals.cost, totals.providers, totals.gaps, totals.checks
"""


SEGMENT_TOTALS: LiteralString = """
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status IN ('done', 'failed')) AS finished, count(*) AS total,
               coalesce(sum(billed_characters), 0)::int AS billed_characters, coalesce(sum(cost), 0) AS cost,
               coalesce((SELECT jsonb_object_agg(provider, segments) FROM (
                   SELECT provider, count(*) AS segments FROM speech_segments
                   WHERE job_id = job.id AND status = 'done' GROUP BY 1) AS by_provider), '{}') AS providers,
               coalesce(jsonb_agg(jsonb_build_object('text_start', text_start, 'text_end', text_end, 'reason', error)
                                  ORDER BY index) FILTER (WHERE status = 'failed'), '[]') AS gaps,
               jsonb_build_object(
                   'segments', count(*) FILTER (WHERE checks IS NOT NULL), 'respoken', coalesce(sum(respoken), 0),
                   'doubtful', coalesce(jsonb_agg(
                       jsonb_build_object('start', text_start, 'end', text_end, 'reason', checks #>> '{faults,0}')
                       ORDER BY index) FILTER (WHERE is_doubtful), '[]')
               ) AS checks
        FROM speech_segments WHERE job_id = job.id
    ) AS totals
"""


def get(connection: Connection, job_id: UUID) -> Job | None:
    return database.fetch_one(
        connection,
        Job,
        f"SELECT {JOB_COLUMNS} FROM speech_jobs AS job {SEGMENT_TOTALS} WHERE job.id = %(id)s",
        {"id": job_id},
    )


def list_newest(
    connection: Connection, *, after: TimeCursor | None, limit: int, media_id: UUID | None = None
) -> list[Job]:
    """List jobs, newest first, that follow the cursor; those of one media if there is a `media_id`."""
    return database.fetch(
        connection,
        Job,
        f"""SELECT {JOB_COLUMNS} FROM (
                SELECT * FROM speech_jobs
                WHERE (%(media)s::uuid IS NULL OR media_id = %(media)s)
                  AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid))
                ORDER BY created_at DESC, id DESC LIMIT %(limit)s
            ) AS job {SEGMENT_TOTALS} ORDER BY job.created_at DESC, job.id DESC""",
        {"media": media_id, "at": after and after.created_at, "id": after and after.id, "limit": limit},
    )
