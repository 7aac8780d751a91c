"""Speech jobs through copies of the functions, started without the API."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from bench.speech.copies import running_copies
from bench.speech.environment import database_and_emulator
from bench.speech.schedule import Times
from chalicelib.platform.db import database
from tests.support.extracted_texts import plain_text

TIMEOUT_S = 1_200.0
POLL_S = 0.02
VOICE = "speechify:geffen_32"


class Functions:
    """The functions, each in as many processes as a medium stage has copies of it."""

    def run_jobs(self, texts: Sequence[str]) -> list[Times]:
        """Run one speech job per text, each of another owner, all started at the same moment."""
        from chalicelib.speech.lifecycle.start import start
        from chalicelib.speech.model import NewSpeech

        media = [(owner := uuid4(), insert_media(owner, text)) for text in texts]
        started: dict[UUID, float] = {}
        for owner_id, media_id in media:
            job_id = uuid4()
            started[job_id] = time.monotonic()
            start(owner_id, media_id, NewSpeech(voice=VOICE), job_id=job_id)
        first_s, done_s = dict[UUID, float](), dict[UUID, float]()
        deadline = time.monotonic() + TIMEOUT_S
        with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as connection:
            while len(done_s) < len(started):
                assert time.monotonic() < deadline, "the jobs do not finish"
                rows = connection.execute(
                    """SELECT job.id, job.status, EXISTS (SELECT FROM speech_segments AS segment
                                                   WHERE job_id = job.id AND index = 0 AND segment.status = 'done')
                       FROM speech_jobs AS job WHERE id = ANY(%s)""",
                    [list(started)],
                )
                now = time.monotonic()
                for job_id, status, has_audio in rows:
                    if has_audio:
                        first_s.setdefault(job_id, now - started[job_id])
                    if status == "done":
                        done_s.setdefault(job_id, now - started[job_id])
                    assert status not in {"failed", "partial", "cancelled"}, status
                time.sleep(POLL_S)
        return [Times(first_s[job_id], done_s[job_id]) for job_id in started]


@contextmanager
def functions(folder: Path) -> Iterator[Functions]:
    """Run all functions, with a database and an emulator that keep their files in this folder."""
    with database_and_emulator(folder), running_copies():
        yield Functions()


def insert_media(owner_id: UUID, text: str) -> UUID:
    """Insert a ready media item with this text."""
    from chalicelib.library import texts

    media_id = uuid4()
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as connection:
        connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
        connection.execute(
            """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, language, text_length,
                                  upload_expires_at)
               VALUES (%s, %s, 'book.txt', 'A book', 'text/plain', 1, 'ready', 'en', %s, now())""",
            [media_id, owner_id, len(text)],
        )
    with database.transaction(owner_id) as connection:
        texts.save(connection, owner_id, media_id, plain_text(text))
    return media_id
