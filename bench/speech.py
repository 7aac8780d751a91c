"""How soon a reading plays and how soon it is done, beside the ideal schedule and beside Celery: `python -m bench.speech`.

The provider is a server of its own that answers after 0.5 s and then at 15 times real time, 14 calls at once. The functions of
the application run as their workers would: 4 + 14 threads make calls, one does what needs the database, and a second process
puts parts and recordings together. Postgres, S3 and SQS are real, the latter two on the emulator. Celery does the same work on
the same texts: three workers with 14 threads on Redis, the audio in the same S3, rows in the same Postgres, joined in the end.
The ideal schedule hands the same segments to 14 slots that lose no time.
"""

from __future__ import annotations

import argparse
import heapq
import json
import logging
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import UUID, uuid4

import boto3
import psycopg
import redis
from alembic import command
from alembic.config import Config

from bench.speech_provider import CHARACTERS_PER_S, FIRST_BYTE_S, TIMES_REAL_TIME
from chalicelib.platform import config, database, observability
from localstack import emulator
from localstack.emulator import Emulator
from localstack.postgres import Postgres

SLOTS = 14
SIZES = (5_000, 20_000, 100_000, 500_000)
USERS = 5
PATIENCE_S = 900.0
POLL_S = 0.02
VOICE = "speechify:geffen_32"
QUEUES = ("speech_plan", "speech_express", "speech_bulk", "speech_results", "speech_finish")
VOCABULARY = "the tide turned before morning and nobody had seen him arrive at quay twelve with his old lantern".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the wish to the first audio, and to the finished recording."""

    first_s: float
    done_s: float


# ---- what is measured against ------------------------------------------------------------------------------------------


def call_s(characters: int) -> float:
    return FIRST_BYTE_S + characters / CHARACTERS_PER_S / TIMES_REAL_TIME


def ideal(lengths: Sequence[int], slots: int) -> Times:
    """Segments in order, each begun the moment that a slot is free."""
    free = [0.0] * slots
    heapq.heapify(free)
    for length in lengths:
        heapq.heappush(free, heapq.heappop(free) + call_s(length))
    return Times(call_s(lengths[0]), max(free))


def prose(characters: int, seed: int) -> str:
    dice = random.Random(seed)  # noqa: S311 - the same text every time
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) + 2 * len(paragraphs) < characters:
        sentences = (" ".join(dice.choices(VOCABULARY, k=dice.randint(6, 20))).capitalize() + "." for _ in range(5))
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)[:characters]


# ---- the surroundings --------------------------------------------------------------------------------------------------


@contextmanager
def surroundings(folder: Path) -> Iterator[Postgres]:
    """Postgres, the emulator, Redis and the provider, each a process of its own; the environment says where they are."""
    server = Postgres(folder / "postgres")
    server.start()
    listener = emulator.listen(range(45_660, 45_700))
    aws = Emulator(folder / "aws", listener)
    aws.start()
    redis_port, provider_port = free_port(), free_port()
    started = [
        subprocess.Popen(
            ["redis-server", "--port", str(redis_port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
        ),
        subprocess.Popen([sys.executable, "-m", "bench.speech_provider", str(provider_port), str(SLOTS)]),
    ]
    try:
        os.environ |= {
            **emulator.CREDENTIALS,
            "AWS_DEFAULT_REGION": emulator.REGION,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.port}",
            "S3_ADDRESSING_STYLE": "path",
            "STAGE": "local",
            "POWERTOOLS_METRICS_NAMESPACE": "Bench",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "INCOMING_BUCKET": "incoming",
            "LIBRARY_BUCKET": "library",
            "SIGNING_SECRET": "s" * 32,
            "TTS_PROVIDERS": "speechify",
            "TTS_CONCURRENCY": f"speechify={SLOTS}",
            "SPEECHIFY_API_KEY": "bench",
            "SPEECHIFY_API_URL": f"http://127.0.0.1:{provider_port}",
            "SPEECH_CHARACTERS_PER_DAY": "1000000000",
            "SPEECH_CHARACTERS_PER_MONTH": "1000000000",
            "BENCH_REDIS": f"redis://127.0.0.1:{redis_port}/0",
            "DATABASE_URL": server.url("visionary_owner"),
        }
        config.settings.cache_clear()
        command.upgrade(Config("alembic.ini"), "head")
        os.environ["BENCH_DATABASE"] = server.url("postgres")
        os.environ["DATABASE_URL"] = server.url("visionary_app")
        boto3.client("s3").create_bucket(Bucket="library")
        for name in QUEUES:
            url = boto3.client("sqs").create_queue(
                QueueName=f"visionary-local-{name.replace('_', '-')}", Attributes={"VisibilityTimeout": "60"}
            )["QueueUrl"]
            os.environ[f"{name.upper()}_QUEUE_URL"] = url
        config.settings.cache_clear()
        database._discard()
        started.append(subprocess.Popen([sys.executable, "-m", "bench.speech", "--finish"]))
        yield server
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        database._discard()
        aws.stop()
        server.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def keep_text(owner_id: UUID, text: str) -> UUID:
    """A media that is ready, with this text."""
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
        texts.save(connection, owner_id, media_id, text, [len(text)])
    return media_id


# ---- the application ---------------------------------------------------------------------------------------------------


class Application:
    """The functions behind their queues. What needs the database runs in one thread, which holds the process's connection."""

    def __init__(self, queues: Sequence[str] = QUEUES) -> None:
        from chalicelib.events.speech import News
        from chalicelib.speech.finish import finish
        from chalicelib.speech.model import CutOrder, PlanOrder, SegmentOrder, WakeOrder, parse_finishing
        from chalicelib.speech.plan import plan
        from chalicelib.speech.playback.cut import cut
        from chalicelib.speech.record import record, wake
        from chalicelib.speech.synthesize import synthesize

        def hear(body: str) -> None:
            news = News.validate_json(body)
            wake(news) if isinstance(news, WakeOrder) else record(news)

        def finishing(body: str) -> None:
            order = parse_finishing(body)
            cut(order) if isinstance(order, CutOrder) else finish(order)

        self._stopped = threading.Event()
        self._database: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        calls = ThreadPoolExecutor(4), ThreadPoolExecutor(SLOTS)
        self._pools = calls

        def in_database(work: Callable[[], None]) -> None:
            self._database.put(work)

        consumers: dict[str, tuple[Callable[[str], None], Callable[[Callable[[], None]], object]]] = {
            "speech_plan": (lambda body: plan(PlanOrder.model_validate_json(body)), in_database),
            "speech_express": (lambda body: synthesize(SegmentOrder.model_validate_json(body)), calls[0].submit),
            "speech_bulk": (lambda body: synthesize(SegmentOrder.model_validate_json(body)), calls[1].submit),
            "speech_results": (hear, in_database),
            "speech_finish": (finishing, in_database),
        }
        threading.Thread(target=self._work, daemon=True).start()
        for name in queues:
            handle, submit = consumers[name]
            threading.Thread(target=self._poll, args=(name, handle, submit), daemon=True).start()

    def run(self, work: Callable[[], Any]) -> Any:
        """Do something where the database's connection is."""
        answer: Future[Any] = Future()

        def answering() -> None:
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001 - raised where it was asked for
                answer.set_exception(error)

        self._database.put(answering)
        return answer.result()

    def stop(self) -> None:
        self._stopped.set()
        self._database.put(None)
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        while (work := self._database.get()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 - the message comes back
                observability.logger.exception("work failed")

    def _poll(self, name: str, handle: Callable[[str], None], submit: Callable[[Callable[[], None]], object]) -> None:
        sqs, url = boto3.client("sqs"), os.environ[f"{name.upper()}_QUEUE_URL"]
        while not self._stopped.is_set():
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
                "Messages", ()
            ):

                def one(body: str = message["Body"], receipt: str = message["ReceiptHandle"]) -> None:
                    handle(body)
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)

                submit(one)


