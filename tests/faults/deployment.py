"""The services and functions of the fault tests: real processes, with a proxy before every service that a function uses."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit
from uuid import UUID, uuid4

import boto3
import psycopg
import yaml  # type: ignore[import-untyped]
from alembic import command
from alembic.config import Config
from psycopg import sql

from localstack import emulator
from localstack.emulator import CREDENTIALS, REGION, Emulator
from localstack.home import ROOT
from localstack.postgres import Postgres
from tests.fakes import lambda_service, speechify
from tests.fakes.speechify import FakeSpeechify
from tests.faults.function import Function, Outcome
from tests.faults.identity import Identity
from tests.integration.conftest import QUEUES, start_postgres
from tests.support.clamd import ClamdDaemon
from tests.support.tcp_proxy import TcpProxy

TIMEOUT_S = 6.0  # of most functions here: a fifth or less of the real ones, so that the whole matrix takes minutes
HANDLERS = {
    "api": "chalicelib.api.application.app",
    "authorize": "chalicelib.api.authorizer.authorize_request",
    "ingest": "chalicelib.events.ingest.on_arrival",
    "fetch_import": "chalicelib.events.imports.on_import",
    "deliver_webhook": "chalicelib.events.webhooks.on_webhook",
    "recognize": "chalicelib.events.recognition.on_page",
    "run_speech_job": "chalicelib.events.speech.on_job",
    "synthesize": "chalicelib.events.speech.on_segment",
    "synthesize_built_in": "chalicelib.events.built_in_voice.on_segment",
    "record_segment": "chalicelib.events.speech.on_result",
    "run_account_job": "chalicelib.events.account.on_message",
    "sweep": "chalicelib.events.sweep.sweep",
    "backup": "chalicelib.events.backup.on_request",
    "migrate": "chalicelib.events.migrate.migrate",
}
TIMEOUTS_S = {
    "recognize": 12.0,  # Tesseract loads its models once, and a page takes two seconds on a busy machine
    "backup": 25.0,  # it stops 15 s before its limit, as does the next one
    "migrate": 25.0,
}
ROLES = {"sweep": "visionary_sweep", "backup": "visionary_owner", "migrate": "visionary_owner"}
CONSUMERS = {
    "ingest": "ingest",
    "recognition": "recognize",
    "imports": "fetch_import",
    "webhooks": "deliver_webhook",
    "speech_jobs": "run_speech_job",
    "speech_express": "synthesize",
    "speech_bulk": "synthesize",
    "speech_built_in": "synthesize_built_in",
    "speech_results": "record_segment",
    "account": "run_account_job",
}
BUCKETS = ("incoming", "library", "backups", "anchors")
DEPENDENCIES = ("postgres", "s3", "sqs", "clamd", "provider", "jwks", "lambda")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its consumer receives it."""

    queue: str
    id: str
    body: str
    attributes: Mapping[str, Any]

    def event(self, *, receives: int = 1) -> dict[str, Any]:
        arn = f"arn:aws:sqs:{REGION}:000000000000:visionary-test-{self.queue.replace('_', '-')}"
        record = {
            "messageId": self.id,
            "receiptHandle": "receipt",
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(receives)},
            "messageAttributes": self.attributes,
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": REGION,
        }
        return {"Records": [record]}


