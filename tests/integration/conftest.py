"""Fixtures of integration tests: Postgres, S3 and SQS on moto, and Chalice's test client."""

import io
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID, uuid4

import boto3
import chalice.test
import jwt
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from chalice.local import LambdaContext
from chalice.test import Client
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend, s3_backends
from moto.sqs.models import sqs_backends

from chalicelib.audit import failed_logins
from chalicelib.platform import config
from chalicelib.platform.aws import functions, queues, s3
from chalicelib.platform.db import database, sweep_schedule
from chalicelib.platform.telemetry import observability
from localstack.postgres import Postgres
from tests.support.local_stack import switch_off_fsync

SECRET = "the secret of an existing system, long enough"
QUEUES = (
    "ingest", "speech_jobs", "speech_express", "speech_bulk", "speech_built_in", "speech_results", "account", "recognition",
    "imports", "webhooks",
)  # fmt: skip

QUEUE_URL = f"https://sqs.us-east-1.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{{}}"

# Without triggers and foreign keys. TRUNCATE would create hundreds of files anew: each table has its indexes and partitions.
DELETE_ALL = """DO $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END $$"""

COMPLETE_UPLOAD = S3Backend.complete_multipart_upload


def complete_upload(backend: S3Backend, bucket_name: str, multipart_id: str, body: Any) -> Any:
    """Respond like S3 to an unknown upload, for which moto raises an internal error."""
    if multipart_id not in backend.get_bucket(bucket_name).multiparts:
        raise NoSuchUpload(upload_id=multipart_id)
    return COMPLETE_UPLOAD(backend, bucket_name, multipart_id, body)


@dataclass(frozen=True)
class User:
    """A user with an account."""

    id: UUID

    @property
    def headers(self) -> dict[str, str]:
        token = jwt.encode({"id": str(self.id), "exp": int(time.time()) + 600}, SECRET, algorithm="HS256")
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


class WorkerDiedError(BaseException):
    """The death of a worker's process: no exception handler catches it."""


def die(**_: object) -> None:
    raise WorkerDiedError


