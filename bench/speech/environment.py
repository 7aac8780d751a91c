"""The environment of a speech benchmark: Redis, the voice provider, Postgres and the AWS emulator."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import boto3
from alembic import command
from alembic.config import Config

from bench.speech.schedule import SLOTS, STARTS_PER_S
from chalicelib.platform import config
from chalicelib.platform.db import database
from localstack import emulator
from localstack.emulator import Emulator
from localstack.postgres import Postgres

QUEUES = ("speech_express", "speech_bulk", "speech_results", "speech_jobs")


def missing_programs(*, celery: bool) -> str:
    """Return the names of what the comparison with Celery needs and this machine lacks, joined by commas."""
    if not celery:
        return ""
    programs = [name for name in ("redis-server",) if shutil.which(name) is None]
    packages = [name for name in ("celery", "redis") if importlib.util.find_spec(name) is None]
    return ", ".join([*programs, *packages])


@contextmanager
def provider_and_redis(*, celery: bool) -> Iterator[None]:
    """Run the voice provider, and with Celery its broker; their addresses are environment variables."""
    redis_port, provider_port = free_port(), free_port()
    os.environ |= {
        "TTS_PROVIDERS": "speechify",
        "TTS_CONCURRENCY": f"speechify={SLOTS}",
        "SPEECHIFY_API_KEY": "bench",
        "SPEECH_CHECKS": "false",  # the provider sends tones
        "SPEECHIFY_API_URL": f"http://127.0.0.1:{provider_port}",
        "BENCH_REDIS": f"redis://127.0.0.1:{redis_port}/0",
    }
    broker = ["redis-server", "--port", str(redis_port), "--save", "", "--bind", "127.0.0.1"]
    provider = [sys.executable, "-m", "bench.speech.provider", *map(str, (provider_port, SLOTS, STARTS_PER_S))]
    with running(provider), running(broker) if celery else nullcontext():
        yield


@contextmanager
def database_and_emulator(folder: Path) -> Iterator[None]:
    """Run Postgres with the schema, S3 and SQS; their addresses are environment variables, as for the functions."""
    server = Postgres(folder / "postgres")
    server.start()
    aws = Emulator(folder / "aws", emulator.listen(range(45_660, 45_700)))
    aws.start()
    try:
        use_emulator(f"http://127.0.0.1:{aws.port}", server)
        os.environ |= {
            "STAGE": "local",
            "POWERTOOLS_METRICS_NAMESPACE": "Bench",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "INCOMING_BUCKET": "incoming",
            "LIBRARY_BUCKET": "library",
            "SIGNING_SECRET": "s" * 32,
            "SPEECH_CHARACTERS_PER_DAY": "1000000000",
            "SPEECH_CHARACTERS_PER_MONTH": "1000000000",
            "DATABASE_URL": server.url("visionary_owner"),
        }
        config.settings.cache_clear()
        command.upgrade(Config("alembic.ini"), "head")
        os.environ["DATABASE_URL"] = server.url("visionary_app")
        boto3.client("s3").create_bucket(Bucket="library")
        for name in QUEUES:
            url = boto3.client("sqs").create_queue(
                QueueName=f"visionary-local-{name.replace('_', '-')}", Attributes={"VisibilityTimeout": "60"}
            )["QueueUrl"]
            os.environ[f"{name.upper()}_QUEUE_URL"] = url
        config.settings.cache_clear()
        database._discard()
        yield
    finally:
        database._discard()
        aws.stop()
        server.stop()


def use_emulator(url: str, server: Postgres) -> None:
    """Point boto3 at an emulator, and measurements at its database."""
    os.environ |= {
        **emulator.CREDENTIALS,
        "AWS_DEFAULT_REGION": emulator.REGION,
        "AWS_ENDPOINT_URL": url,
        "S3_ADDRESSING_STYLE": "path",
        "BENCH_DATABASE": server.url("postgres"),
    }


@contextmanager
def running(arguments: list[str], *, silent: bool = False) -> Iterator[None]:
    """Run a process until the block ends; `silent` hides its warnings, too."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL if silent else None)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
