"""SQL for playback: the HLS segments that were built."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.voices.model import TimingAccuracy


@dataclass(frozen=True, slots=True)
class PlaybackJob:
    """A speech job's columns that playback needs."""

    id: UUID
    owner_id: UUID
    media_id: UUID
    language: str
    status: str
    text_start: int
    text_end: int
    text_version: int
    reads_current_text: bool

    @property
    def characters(self) -> int:
        return self.text_end - self.text_start


PLAYBACK_JOB_COLUMNS: LiteralString = """
    id, owner_id, media_id, language, status, text_start, text_end,
    coalesce(text_version, (SELECT media.text_version FROM media WHERE media.id = media_id)) AS text_version,
    text_version IS NULL AS reads_current_text
"""


def get_job(connection: Connection, job_id: UUID) -> PlaybackJob | None:
    return database.fetch_one(
        connection,
        PlaybackJob,
        f"SELECT {PLAYBACK_JOB_COLUMNS} FROM speech_jobs WHERE id = %(id)s",
        {"id": job_id},
    )


# ---- HLS segments: one row of speech_cuts for each speech segment that has its own ---------------------------------------


def list_digests(connection: Connection, job_id: UUID) -> dict[int, str]:
    """Return the digest of each speech segment that has HLS segments, by its index."""
    return dict(connection.execute("SELECT index, digest FROM speech_cuts WHERE job_id = %s", [job_id]).fetchall())


def list_checksums(connection: Connection, job_id: UUID) -> dict[int, int]:
    """Return the CRC-32 of each speech segment's frames, by its index."""
    return dict(connection.execute("SELECT index, crc FROM speech_cuts WHERE job_id = %s", [job_id]).fetchall())


def list_word_timings(connection: Connection, job_id: UUID, *, first: int, last: int) -> dict[int, list[WordTiming]]:
    """Return segments' words by index, with times and offsets from the segment's start."""
    rows = connection.execute(
        "SELECT index, words FROM speech_cuts WHERE job_id = %s AND index BETWEEN %s AND %s", [job_id, first, last]
    )
    return {index: [WordTiming(*word) for word in words] for index, words in rows}


def get_timing_accuracy(connection: Connection, job_id: UUID, *, first: int, last: int) -> TimingAccuracy:
    """Return the least accurate timing of a run of segments."""
    row = connection.execute(
        "SELECT bool_or(estimated), bool_or(aligned) FROM speech_cuts WHERE job_id = %s AND index BETWEEN %s AND %s",
        [job_id, first, last],
    ).fetchone()
    is_estimated, is_aligned = row or (False, False)
    return "estimated" if is_estimated else "aligned" if is_aligned else "exact"


def upsert(
    connection: Connection,
    job_id: UUID,
    index: int,
    *,
    digest: str,
    start_frame: int,
    frame_count: int,
    crc: int,
    words: Sequence[WordTiming],
    timing: TimingAccuracy,
) -> None:
    """Record that a speech segment's HLS segments are built; does nothing for a deleted job."""
    values: Mapping[str, Any] = {
        "job": job_id,
        "index": index,
        "digest": digest,
        "start": start_frame,
        "frames": frame_count,
        "crc": crc,
        "words": json.dumps(words, separators=(",", ":")),
        "estimated": timing == "estimated",
        "aligned": timing == "aligned",
    }
    connection.execute(
        """
        INSERT INTO speech_cuts (job_id, owner_id, index, digest, start_frame, frame_count, crc, words, estimated, aligned)
        SELECT id, owner_id, %(index)s, %(digest)s, %(start)s, %(frames)s, %(crc)s, %(words)s, %(estimated)s, %(aligned)s
        FROM speech_jobs WHERE id = %(job)s
        ON CONFLICT (job_id, index) DO UPDATE SET digest = excluded.digest, start_frame = excluded.start_frame,
            frame_count = excluded.frame_count, crc = excluded.crc, words = excluded.words,
            estimated = excluded.estimated, aligned = excluded.aligned
        """,
        values,
    )


def get_frame_count(connection: Connection, job_id: UUID, index: int, digest: str) -> int | None:
    """Return the frame count of a speech segment with HLS segments of this digest."""
    row = connection.execute(
        "SELECT frame_count FROM speech_cuts WHERE job_id = %s AND index = %s AND digest = %s", [job_id, index, digest]
    ).fetchone()
    return int(row[0]) if row else None


def has_unbuilt_segment(connection: Connection, job_id: UUID) -> bool:
    """Return whether the segment after the last one built is finished: listeners could continue with it.

    False while the job is finishing: `finish` builds the remaining HLS segments.
    """
    row = connection.execute(
        """SELECT EXISTS (
               SELECT FROM speech_segments AS segment JOIN speech_jobs AS job ON job.id = segment.job_id
               WHERE job_id = %(job)s AND segment.status IN ('done', 'failed') AND job.status IN ('speaking', 'cancelled')
                     AND index = (SELECT coalesce(max(index) + 1, 0) FROM speech_cuts WHERE job_id = %(job)s))""",
        {"job": job_id},
    ).fetchone()
    return row is not None and bool(row[0])


def delete_after_first_missing(connection: Connection, job_id: UUID) -> None:
    """Delete the rows from the first unfinished segment on: their start times will change."""
    connection.execute(
        """DELETE FROM speech_cuts WHERE job_id = %(job)s AND index >= (
               SELECT min(index) FROM speech_segments WHERE job_id = %(job)s AND status NOT IN ('done', 'failed'))""",
        {"job": job_id},
    )
