"""SQL for segments: a job's plan and progress, and the owner's cached audio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.pauses import Pause
from chalicelib.speech.segments import Segment
from chalicelib.speech.spoken_segment import cache_key
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import JobProgress


@dataclass(frozen=True, slots=True)
class SegmentRow:
    index: int
    text_start: int
    text_end: int
    pause_ms: int
    status: str
    voice: str
    audio_key: str | None
    frame_count: int | None
    audio_bytes: int | None
    duration_ms: int | None


SEGMENT_ROW_COLUMNS: LiteralString = (
    "index, text_start, text_end, pause_ms, status, voice, audio_key, frame_count, audio_bytes, duration_ms"
)


@dataclass(frozen=True, slots=True)
class CachedAudio:
    """Audio that an owner has bought."""

    audio_key: str
    frame_count: int
    audio_bytes: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A segment of a plan with its pauses, and its audio when the owner already has it.

    `word_key` is that of the audio to buy; `is_bought`: the owner has it, perhaps with other pauses.
    """

    segment: Segment
    pauses: tuple[Pause, ...]
    cached: CachedAudio | None
    characters: int  # that its voice is sent, and bills
    voice: str
    language: str | None  # None: that of the job
    word_key: str
    is_bought: bool

    @property
    def provider(self) -> str:
        return self.voice.partition(":")[0]

    @property
    def silence_ms(self) -> int:
        """Silence beside what voices leave by themselves."""
        has_own_end = any(pause.offset == self.segment.end - self.segment.start for pause in self.pauses)
        return sum(pause.ms for pause in self.pauses) + (0 if has_own_end else self.segment.pause_ms)


@dataclass(frozen=True, slots=True)
class UnspokenSegment:
    """A segment without audio: the provider of its voice, and the characters that it is sent."""

    provider: str
    characters: int


@dataclass(frozen=True, slots=True)
class SegmentLength:
    """The characters of a segment, in the language of its passage; those billed so far, and whether it has audio."""

    language: str | None
    characters: int
    billed: int
    is_spoken: bool


def insert(connection: Connection, job: JobRow, plan: Sequence[PlannedSegment]) -> None:
    """Insert a job's plan; cached segments are done at once. Rows of an earlier attempt stay: the plan is deterministic."""
    connection.execute(
        """
        INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, pauses, voice, language, status,
                                     audio_key, word_key, cache_key, frame_count, audio_bytes, duration_ms, settled_at)
        SELECT %(job)s, %(owner)s, i, s, e, p, q::int[], v, l, CASE WHEN k IS NULL THEN 'planned' ELSE 'done' END,
               k, w, c, f, b, d, CASE WHEN k IS NOT NULL THEN now() END
        FROM unnest(%(indexes)s::int[], %(starts)s::int[], %(ends)s::int[], %(pauses_behind)s::int[], %(pauses)s::text[],
                    %(voices)s::text[], %(languages)s::text[], %(keys)s::text[], %(word_keys)s::text[], %(cache_keys)s::text[],
                    %(frames)s::int[],
                    %(bytes)s::int[], %(durations)s::int[])
             AS planned (i, s, e, p, q, v, l, k, w, c, f, b, d)
        ON CONFLICT (job_id, index) DO NOTHING
        """,
        {
            "job": job.id,
            "owner": job.owner_id,
            "indexes": [planned.segment.index for planned in plan],
            "starts": [planned.segment.start for planned in plan],
            "ends": [planned.segment.end for planned in plan],
            "pauses_behind": [planned.segment.pause_ms for planned in plan],
            # as text: Postgres has no arrays of arrays of different lengths
            "pauses": [f"{{{','.join(map(str, chain.from_iterable(planned.pauses)))}}}" for planned in plan],
            "voices": [planned.voice for planned in plan],
            "languages": [planned.language for planned in plan],
            "keys": [planned.cached and planned.cached.audio_key for planned in plan],
            "word_keys": [planned.word_key if planned.cached and planned.pauses else None for planned in plan],
            "cache_keys": [_replaced_key(planned.cached) for planned in plan],
            "frames": [planned.cached and planned.cached.frame_count for planned in plan],
            "bytes": [planned.cached and planned.cached.audio_bytes for planned in plan],
            "durations": [planned.cached and planned.cached.duration_ms for planned in plan],
        },
    )


def _replaced_key(cached: CachedAudio | None) -> str | None:
    if cached is None or (key := cache_key(cached.audio_key)) == cached.audio_key:
        return None
    return key