def read(application: Application, jobs: Sequence[tuple[UUID, UUID]]) -> list[Times]:
    """Have these media of these owners read, all wished for at the same moment."""
    from chalicelib.speech.model import NewSpeech
    from chalicelib.speech.start import start

    began: dict[UUID, float] = {}
    for owner_id, media_id in jobs:
        job_id = uuid4()
        began[job_id] = time.monotonic()
        application.run(partial(start, owner_id, media_id, NewSpeech(voice=VOICE), job_id=job_id))
    firsts, dones = dict[UUID, float](), dict[UUID, float]()
    deadline = time.monotonic() + PATIENCE_S
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as connection:
        while len(dones) < len(began):
            assert time.monotonic() < deadline, "the readings do not end"
            rows = connection.execute(
                """SELECT job.id, job.status, EXISTS (SELECT FROM speech_segments AS segment
                                               WHERE job_id = job.id AND index = 0 AND segment.status = 'done')
                   FROM speech_jobs AS job WHERE id = ANY(%s)""",
                [list(began)],
            )
            now = time.monotonic()
            for job_id, status, first in rows:
                if first:
                    firsts.setdefault(job_id, now - began[job_id])
                if status == "done":
                    dones.setdefault(job_id, now - began[job_id])
                assert status not in {"failed", "partial", "cancelled"}, status
            time.sleep(POLL_S)
    return [Times(firsts[job_id], dones[job_id]) for job_id in began]


