"""A local stack under test, used from outside: its commands, addresses, users and AWS clients."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import boto3
import psycopg
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack.emulator import CREDENTIALS, REGION
from localstack.home import ROOT, Home
from localstack.postgres import Postgres
from localstack.token import token

ACCOUNT = "000000000000"
INCOMING = f"visionary-local-incoming-{ACCOUNT}-{REGION}"
LIBRARY = f"visionary-local-library-{ACCOUNT}-{REGION}"
# Variables of the developer's shell that tests must not depend on.
WITHHELD_PREFIXES = (
    "AV_",
    "AWS_",
    "CLAMD_",
    "DATABASE_",
    "SPEECHIFY_",
    "OPENAI_",
    "POLLY_",
    "TTS_",
    "SECRET_KEY",
    "CORS_ORIGINS",
    "ALLOWED_HOSTS",
)

MAX_WARNINGS = 40

Result = TypeVar("Result")


@dataclass(frozen=True)
class DeployedStack:
    """One local stack under test, and the variables of the shell that deploys it."""

    home: Home
    settings: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command of localstack.stack for this stack."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(WITHHELD_PREFIXES)}
        return subprocess.run(
            [sys.executable, "-m", "localstack.stack", *arguments],
            cwd=ROOT,
            env=environment | {"LOCAL_STACK": str(self.home.folder), "ERASURE_QUIET_S": "3", **self.settings},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def up(self) -> str:
        """Run `make up`; return its output."""
        completed = self.command("up")
        assert completed.returncode == 0, completed.stdout + completed.stderr
        return completed.stdout

    def down(self) -> str:
        completed = self.command("down")
        assert completed.returncode == 0, completed.stdout + completed.stderr
        return completed.stdout

    @property
    def api(self) -> str:
        return str(self.home.endpoints()["api"])

    @property
    def url(self) -> str:
        return str(self.home.endpoints()["s3"])

    def token(self, user: str) -> str:
        return token(self.home, user)

    def subject(self, user: str) -> str:
        """Return the owner id of a user."""
        claims = self.token(user).split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])

    def call(self, method: str, path: str, *, user: str | None = None, **arguments: Any) -> requests.Response:
        """Send a request to the API, with the token of a user if there is one."""
        headers = dict(arguments.pop("headers", {}))
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        return requests.request(
            method, self.api + path, headers=headers, timeout=30, allow_redirects=False, **arguments
        )

    def aws(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """Return a client of the emulator, with root credentials by default."""
        keys = credentials or {k.lower(): v for k, v in CREDENTIALS.items()}
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config, **keys)  # type: ignore[call-overload]

    def role_credentials(self, function: str) -> dict[str, str]:
        """Return credentials with exactly the rights of a function."""
        role = self.aws("lambda").get_function_configuration(FunctionName=f"visionary-local-{function}")["Role"]
        issued = self.aws("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
        return {
            "aws_access_key_id": issued["AccessKeyId"],
            "aws_secret_access_key": issued["SecretAccessKey"],
            "aws_session_token": issued["SessionToken"],
        }

    def queue_url(self, name: str) -> str:
        return str(self.aws("sqs").get_queue_url(QueueName=f"visionary-local-{name}")["QueueUrl"])

    def message_count(self, queue: str) -> int:
        """Return the number of messages in a queue, in-flight ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        response = self.aws("sqs").get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=names)
        return sum(int(response["Attributes"][name]) for name in names)

    def last_warnings(self) -> list[str]:
        """Return the last warnings of the supervisor, the emulator and the functions; the first are those before a restart."""
        logs = [self.home.emulator / "log.before", self.home.log, self.home.emulator / "log"]
        lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
        return [line[:1_000] for line in lines if re.search(r"WARN|ERROR|CRITICAL|Traceback|again", line)][
            -MAX_WARNINGS:
        ]

    def postgres(self) -> Postgres:
        return Postgres(self.home.postgres)


def switch_off_fsync(server: Postgres) -> None:
    """Let a server lose data if the machine crashes: tests need not wait until it is on the disk."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def wait_until(condition: Callable[[], Result], *, seconds: float = 30, event: str = "it") -> Result:
    """Poll a condition until it is true; return its value."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{event} did not happen within {seconds:.0f} s"
        time.sleep(0.1)
    return result


def aws_error_code(call: Callable[[], Any]) -> str:
    """Return the error code of a call to AWS; empty if it succeeds."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""