class Deployment:
    """All services, their proxies, and the functions, which reach the services through the proxies only."""

    def __init__(self, folder: Path, postgres: Postgres, aws_port: int, provider: FakeSpeechify) -> None:
        self.postgres = postgres
        self.provider = provider
        self.owner = psycopg.connect(postgres.url("postgres"), autocommit=True)
        self.aws_url = f"http://127.0.0.1:{aws_port}"
        keys: Any = {
            "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        }
        self.s3: Any = boto3.client("s3", endpoint_url=self.aws_url, region_name=REGION, **keys)
        self.sqs: Any = boto3.client("sqs", endpoint_url=self.aws_url, region_name=REGION, **keys)
        self.identity = Identity()
        self.proxies: dict[str, TcpProxy] = {}
        self.functions: dict[str, Function] = {}
        self.kept: list[Message] = []
        self._folder = folder
        self._queues: dict[str, str] = {}

    def start(self, upstreams: Mapping[str, Callable[[], socket.socket]]) -> None:
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for name in QUEUES:
            created = self.sqs.create_queue(QueueName=f"visionary-test-{name.replace('_', '-')}")
            self._queues[name] = created["QueueUrl"]
        self.proxies = {name: TcpProxy(connect) for name, connect in upstreams.items()}
        for name, handler in HANDLERS.items():
            self.functions[name] = Function(name, handler, self._environment(name), self._folder / f"{name}.log")

    def stop(self) -> None:
        for function in self.functions.values():
            function.stop()
        for proxy in self.proxies.values():
            proxy.close()
        self.owner.close()

    def _environment(self, function: str) -> dict[str, str]:
        role = ROLES.get(function, "visionary_app")
        database = urlsplit(self.postgres.url(role)).path
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **CREDENTIALS,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.proxies["s3"].url,
            "AWS_ENDPOINT_URL_SQS": self.proxies["sqs"].url,
            "AWS_ENDPOINT_URL_LAMBDA": self.proxies["lambda"].url,
            "S3_PUBLIC_ENDPOINT_URL": self.aws_url,
            "S3_ADDRESSING_STYLE": "path",
            "STAGE": "test",
            "FUNCTION_TIMEOUT_S": str(TIMEOUTS_S.get(function, TIMEOUT_S)),
            **{f"{bucket.upper()}_BUCKET": bucket for bucket in BUCKETS},
            "DATABASE_URL": f"postgresql://{role}@127.0.0.1:{self.proxies['postgres'].port}{database}?sslmode=disable",
            "SIGNING_SECRET": "s" * 32,
            "AUTH_ISSUER": self.identity.issuer,
            "AUTH_CLIENT_ID": self.identity.client_id,
            "AUTH_JWKS_URL": f"{self.proxies['jwks'].url}/jwks.json",
            "TTS_PROVIDERS": "speechify",
            "TTS_FALLBACK_ENABLED": "false",
            "SPEECH_CHECKS": "false",  # the fakes send tones
            "SPEECHIFY_API_URL": self.proxies["provider"].url,
            "SPEECHIFY_API_KEY": speechify.API_KEY,
            "ERASURE_QUIET_S": "0",
            "AV_ENGINE": "clamd",
            "IMPORT_ALLOW_LOOPBACK": "true",
            "WEBHOOK_ALLOW_LOOPBACK": "true",
            "CLAMD_ADDRESS": f"127.0.0.1:{self.proxies['clamd'].port}",
            "POWERTOOLS_METRICS_NAMESPACE": "Visionary",
            **{f"{name.upper()}_QUEUE_URL": url for name, url in self._queues.items()},
        }

    # ---- requests -------------------------------------------------------------------------------------------------

    def request(
        self, owner: UUID, method: str, route: str, body: object = None, *, key: str = "", limit_s: float | None = None
    ) -> Outcome:
        """Send a request through API Gateway's event; `route` has its parameters filled in, with `{name=value}`."""
        target = urlsplit(route)
        parameters = dict(part[1:-1].split("=") for part in target.path.split("/") if part.startswith("{"))
        resource = "/".join(
            f"{{{part[1:].partition('=')[0]}}}" if part.startswith("{") else part for part in target.path.split("/")
        )
        headers = {"Content-Type": "application/json", "Host": "api.example"} | (
            {"Idempotency-Key": key} if key else {}
        )
        event = {
            "resource": resource,
            "path": resource.format(**parameters),
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": parse_qs(target.query) or None,
            "pathParameters": parameters or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": method,
                "requestId": str(uuid4()),
                "identity": {"sourceIp": "198.51.100.7"},
                "authorizer": {"principalId": str(owner)},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        api = self.functions["api"]
        return api.invoke(event) if limit_s is None else api.invoke(event, limit_s=limit_s)

    def call(self, owner: UUID, method: str, route: str, body: object = None, *, key: str = "") -> Any:
        """Send a request that must succeed; return the body of its response."""
        outcome = self.request(owner, method, route, body, key=key)
        assert outcome.result is not None, outcome
        assert outcome.result["statusCode"] < 300, outcome.result
        return json.loads(outcome.result["body"]) if outcome.result["body"] else None

    # ---- messages -------------------------------------------------------------------------------------------------

    def receive(self, queue: str) -> list[Message]:
        """Receive and delete the messages of a queue that are visible."""
        messages = []
        while batch := self.sqs.receive_message(
            QueueUrl=self._queues[queue], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in batch:
                self.sqs.delete_message(QueueUrl=self._queues[queue], ReceiptHandle=message["ReceiptHandle"])
                attributes = {
                    name: {"dataType": value["DataType"], "stringValue": value["StringValue"]}
                    for name, value in message.get("MessageAttributes", {}).items()
                }
                messages.append(Message(queue, message["MessageId"], message["Body"], attributes))
        return messages

    def deliver(self, message: Message, *, receives: int = 1, limit_s: float | None = None) -> Outcome:
        function = self.functions[CONSUMERS[message.queue]]
        event = message.event(receives=receives)
        return function.invoke(event) if limit_s is None else function.invoke(event, limit_s=limit_s)

    def work_until(
        self,
        is_done: Callable[[], object],
        *,
        within_s: float,
        keep: Callable[[Message], bool] = lambda _message: False,
    ) -> float:
        """Deliver messages of all queues until it is done; return the seconds. None may fail.

        From the first message to keep on, all that were received are kept.
        """
        started = time.monotonic()
        while not is_done():
            assert time.monotonic() - started < within_s, "not done in time"
            for message in [message for queue in QUEUES for message in self.receive(queue)]:
                if self.kept or keep(message):
                    self.kept.append(message)
                    continue
                outcome = self.deliver(message)
                assert outcome.result == {"batchItemFailures": []}, (message, outcome)
            time.sleep(0.1)
        return time.monotonic() - started

    def deliver_kept(self) -> None:
        kept, self.kept = self.kept, []
        for message in kept:
            assert self.deliver(message).result == {"batchItemFailures": []}, message

    def purge(self) -> None:
        """Forget all messages, limits and breakers."""
        self.kept = []
        for queue in QUEUES:
            self.sqs.purge_queue(QueueUrl=self._queues[queue])
        for table in ("outbox", "sweep_schedule", "sweep_rounds", "rate_limits", "speech_providers"):
            self.owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def arrival(key: str) -> Message:
    """Return S3's message about a new object in the incoming bucket."""
    record = {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": quote_plus(key, safe="/")}}}
    return Message("ingest", str(uuid4()), json.dumps({"Records": [record]}), {})


def visibility_s(queue: str) -> int:
    """Return how long a message of this queue is invisible after it was received."""
    templates = yaml.load((ROOT / "infra/storage.yaml").read_text(), Loader=_Loader)  # noqa: S506 - a safe loader
    name = "".join(part.capitalize() for part in queue.split("_")) + "Queue"
    return int(templates["Resources"][name]["Properties"]["VisibilityTimeout"])


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """A loader that reads CloudFormation's short functions as nothing."""


_Loader.add_multi_constructor("!", lambda *_: None)


@contextmanager
def deploy(folder: Path) -> Iterator[Deployment]:
    """Start everything; yield the deployment."""
    with ExitStack() as stack:
        postgres = stack.enter_context(start_postgres())
        _migrate(postgres)
        listener = emulator.listen(range(46_300, 46_360))
        aws = Emulator(folder / "aws", listener)
        aws.start()
        stack.callback(aws.stop)
        clamd = ClamdDaemon(folder / "clamd")
        clamd.start()
        stack.callback(clamd.stop)
        provider = stack.enter_context(FakeSpeechify())
        deployment = Deployment(folder, postgres, aws.port, provider)
        stack.enter_context(deployment.identity)
        sweeps = stack.enter_context(lambda_service.serve({"visionary-test-sweep": lambda _event: {}}))
        stack.callback(deployment.stop)
        deployment.start(
            {
                "postgres": lambda: _unix(_socket_of(postgres)),
                "s3": lambda: _tcp(aws.port),
                "sqs": lambda: _tcp(aws.port),
                "clamd": lambda: _unix(clamd.socket),
                "provider": lambda: _tcp(provider.port),
                "jwks": lambda: _tcp(deployment.identity.port),
                "lambda": lambda: _tcp(urlsplit(sweeps).port or 0),
            }
        )
        yield deployment


def _migrate(postgres: Postgres) -> None:
    os.environ["DATABASE_URL"] = postgres.url("visionary_owner")
    command.upgrade(Config("alembic.ini"), "head")


def _socket_of(postgres: Postgres) -> Path:
    (folder,) = parse_qs(urlsplit(postgres.url("postgres")).query)["host"]
    return Path(folder) / ".s.PGSQL.5432"


def _unix(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def _tcp(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))