# ---- Celery ------------------------------------------------------------------------------------------------------------


@contextmanager
def celery_workers() -> Iterator[None]:
    threads = [5, 5, 4]
    arguments = ["-A", "bench.speech_celery", "worker", "--pool", "threads", "--loglevel", "ERROR", "--without-mingle"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments, "--concurrency", str(count), "-n", f"w{number}@bench"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for number, count in enumerate(threads)
    ]  # fmt: skip
    try:
        from bench.speech_celery import app

        deadline = time.monotonic() + 60
        while len(app.control.ping(timeout=1.0)) < len(threads):
            assert time.monotonic() < deadline, "the workers do not start"
        yield
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(20)


def read_with_celery(text: str) -> Times:
    from bench import speech_celery

    job = str(uuid4())
    progress = redis.Redis.from_url(os.environ["BENCH_REDIS"])
    began = time.monotonic()
    speech_celery.start(job, text)
    first = 0.0
    while not progress.exists(f"{job}:done"):
        if not first and progress.exists(f"{job}:first"):
            first = time.monotonic() - began
        assert time.monotonic() - began < PATIENCE_S, "the work does not end"
        time.sleep(POLL_S)
    done = time.monotonic() - began
    return Times(first or done, done)


# ---- the figures -------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--finish", action="store_true", help="be the process that puts recordings together, until it is ended"
    )
    given = parser.parse_args()
    observability.logger.setLevel(logging.ERROR)
    logging.getLogger("botocore").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it ends what it started
    if given.finish:
        Application(QUEUES[-1:])
        signal.pause()
    folder = Path(tempfile.mkdtemp(prefix="visionary-bench-"))
    try:
        with surroundings(folder):
            measure(given.sizes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(sizes: Sequence[int]) -> None:
    from bench.speech_celery import cut

    application = Application(QUEUES[:-1])
    print("| characters | segments | first / done, s | ideal, 14 slots | done : ideal | Celery | done : Celery |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for number, size in enumerate(sizes):
        text = prose(size, seed=number)
        lengths = [end - start for start, end, _ in cut(text)]
        owner_id = uuid4()
        media_id = application.run(partial(keep_text, owner_id, text))
        (ours,) = read(application, [(owner_id, media_id)])
        best = ideal(lengths, SLOTS)
        with celery_workers():
            theirs = read_with_celery(text)
        print(
            f"| {size:,} | {len(lengths)} | {ours.first_s:.1f} / {ours.done_s:.1f} | {best.first_s:.1f} / {best.done_s:.1f} "
            f"| {ours.done_s / best.done_s:.2f} | {theirs.first_s:.1f} / {theirs.done_s:.1f} "
            f"| {ours.done_s / theirs.done_s:.2f} |",
            flush=True,
        )
    together(application)
    application.stop()


def together(application: Application) -> None:
    """One user alone, then five at once who each begin a long book."""
    alone = (uuid4(), prose(20_000, seed=90))
    media_id = application.run(partial(keep_text, *alone))
    (lone,) = read(application, [(alone[0], media_id)])
    owners = [(uuid4(), prose(20_000, seed=91 + number)) for number in range(USERS)]
    wishes = [(owner, application.run(partial(keep_text, owner, text))) for owner, text in owners]
    times = read(application, wishes)
    worst = max(each.first_s for each in times)
    print(
        f"\nfirst audio: {lone.first_s:.1f} s alone; {USERS} users at once "
        f"{', '.join(f'{each.first_s:.1f}' for each in times)} s: the last one {worst - lone.first_s:.1f} s later"
    )
    print(json.dumps({"alone": lone.first_s, "together": [each.first_s for each in times]}))
    assert math.isfinite(worst)


if __name__ == "__main__":
    main()
