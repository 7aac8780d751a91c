"""Speech jobs with Celery, for comparison.

One task per segment levels its audio and stores it in S3, with a row in Postgres; the last task joins them.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import boto3
import psycopg
import redis
import requests
from celery import Celery

from bench.speech.environment import running
from bench.speech.schedule import Times, split
from chalicelib.speech.audio import joinable, loudness, mp3, pcm

app = Celery("bench", broker=os.environ.get("BENCH_REDIS", "redis://127.0.0.1:6379/0"))
app.conf.update(
    task_ignore_result=True, worker_prefetch_multiplier=1, task_acks_late=True, worker_hijack_root_logger=False
)
THREADS = (5, 5, 4)  # of three workers: one per slot
TIMEOUT_S = 1_200.0
POLL_S = 0.02
_local = threading.local()


@contextmanager
def workers() -> Iterator[None]:
    """Start three workers, and wait until they respond."""
    app.conf.broker_url = os.environ["BENCH_REDIS"]
    arguments = "-A bench.speech.celery_baseline worker --pool threads --loglevel CRITICAL --without-mingle".split()  # noqa: SIM905
    with ExitStack() as started:
        for number, count in enumerate(THREADS):
            options = ["--concurrency", str(count), "-n", f"w{number}@bench"]
            started.enter_context(running([sys.executable, "-m", "celery", *arguments, *options], silent=True))
        deadline = time.monotonic() + 60
        while len(app.control.ping(timeout=1.0)) < len(THREADS):
            assert time.monotonic() < deadline, "the workers do not start"
        yield


def run_job(text: str) -> Times:
    """Run one job and return its times."""
    job = str(uuid4())
    progress = redis.Redis.from_url(os.environ["BENCH_REDIS"])
    started_at = time.monotonic()
    start(job, text)
    first_s: float | None = None
    while not progress.exists(f"{job}:done"):
        if first_s is None and progress.exists(f"{job}:first"):
            first_s = time.monotonic() - started_at
        assert time.monotonic() - started_at < TIMEOUT_S, "the job does not finish"
        time.sleep(POLL_S)
    done_s = time.monotonic() - started_at
    return Times(first_s or done_s, done_s)


def start(job: str, text: str) -> None:
    """Insert the rows and enqueue every segment."""
    parts = split(text)
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS celery_segments (job text, index integer, done boolean, bytes integer)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO celery_segments VALUES (%s, %s, false, 0)", [(job, number) for number in range(len(parts))]
            )
    for number, (start_offset, end_offset, pause_ms) in enumerate(parts):
        speak.delay(job, number, text[start_offset:end_offset], pause_ms)


def _connections() -> tuple[psycopg.Connection[Any], redis.Redis, requests.Session]:
    if not hasattr(_local, "connections"):
        _local.connections = (
            psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True),
            redis.Redis.from_url(os.environ["BENCH_REDIS"]),
            requests.Session(),
        )
    connections: tuple[psycopg.Connection[Any], redis.Redis, requests.Session] = _local.connections
    return connections


_s3 = boto3.client("s3") if "AWS_ENDPOINT_URL" in os.environ else None


@app.task(bind=True, max_retries=None)  # type: ignore[untyped-decorator]
def speak(self: Any, job: str, index: int, text: str, pause_ms: int) -> None:
    assert _s3 is not None
    connection, progress, session = _connections()
    request = {"input": text, "voice_id": "geffen_32", "output_format": "mp3_24000_64"}
    response = session.post(f"{os.environ['SPEECHIFY_API_URL']}/v1/audio/speech", json=request, timeout=30)
    if response.status_code == 429:
        raise self.retry(countdown=1)
    content = response.json()
    bought = mp3.parse(base64.b64decode(content["audio_data"]))
    audio = joinable.with_silence(pcm.encode(loudness.level(pcm.decode(bought))), pause_ms)
    frames = audio.frames
    _s3.put_object(Bucket="library", Key=f"celery/{job}/{index}.mp3", Body=frames)
    _s3.put_object(
        Bucket="library", Key=f"celery/{job}/{index}.json", Body=json.dumps(content["speech_marks"]).encode()
    )
    connection.execute(
        "UPDATE celery_segments SET done = true, bytes = %s WHERE job = %s AND index = %s", [len(frames), job, index]
    )
    if index == 0:
        progress.set(f"{job}:first", 1)
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE NOT done), count(*) FROM celery_segments WHERE job = %s", [job]
    ).fetchone()
    assert row is not None
    remaining, total = row
    if remaining == 0 and progress.set(f"{job}:joining", 1, nx=True):
        parts = [_s3.get_object(Bucket="library", Key=f"celery/{job}/{n}.mp3")["Body"].read() for n in range(total)]
        _s3.put_object(Bucket="library", Key=f"celery/{job}/audio.mp3", Body=b"".join(parts))
        progress.set(f"{job}:done", 1)
