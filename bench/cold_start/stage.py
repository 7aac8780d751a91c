"""One bundle with real parts on loopback: Postgres, S3, SQS and secrets of the emulator, the pool's keys, a voice provider.

Every queue's messages are written and read by the bundle's own functions, so that commits with other messages can be compared.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import jwt
import psycopg
import requests
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.cold_start.layout import ColdStart, ColdStartError, Function, Layout
from localstack import emulator
from localstack.emulator import Emulator
from localstack.postgres import Postgres

TEXT = b"A lamp stood in the window. Every night it was lit, and every morning it was put out again."  # one segment
CLIENT = "bench"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRETS = {"SIGNING_SECRET": "s" * 48, "ORIGIN_SECRET": "o" * 48, "SPEECHIFY_API_KEY": "bench"}
RECORDING_TIMEOUT_S = 60.0
ROLES = {"migrate": "visionary_owner", "sweep": "visionary_sweep"}


class Stage:
    """A bundle, its database, its buckets and its queues."""

    def __init__(self, layout: Layout, postgres: Postgres, aws: Emulator, addresses: Mapping[str, str]) -> None:
        self.layout = layout
        self._postgres = postgres
        self._addresses = addresses
        self._aws: dict[str, Any] = {
            **{
                f"aws_{name}": emulator.CREDENTIALS[f"AWS_{name.upper()}"]
                for name in ("access_key_id", "secret_access_key")
            },
            "region_name": emulator.REGION,
            "endpoint_url": f"http://127.0.0.1:{aws.port}",
        }
        self._sqs: Any = boto3.client("sqs", **self._aws)
        self._consumers = {queue: f for f in layout.functions.values() for queue in f.queues}
        self._queue_urls = self._create_queues()
        self._create_buckets_and_secrets()
        self.start("migrate", {})

    def start(self, name: str, event: object) -> ColdStart:
        """Start a function and send it one event."""
        function = self.layout.functions[name]
        return self.layout.start(function, event, self._environment(function))

    def record(self) -> Iterator[tuple[str, ColdStart]]:
        """Upload a text, have it spoken, and sweep; yield every cold start on the way, with the function's name."""
        owner_id = uuid4()
        yield "authorize", self.start("authorize", self._authorizer_event(owner_id))
        listing = self.start("api", self._request("GET", "/v1/media", owner_id))
        yield "api: GET /v1/media", listing
        declaration = {"filename": "lamp.txt", "media_type": "text/plain", "size_bytes": len(TEXT)}
        uploading = self.start("api", self._request("POST", "/v1/uploads", owner_id, declaration))
        yield "api: POST /v1/uploads", uploading
        upload = _body(uploading)
        target, media_id = upload["upload"], upload["media"]["id"]
        requests.put(target["url"], data=TEXT, headers=target["headers"], timeout=30).raise_for_status()
        key = re.split(r"[?]", target["url"])[0].partition("/incoming/")[2]
        arrival = {"Records": [{"s3": {"object": {"key": key}}}]}
        yield "ingest", self.start("ingest", self._batch("ingest", json.dumps(arrival)))
        speech = f"/v1/media/{media_id}/speech"
        _body(self.start("api", self._request("POST", speech, owner_id, {}, route="/v1/media/{media_id}/speech")))
        yield from self._consume()
        yield "sweep", self.start("sweep", _schedule())

    def import_s(self, modules: str) -> float:
        """Return the processor seconds that importing takes, as anywhere but on Lambda: nothing is made in advance."""
        environment = self._environment(self.layout.functions["api"])
        del environment["AWS_LAMBDA_FUNCTION_NAME"]
        return self.layout.import_s(modules, environment)

    def _consume(self) -> Iterator[tuple[str, ColdStart]]:
        """Handle the messages of all queues, one cold start each, until the recording is done."""
        deadline = time.monotonic() + RECORDING_TIMEOUT_S
        while self._is_recording():
            if time.monotonic() > deadline:
                raise ColdStartError("The recording is not done")
            for queue, url in self._queue_urls.items():
                for message in self._sqs.receive_message(QueueUrl=url).get("Messages", ()):
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    consumer = self._consumers[queue]
                    yield consumer.name, self.start(consumer.name, self._batch(queue, message["Body"]))

    def _is_recording(self) -> bool:
        with psycopg.connect(self._postgres.url("postgres")) as connection:
            statuses = {status for (status,) in connection.execute("SELECT status FROM speech_jobs")}
        if not statuses <= {"queued", "planning", "speaking", "finishing", "done"}:
            raise ColdStartError(f"A recording ended as {statuses}")
        return statuses != {"done"}

    def _environment(self, function: Function) -> dict[str, str]:
        """Return the function's variables, as far as the template gives it them, and what Lambda adds."""
        values = {
            **self._addresses,
            "STAGE": "bench",
            "VERSION": "bench",
            "INCOMING_BUCKET": "incoming",
            "LIBRARY_BUCKET": "library",
            "S3_ADDRESSING_STYLE": "path",
            "S3_PUBLIC_ENDPOINT_URL": self._aws["endpoint_url"],
            "POWERTOOLS_SERVICE_NAME": "visionary",
            "POWERTOOLS_METRICS_NAMESPACE": "Visionary",
            "TTS_PROVIDERS": "speechify",
            "AUTH_CLIENT_ID": CLIENT,
            "DATABASE_URL": self._postgres.url(ROLES.get(function.name, "visionary_app")),
            "DATABASE_IAM_AUTH": "true",  # the server asks for no password, but the function signs one
            **{f"{_snake(queue)}_QUEUE_URL": url for queue, url in self._queue_urls.items()},
        }
        declared = json.dumps(function.variables)
        values["SECRETS_ARN"] = ",".join(re.findall(r'"(\w+SecretsArn)"', declared))
        values["SECRET_PARAMETERS"] = ",".join(
            f"/bench/{name}" for name in re.findall(r"SecretsPath\}/(\w+)", declared)
        )
        return {
            **{name: value for name, value in values.items() if name in function.variables and value},
            **emulator.CREDENTIALS,
            "AWS_DEFAULT_REGION": emulator.REGION,
            "AWS_REGION": emulator.REGION,
            "AWS_ENDPOINT_URL": self._aws["endpoint_url"],
            "AWS_LAMBDA_FUNCTION_NAME": f"visionary-bench-{function.name}",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }

    def _create_queues(self) -> dict[str, str]:
        names = {name for f in self.layout.functions.values() for name in f.variables if name.endswith("_QUEUE_URL")}
        queues = {_camel(name.removesuffix("_QUEUE_URL")) for name in names} | set(self._consumers)
        return {
            queue: self._sqs.create_queue(QueueName=f"visionary-bench-{queue}")["QueueUrl"] for queue in sorted(queues)
        }

    def _create_buckets_and_secrets(self) -> None:
        s3: Any = boto3.client("s3", config=Config(s3={"addressing_style": "path"}), **self._aws)
        for bucket in ("incoming", "library"):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        secrets: Any = boto3.client("secretsmanager", **self._aws)
        for name in ("SigningSecretsArn", "OriginSecretsArn", "SpeechSecretsArn", "AuthorizeSecretsArn"):
            secrets.create_secret(Name=name, SecretString=json.dumps(SECRETS))
        parameters: Any = boto3.client("ssm", **self._aws)
        for name, value in SECRETS.items():
            parameters.put_parameter(Name=f"/bench/{name}", Value=value, Type="SecureString")

    def _authorizer_event(self, owner_id: UUID) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self._addresses["AUTH_ISSUER"],
            "sub": str(owner_id),
            "client_id": CLIENT,
            "token_use": "access",
            "iat": now,
            "exp": now + 600,
        }
        token = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": CLIENT})
        return {
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:us-east-1:000000000000:api/api/GET/v1/media",
            "headers": {"Authorization": f"Bearer {token}", "X-Origin-Secret": SECRETS["ORIGIN_SECRET"]},
            "requestContext": {"requestId": str(uuid4()), "identity": {"sourceIp": "192.0.2.1"}},
        }

    @staticmethod
    def _request(
        method: str, path: str, owner_id: UUID, body: object = None, *, route: str | None = None
    ) -> dict[str, Any]:
        headers = {"Host": "api.example.com", "X-Origin-Secret": SECRETS["ORIGIN_SECRET"]}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return {
            "resource": route or path,
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": {"media_id": path.split("/")[3]} if route else None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": route or path,
                "httpMethod": method,
                "path": f"/api{path}",
                "stage": "api",
                "requestId": str(uuid4()),
                "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
                "authorizer": {"principalId": str(owner_id), "actor": "owner"},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }

    @staticmethod
    def _batch(queue: str, body: str) -> dict[str, Any]:
        record = {
            "messageId": str(uuid4()),
            "receiptHandle": "receipt",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(time.time() * 1_000))},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:visionary-bench-{queue}",
            "awsRegion": emulator.REGION,
        }
        return {"Records": [record]}


