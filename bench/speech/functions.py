"""The speech functions behind their queues, as their workers would run them, in threads of this process.

Work that needs the database runs in one thread, which has the process's connection. Jobs are planned, and HLS segments and
recordings built, by two more processes: `python -m bench.speech.functions`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import UUID, uuid4

import boto3
import psycopg

from bench.speech.environment import QUEUES, database_and_emulator, running
from bench.speech.schedule import SLOTS, Times
from chalicelib.platform.db import database
from chalicelib.platform.telemetry import observability
from tests.support.extracted_texts import plain_text

EXPRESS_WORKERS = 4  # copies of the function that consume the express queue
TIMEOUT_S = 1_200.0
POLL_S = 0.02
VOICE = "speechify:geffen_32"


class Functions:
    """Consumers of some of the queues, in threads."""

    def __init__(self, queues: Sequence[str]) -> None:
        from chalicelib.speech.dispatch.dispatch import dispatch
        from chalicelib.speech.lifecycle.finish import finish
        from chalicelib.speech.lifecycle.record import DueDispatches, record, record_answer
        from chalicelib.speech.lifecycle.start import plan
        from chalicelib.speech.messages import (
            BuildHlsSegmentsMessage,
            CallAnsweredMessage,
            FinishSpeechMessage,
            PlanSpeechMessage,
            RecheckProviderMessage,
            SegmentResultMessage,
            SynthesizeSegmentMessage,
            parse_job_message,
            parse_result_message,
        )
        from chalicelib.speech.playback.hls_segments import build_segments
        from chalicelib.speech.synthesize import synthesize

        def handle_result(body: str) -> None:
            message = parse_result_message(body)
            due: DueDispatches
            match message:
                case RecheckProviderMessage():
                    due = {message.provider: []}
                case CallAnsweredMessage():
                    due = record_answer(message)
                case SegmentResultMessage():
                    due = record(message)
            for provider, results in due.items():
                dispatch(provider, results)

        def run_job(body: str) -> None:
            match parse_job_message(body):
                case PlanSpeechMessage() as message:
                    plan(message)
                case BuildHlsSegmentsMessage() as message:
                    build_segments(message)
                case FinishSpeechMessage() as message:
                    finish(message)

        self._stopped = threading.Event()
        self._database: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._pools = ThreadPoolExecutor(EXPRESS_WORKERS), ThreadPoolExecutor(SLOTS)
        express, bulk = (pool.submit for pool in self._pools)
        consumers: dict[str, tuple[Callable[[str], None], Callable[[Callable[[], None]], object]]] = {
            "speech_express": (lambda body: synthesize(SynthesizeSegmentMessage.model_validate_json(body)), express),
            "speech_bulk": (lambda body: synthesize(SynthesizeSegmentMessage.model_validate_json(body)), bulk),
            "speech_results": (handle_result, self._database.put),
            "speech_jobs": (run_job, self._database.put),
        }
        threading.Thread(target=self._work, daemon=True).start()
        for name in queues:
            threading.Thread(target=self._poll, args=(name, *consumers[name]), daemon=True).start()

    def run(self, work: Callable[[], Any]) -> Any:
        """Run a function in the thread that has the database's connection."""
        future: Future[Any] = Future()

        def complete() -> None:
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001 - raised in the calling thread
                future.set_exception(error)

        self._database.put(complete)
        return future.result()

    def stop(self) -> None:
        self._stopped.set()
        self._database.put(None)
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)

    def run_jobs(self, texts: Sequence[str]) -> list[Times]:
        """Run one speech job per text, each of another owner, all started at the same moment."""
        from chalicelib.speech.lifecycle.start import start
        from chalicelib.speech.model import NewSpeech

        media = [(owner := uuid4(), self.run(partial(insert_media, owner, text))) for text in texts]
        started: dict[UUID, float] = {}
        for owner_id, media_id in media:
            job_id = uuid4()
            started[job_id] = time.monotonic()
            self.run(partial(start, owner_id, media_id, NewSpeech(voice=VOICE), job_id=job_id))
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

    def _work(self) -> None:
        while (work := self._database.get()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 - SQS redelivers the message
                observability.logger.exception("work failed")

    def _poll(self, name: str, handle: Callable[[str], None], submit: Callable[[Callable[[], None]], object]) -> None:
        sqs, url = boto3.client("sqs"), os.environ[f"{name.upper()}_QUEUE_URL"]
        while not self._stopped.is_set():
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
                "Messages", ()
            ):

                def consume(body: str = message["Body"], receipt: str = message["ReceiptHandle"]) -> None:
                    handle(body)
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)

                submit(consume)


@contextmanager
def functions(folder: Path) -> Iterator[Functions]:
    """Run all functions, with a database and an emulator that keep their files in this folder."""
    job_worker = [sys.executable, "-m", "bench.speech.functions"]
    with database_and_emulator(folder), running(job_worker), running(job_worker):
        consumers = Functions(QUEUES[:-1])
        yield consumers
        consumers.stop()


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


def main() -> None:
    """Run a process of the speech jobs' queue, until it is terminated."""
    observability.logger.setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Functions(QUEUES[-1:])
    signal.pause()


if __name__ == "__main__":
    main()
