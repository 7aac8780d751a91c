"""Rows of speaking jobs in any number, written by SQL as a superuser; triggers run as for any other writer."""

from __future__ import annotations

from typing import Any

import psycopg

VOICE = "speechify:geffen_32"


def insert_speaking_jobs(
    superuser: psycopg.Connection[Any], total: int, *, segments: int = 8, one_owner: bool = False, voice: str = VOICE
) -> None:
    """Insert speaking jobs until there are `total`, each with planned segments: of one owner each, or all of one."""
    owner = "md5('owner')::uuid" if one_owner else "md5('owner' || number)::uuid"
    with superuser.transaction():
        superuser.execute("CREATE TEMPORARY TABLE fresh (id uuid, owner_id uuid, media_id uuid) ON COMMIT DROP")
        superuser.execute(
            f"""INSERT INTO fresh SELECT md5('job' || number)::uuid, {owner}, md5('media' || number)::uuid
                FROM generate_series((SELECT count(*) FROM speech_jobs) + 1, %s) AS number""",  # noqa: S608
            [total],
        )
        superuser.execute("INSERT INTO accounts (owner_id) SELECT DISTINCT owner_id FROM fresh ON CONFLICT DO NOTHING")
        superuser.execute(
            """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, language, text_length,
                                  upload_expires_at)
               SELECT media_id, owner_id, 'book.txt', 'A book', 'text/plain', 1, 'ready', 'en', 10000, now() FROM fresh"""
        )
        superuser.execute(
            """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, text_start, text_end, characters, status)
               SELECT id, owner_id, media_id, %s, 'en', 0, 10000, 10000, 'speaking' FROM fresh""",
            [voice],
        )
        superuser.execute(
            """INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, voice, status)
               SELECT id, owner_id, number, number * 100, number * 100 + 100, 0, %s, 'planned'
               FROM fresh, generate_series(0, %s) AS number""",
            [voice, segments - 1],
        )
    superuser.execute("VACUUM ANALYZE")


def end_oldest_call(superuser: psycopg.Connection[Any]) -> None:
    """End the oldest call, as if its segment had been spoken."""
    superuser.execute(
        """WITH ended AS (
               UPDATE speech_calls SET outcome = 'spoken', ended_at = now() WHERE id = (
                   SELECT id FROM speech_calls WHERE outcome IS NULL ORDER BY id LIMIT 1) RETURNING job_id, index)
           UPDATE speech_segments AS segment
           SET status = 'done', call_id = NULL, audio_key = 'key', frame_count = 1, audio_bytes = 1, duration_ms = 1
           FROM ended WHERE segment.job_id = ended.job_id AND segment.index = ended.index"""
    )