@contextmanager
def running_stage(layout: Layout, folder: Path, provider: str, ports: range) -> Iterator[Stage]:
    """Run a bundle's parts until the block ends."""
    postgres, aws = Postgres(folder / "postgres"), Emulator(folder / "aws", emulator.listen(ports))
    postgres.start()
    aws.start()
    keys = ThreadingHTTPServer(("127.0.0.1", 0), _Keys)
    threading.Thread(target=keys.serve_forever, daemon=True).start()
    issuer = f"http://127.0.0.1:{keys.server_port}"
    addresses = {
        "AUTH_ISSUER": issuer,
        "AUTH_JWKS_URL": f"{issuer}/jwks.json",
        "SPEECHIFY_API_URL": provider,
        "SPEECH_CHECKS": "false",
    }
    try:
        yield Stage(layout, postgres, aws, addresses)
    finally:
        keys.shutdown()
        aws.stop()
        postgres.stop()


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        key = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": CLIENT, "alg": "RS256"}
        body = json.dumps({"keys": [key]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _body(answered: ColdStart) -> Any:
    if answered.response["statusCode"] >= 300:
        raise ColdStartError(f"The API refused: {answered.response['body']}")
    return json.loads(answered.response["body"])


def _schedule() -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": emulator.REGION,
        "resources": [],
        "detail": {},
    }


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