def get_cached_audio(connection: Connection, keys: Sequence[str]) -> dict[str, CachedAudio]:
    """Return the owner's audio under these keys, by key: in any job that was not deleted."""
    rows = database.fetch(
        connection,
        CachedAudio,
        """SELECT audio_key, frame_count, audio_bytes, duration_ms FROM speech_segments
           WHERE owner_id = app.current_owner_id() AND audio_key = ANY(%(keys)s) AND status = 'done' AND NOT is_doubtful
           UNION
           SELECT audio_key, frame_count, audio_bytes, duration_ms FROM speech_segments
           WHERE owner_id = app.current_owner_id() AND cache_key = ANY(%(keys)s) AND status = 'done' AND NOT is_doubtful""",
        {"keys": list(keys)},
    )
    return {cache_key(row.audio_key): row for row in rows}


def list_bought(connection: Connection, word_keys: Sequence[str]) -> set[str]:
    """Return those of the keys under which the owner has bought audio, with whatever pauses: in any job that was not deleted."""
    rows = connection.execute(
        """SELECT audio_key FROM speech_segments
           WHERE owner_id = app.current_owner_id() AND audio_key = ANY(%(keys)s) AND status = 'done' AND NOT is_doubtful
           UNION
           SELECT cache_key FROM speech_segments
           WHERE owner_id = app.current_owner_id() AND cache_key = ANY(%(keys)s) AND status = 'done' AND NOT is_doubtful
           UNION
           SELECT word_key FROM speech_segments
           WHERE owner_id = app.current_owner_id() AND word_key = ANY(%(keys)s) AND status = 'done' AND NOT is_doubtful""",
        {"keys": list(word_keys)},
    )
    return {row[0] for row in rows}


def list_for_job(connection: Connection, job_id: UUID) -> list[SegmentRow]:
    return database.fetch(
        connection,
        SegmentRow,
        f"SELECT {SEGMENT_ROW_COLUMNS} FROM speech_segments WHERE job_id = %(job)s ORDER BY index",
        {"job": job_id},
    )


def get_progress(connection: Connection, job_id: UUID) -> JobProgress:
    """Return a job's progress. It runs with every segment that finishes, so it reads a few rows only."""
    progress = database.fetch_one(
        connection,
        JobProgress,
        """SELECT EXISTS (SELECT FROM speech_segments WHERE job_id = %(job)s AND status IN ('planned', 'queued'))
                      AS has_unfinished,
                  EXISTS (SELECT FROM speech_segments WHERE job_id = %(job)s AND status = 'done') AS has_audio""",
        {"job": job_id},
    )
    return progress or JobProgress(has_unfinished=False, has_audio=False)


def list_pending_providers(connection: Connection, job_id: UUID) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT provider FROM speech_segments WHERE job_id = %s AND status = 'planned' ORDER BY 1", [job_id]
    )
    return [row[0] for row in rows]


def list_pending_languages(connection: Connection, job_id: UUID, provider: str) -> list[str | None]:
    """Return the languages of a job's planned segments at a provider; None is that of the job."""
    rows = connection.execute(
        "SELECT DISTINCT language FROM speech_segments WHERE job_id = %s AND provider = %s AND status = 'planned' ORDER BY 1",
        [job_id, provider],
    )
    return [row[0] for row in rows]


def get_first_error(connection: Connection, job_id: UUID) -> str | None:
    row = connection.execute(
        "SELECT error FROM speech_segments WHERE job_id = %s AND error IS NOT NULL ORDER BY index LIMIT 1", [job_id]
    ).fetchone()
    return str(row[0]) if row else None


def list_lengths(connection: Connection, job_id: UUID) -> list[SegmentLength]:
    """List the lengths of a job's segments."""
    return database.fetch(
        connection,
        SegmentLength,
        """SELECT language, text_end - text_start AS characters, billed_characters AS billed, status = 'done' AS is_spoken
           FROM speech_segments WHERE job_id = %(job)s""",
        {"job": job_id},
    )


def requeue_unspoken(connection: Connection, job: JobRow) -> None:
    """Plan the segments that no voice has spoken again, each with the voice that was chosen for its language."""
    connection.execute(
        """UPDATE speech_segments SET status = 'planned', voice = coalesce(%(passages)s::jsonb ->> language, %(voice)s),
                                      tries = 0, ready_at = now(), error = NULL, settled_at = NULL
           WHERE job_id = %(job)s AND status = 'failed'""",
        {"job": job.id, "voice": job.voice, "passages": json.dumps(job.passage_voices)},
    )


def requeue_missing_audio(connection: Connection, job_id: UUID, index: int) -> None:
    """Plan a segment again because its audio is missing from storage, or damaged."""
    connection.execute(
        """UPDATE speech_segments SET status = 'planned', tries = 0, ready_at = now(), audio_key = NULL, word_key = NULL,
                                      cache_key = NULL,
                                      checks = NULL, respoken = 0, candidate = NULL, is_doubtful = false,
                                      settled_at = NULL
           WHERE job_id = %s AND index = %s AND status = 'done'""",
        [job_id, index],
    )
