"""Errors reach Sentry before the function is frozen, without private data."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.events import batch
from chalicelib.platform import config
from chalicelib.platform.telemetry import sentry
from chalicelib.platform.telemetry.observability import logger
from tests.fakes.sentry import FakeSentry
from tests.integration.conftest import Platform, User
from tests.integration.speech.test_speech import PARAGRAPHS, TEXT, start
from tests.integration.uploads.test_uploads import upload

ROOT = Path(__file__).parent.parent.parent.parent
SIGNED = "https://bucket.example/uploads/key?X-Amz-Signature=0f1e2d3c&X-Amz-Credential=AKIA"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6NDAwMDAwMDAwMH0.c2lnbmF0dXJlc2lnbmF0dXJl"  # pragma: allowlist secret


@pytest.fixture
def sentry_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSentry]:
    """A stage with a Sentry server."""
    required = {"INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library", "POWERTOOLS_METRICS_NAMESPACE": "Visionary"}
    for name, value in {"STAGE": "test", **required}.items():
        monkeypatch.setenv(name, value)
    with FakeSentry() as fake:
        monkeypatch.setenv("SENTRY_DSN", fake.dsn)
        monkeypatch.setenv("VERSION", "1.2.3+abc")
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "visionary-test-ingest")
        config.settings.cache_clear()
        yield fake
        monkeypatch.undo()
        config.settings.cache_clear()


def test_an_error_is_reported_as_soon_as_it_is_logged(sentry_server: FakeSentry) -> None:
    def fail(_: object) -> None:
        try:
            int("a sentence of the document")
        except ValueError as error:
            raise RuntimeError(f"GET {SIGNED} with Bearer {TOKEN} for 'holiday.pdf'") from error

    record = {
        "messageId": "m-1",
        "body": "{}",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "0"},
        "messageAttributes": {"correlation_id": {"stringValue": "request-1"}},
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:visionary-test-ingest",
    }
    assert batch.process_records({"Records": [record]}, fail)["batchItemFailures"]
    (event,) = sentry_server.events
    assert event["logentry"]["message"] == "message failed"
    assert event["tags"] == {
        "event": "message failed", "function": "visionary-test-ingest", "correlation_id": "request-1"
    }  # fmt: skip
    assert (event["environment"], event["release"]) == ("test", "visionary@1.2.3+abc")
    first, last = event["exception"]["values"]
    assert (first["type"], last["type"]) == ("ValueError", "RuntimeError")
    assert last["value"].startswith("GET https://bucket.example/uploads/key?… with Bearer …")
    assert last["stacktrace"]["frames"][0]["module"] == "chalicelib.events.batch"
    assert last["stacktrace"]["frames"][-1]["function"] == "fail"
    for private in ("X-Amz", "0f1e2d3c", TOKEN, "a sentence", "holiday.pdf", str(ROOT)):
        assert private.encode() not in sentry_server.raw


def test_the_report_of_a_failed_request_names_neither_user_nor_content(
    platform: Platform, alice: User, sentry_server: FakeSentry
) -> None:
    media = upload(platform, alice, TEXT)
    platform.cloud.owner.execute("ALTER TABLE media RENAME COLUMN title TO renamed")
    try:
        response = platform.client.http.get(f"/v1/media/{media['id']}", headers=alice.headers)
    finally:
        platform.cloud.owner.execute("ALTER TABLE media RENAME COLUMN renamed TO title")
    assert response.status_code == 500
    (event,) = sentry_server.events
    assert event["exception"]["values"][-1]["type"] == "UndefinedColumn"
    assert event["tags"]["event"] == "request failed"
    for private in (alice.headers["Authorization"][7:], str(alice.id), media["filename"], *PARAGRAPHS):
        assert private.encode() not in sentry_server.raw
    assert {"request", "user", "breadcrumbs", "extra", "contexts", "modules", "server_name"}.isdisjoint(event)


def test_only_errors_are_reported(platform: Platform, alice: User, sentry_server: FakeSentry) -> None:
    media = upload(platform, alice, TEXT)
    assert start(platform.client, alice, media["id"]).status_code == 202
    platform.run()
    assert platform.client.http.get("/v1/media/nonsense", headers=alice.headers).status_code == 404
    assert sentry_server.events == []


def test_a_server_that_does_not_respond_in_time_is_not_called_for_a_while(sentry_server: FakeSentry) -> None:
    sentry_server.silence_s = 3 * sentry.FLUSH_TIMEOUT_S
    for _ in range(20):
        logger.error("something")
    assert len(sentry_server.events) == 1


def test_a_stage_without_a_dsn_never_loads_the_client() -> None:
    script = (
        "import sys, app\nfrom chalicelib.platform.telemetry.observability import logger\n"
        "logger.error('something')\nprint('sentry_sdk' in sys.modules)"
    )
    environment = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l", "PATH": "/usr/bin:/bin"}
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "False"