def on_call(number: int, action: Callable[..., None] = die) -> Callable[..., None]:
    """Return a function that runs `action` at its n-th call, counted from 1."""
    calls = 0

    def counted(**_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            action()

    return counted


@contextmanager
def intercept_s3(operation: str, action: Callable[..., Any], *, moment: str = "before-call") -> Iterator[None]:
    """Run an action whenever the application calls an S3 operation.

    `moment` is `before-call`, before the request is sent, or `after-call`, when its response has arrived.
    """
    events, name = s3.client().meta.events, f"{moment}.s3.{operation}"
    events.register(name, action)
    try:
        yield
    finally:
        events.unregister(name, action)


@dataclass(frozen=True)
class Cloud:
    """Clients of the services that the application uses, to inspect their state."""

    s3: Any
    sqs: Any
    owner: psycopg.Connection[Any]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Receive and delete all messages in a queue."""
        messages: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(
            QueueUrl=os.environ[f"{queue.upper()}_QUEUE_URL"],
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            messages += batch
            for message in batch:
                self.sqs.delete_message(
                    QueueUrl=os.environ[f"{queue.upper()}_QUEUE_URL"], ReceiptHandle=message["ReceiptHandle"]
                )
        return messages


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """Yield a new server in a folder of its own.

    Postgres may run as another user, which cannot read pytest's folders.
    """
    with tempfile.TemporaryDirectory(prefix="visionary-postgres-") as folder:
        server = Postgres(Path(folder) / "data")
        server.start()
        try:
            switch_off_fsync(server)
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with start_postgres() as server:
        yield server


@pytest.fixture
def empty_postgres() -> Iterator[Postgres]:
    """Yield a server for one test."""
    with start_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> Postgres:
    environment = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment, "DATABASE_URL": postgres.url("visionary_owner")}.items():
            patch.setenv(name, value)
        config.settings.cache_clear()
        command.upgrade(Config("alembic.ini"), "head")
    config.settings.cache_clear()
    return postgres


@pytest.fixture(scope="session")
def owner_connection(migrated: Postgres) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection of the tests themselves, which sees and deletes everything."""
    with psycopg.connect(migrated.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def aws_session() -> boto3.Session:
    """The session of all clients: it keeps the descriptions of the services, which take longer to load than most tests."""
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")


@pytest.fixture(scope="session")
def inspection_clients(aws_session: boto3.Session) -> tuple[Any, Any]:
    """Clients of S3 and SQS for the tests themselves."""
    return aws_session.client("s3"), aws_session.client("sqs")


def queue_name(name: str) -> str:
    return f"visionary-test-{name.replace('_', '-')}"


def create_resources() -> None:
    """Create buckets and queues in moto, without the requests, which take longer than most tests."""
    storage, queueing = s3_backends[DEFAULT_ACCOUNT_ID]["aws"], sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    for bucket in ("incoming", "library", "anchors"):
        storage.create_bucket(bucket, "us-east-1")
        storage.put_bucket_versioning(bucket, "Enabled")
    storage.put_object_lock_configuration("anchors", lock_enabled=True)
    for name in QUEUES:
        queueing.create_queue(queue_name(name))


@pytest.fixture
def cloud(
    migrated: Postgres,
    aws_session: boto3.Session,
    inspection_clients: tuple[Any, Any],
    owner_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Cloud]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(S3Backend, "complete_multipart_upload", complete_upload)
    with mock_aws():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", aws_session)
        create_resources()
        values = {
            "STAGE": "test",
            "INCOMING_BUCKET": "incoming",
            "LIBRARY_BUCKET": "library",
            "ANCHORS_BUCKET": "anchors",
            "DATABASE_URL": migrated.url("visionary_app"),
            "SIGNING_SECRET": "s" * 32,
            "SECRET_KEY": SECRET,
            "TTS_PROVIDERS": "espeak",
            "SPEECH_CHECKS": "false",  # fake providers send tones
            "POWERTOOLS_METRICS_NAMESPACE": "Visionary",
            "CORS_ORIGINS": "https://app.example,https://admin.example",
            **{f"{name.upper()}_QUEUE_URL": QUEUE_URL.format(queue_name(name)) for name in QUEUES},
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        clear_caches()
        yield Cloud(*inspection_clients, owner_connection)
        owner_connection.execute(DELETE_ALL)
    clear_caches()


def clear_caches() -> None:
    """Clear what a process caches between invocations."""
    config.settings.cache_clear()
    s3.client.cache_clear()
    queues.client.cache_clear()
    database._rds_client.cache_clear()
    failed_logins._limiter.cache_clear()
    functions.client.cache_clear()
    sweep_schedule._memory.cache_clear()
    database._discard()


@pytest.fixture
def sweeping(migrated: Postgres, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """Return a context manager that gives the application the sweep's database role.

    This role reads the rows of all owners.
    """

    @contextmanager
    def role() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setenv("DATABASE_URL", migrated.url("visionary_sweep"))
            config.settings.cache_clear()
            database._discard()
            yield
        config.settings.cache_clear()
        database._discard()

    return role


@pytest.fixture
def client(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    assert cloud  # the application needs it
    from app import app

    # Chalice's client gives every function 3 s.
    monkeypatch.setattr(chalice.test, "LambdaContext", partial(LambdaContext, max_runtime_ms=300_000))
    with Client(app) as test_client:
        yield test_client


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Return a function that returns the log lines of the test."""
    stream = io.StringIO()
    handler = observability.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", stream)
    return stream.getvalue


@pytest.fixture
def alice() -> User:
    return User(uuid4())


@pytest.fixture
def bob() -> User:
    return User(uuid4())


@dataclass(frozen=True)
class Platform:
    """The application with its queues: delivers their messages to the functions until all are empty."""

    client: Client
    cloud: Cloud

    FUNCTIONS = (
        ("ingest", "ingest"),
        ("speech_jobs", "run_speech_job"),
        ("speech_express", "synthesize"),
        ("speech_bulk", "synthesize"),
        ("speech_built_in", "synthesize_built_in"),
        ("speech_results", "record_segment"),
        ("account", "run_account_job"),
        ("recognition", "recognize"),
        ("imports", "fetch_import"),
        ("webhooks", "deliver_webhook"),
    )

    def deliver(self, function: str, bodies: list[str], *, receives: int = 1, origin: str | None = None) -> list[str]:
        """Invoke a function with messages of the request `origin`; return the bodies of failed ones."""
        attributes = {"correlation_id": {"dataType": "String", "stringValue": origin}} if origin else {}
        queue = next((queue for queue, consumer in self.FUNCTIONS if consumer == function), function)
        records = [
            {
                "messageId": str(number),
                "receiptHandle": f"receipt-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": attributes,
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:visionary-test-{queue.replace('_', '-')}",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
        response = self.client.lambda_.invoke(function, {"Records": records}).payload
        return [bodies[int(failure["itemIdentifier"])] for failure in response["batchItemFailures"]]

    def upload_object(self, key: str, content: bytes) -> list[str]:
        """Store an object in the incoming bucket, and deliver its event to the function."""
        self.cloud.s3.put_object(Bucket="incoming", Key=key, Body=content)
        return self.deliver("ingest", [object_created_event(key)])

    def run(self) -> None:
        """Deliver messages until every queue is empty; every delivery must succeed."""
        has_delivered = True
        while has_delivered:
            has_delivered = False
            for queue, function in self.FUNCTIONS:
                for message in self.cloud.messages(queue):
                    has_delivered = True
                    origin = message.get("MessageAttributes", {}).get("correlation_id", {}).get("StringValue")
                    assert self.deliver(function, [message["Body"]], origin=origin) == []


def object_created_event(key: str) -> str:
    """Return S3's event of a new object, as a message body."""
    return json.dumps(
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": quote_plus(key, safe="/")}}}]}
    )


@pytest.fixture
def platform(client: Client, cloud: Cloud) -> Platform:
    return Platform(client, cloud)


Sweeping = Callable[[], AbstractContextManager[None]]
