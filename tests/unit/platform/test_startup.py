"""The start of a function on Lambda: what it makes before its first request, and what it leaves out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
ON_LAMBDA = {
    "PATH": "/usr/bin:/bin",
    "AWS_LAMBDA_FUNCTION_NAME": "visionary-test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}
SETTINGS = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}
DATABASE = {"DATABASE_URL": "postgresql://visionary_app@127.0.0.1:9/library", "DATABASE_IAM_AUTH": "true"}
REPORT = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
packages = ("boto3", "psycopg", "jwt", "requests", "chalicelib.events", "chalicelib.platform.db")
loaded = [name for name in packages if name in sys.modules]
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.db import database
print(json.dumps({
    "s3 clients": s3.client.cache_info().currsize,
    "queue clients": queues.client.cache_info().currsize,
    "signers": database._rds_client.cache_info().currsize,
    "connected": database._connection is not None,
    "loaded": loaded,
}))
"""


def start(module: str, environment: dict[str, str]) -> tuple[dict[str, Any], str]:
    """Import the module of a function's handler; return what is there then, and the log."""
    run = subprocess.run(
        [sys.executable, "-c", REPORT, module], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    *log, report = run.stdout.splitlines()
    return json.loads(report), "\n".join(log)


def test_the_api_starts_with_its_clients_and_the_driver_but_without_a_connection_or_handlers_of_events() -> None:
    report, log = start("chalicelib.api.application", ON_LAMBDA | SETTINGS | DATABASE)
    assert report == {
        "s3 clients": 2,  # one signs for clients
        "queue clients": 1,
        "signers": 1,
        "connected": False,
        "loaded": ["boto3", "psycopg", "chalicelib.platform.db"],
    }
    assert log == ""


@pytest.mark.parametrize("module", ["ingest", "speech", "account", "sweep"])
def test_a_consumer_starts_with_its_clients_and_the_driver_but_without_a_connection(module: str) -> None:
    report, _ = start(f"chalicelib.events.{module}", ON_LAMBDA | SETTINGS | DATABASE)
    assert (report["s3 clients"], report["queue clients"], report["connected"]) == (1, 1, False)
    assert "psycopg" in report["loaded"]


def test_a_function_without_a_database_does_not_load_its_driver() -> None:
    report, _ = start("chalicelib.events.speech", ON_LAMBDA | SETTINGS)
    assert report["loaded"] == ["boto3", "chalicelib.events", "chalicelib.platform.db"]


def test_the_authorizer_starts_with_what_verifies_tokens_and_nothing_else() -> None:
    jwks = {"AUTH_JWKS_URL": "http://127.0.0.1:9/jwks.json"}  # no server listens there
    report, log = start("chalicelib.api.authorizer", ON_LAMBDA | SETTINGS | jwks)
    assert report["loaded"] == ["jwt"]
    assert log == "", "keys that cannot be fetched are the first request's concern"


def test_a_start_that_fails_is_logged_and_left_to_the_first_request() -> None:
    report, log = start("chalicelib.api.application", ON_LAMBDA)
    assert report["s3 clients"] == 0
    assert "function not prepared" in log
    assert "STAGE" in log


def test_outside_lambda_nothing_is_made_in_advance() -> None:
    report, _ = start("app", {"PATH": "/usr/bin:/bin", **SETTINGS, **DATABASE})
    assert (report["s3 clients"], report["queue clients"]) == (0, 0)
    assert report["loaded"] == ["chalicelib.events", "chalicelib.platform.db"]


def test_the_api_starts_without_building_its_models() -> None:
    script = """
import chalicelib.api.application
from chalicelib.platform.lazy_model import LazyModel
def subclasses(model):
    return [model, *(below for child in model.__subclasses__() for below in subclasses(child))]
models = subclasses(LazyModel)[1:]
print(len(models), *(model.__name__ for model in models if model.__pydantic_complete__))
"""
    command = [sys.executable, "-c", script]
    count, *built = subprocess.run(
        command, cwd=ROOT, env=ON_LAMBDA | SETTINGS, capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(count) > 60
    assert set(built) <= {
        "Settings",
        "Page",
        "MediaFilter",
    }  # the last two: a generic one, and one that is a default value
