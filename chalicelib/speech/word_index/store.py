"""SQL for the word index: one row per segment, with two arrays of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.word_index.model import SegmentWords


@dataclass(frozen=True, slots=True)
class WordMatch:
    """The word at the `nth` position, counted from 1."""

    nth: int
    job_id: UUID
    start_ms: int


def replace(connection: Connection, owner_id: UUID, job_id: UUID, segments: Sequence[SegmentWords]) -> None:
    connection.execute("DELETE FROM speech_moments WHERE job_id = %s", [job_id])
    connection.execute(
        """INSERT INTO speech_moments (job_id, owner_id, text_start, text_end, places, times)
           SELECT %(job)s, %(owner)s, text_start, text_end, places::int[], times::int[]
           FROM unnest(%(starts)s::int[], %(ends)s::int[], %(offsets)s::text[], %(times)s::text[])
                AS segment (text_start, text_end, places, times)""",
        {
            "job": job_id,
            "owner": owner_id,
            "starts": [segment.text_start for segment in segments],
            "ends": [segment.text_end for segment in segments],
            "offsets": [_array(word.text_start - segment.text_start for word in segment.words) for segment in segments],
            "times": [_array(word.start_ms for word in segment.words) for segment in segments],
        },
    )


def list_matches(connection: Connection, positions: Sequence[tuple[UUID, int]]) -> list[WordMatch]:
    """Return the words at these offsets of current texts; offsets that no finished recording of them covers have no row."""
    return database.fetch(
        connection,
        WordMatch,
        """
        SELECT nth, job_id, start_ms
        FROM unnest(%(media)s::uuid[], %(offsets)s::int[]) WITH ORDINALITY AS requested (media_id, text_offset, nth)
        CROSS JOIN LATERAL (
            SELECT job.id AS job_id,
                   times[greatest(1, width_bucket(requested.text_offset - segment.text_start, places))] AS start_ms
            FROM speech_jobs AS job
            CROSS JOIN LATERAL (
                SELECT text_start, text_end, places, times FROM speech_moments
                WHERE job_id = job.id AND text_start <= requested.text_offset ORDER BY text_start DESC LIMIT 1
            ) AS segment
            WHERE job.media_id = requested.media_id AND job.text_version IS NULL AND job.status IN ('done', 'partial')
                  AND requested.text_offset < segment.text_end
            ORDER BY job.finished_at DESC, job.id DESC LIMIT 1
        ) AS newest
        """,
        {"media": [media_id for media_id, _ in positions], "offsets": [offset for _, offset in positions]},
    )


def _array(numbers: Iterable[int]) -> str:
    """Write a Postgres array literal: lists of different lengths cannot be one array of arrays."""
    return f"{{{','.join(map(str, numbers))}}}"
