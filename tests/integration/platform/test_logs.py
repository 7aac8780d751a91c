"""Logs and traces: a speech job can be followed through every queue, and no text of a document is logged."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import PARAGRAPHS, TEXT, get, start
from tests.integration.uploads.test_uploads import upload
from tests.support.local_stack import wait_until


def test_a_speech_job_is_traceable_to_its_request_and_logs_nothing_of_its_text(
    platform: Platform, alice: User, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    media = upload(platform, alice, TEXT)
    capsys.readouterr()
    job = start(platform.client, alice, media["id"]).json_body
    platform.run()
    for path in ("audio", "marks", "captions.vtt"):
        get(platform.client, alice, f"/v1/speech/{job['id']}/{path}")
    download = get(platform.client, alice, f"/v1/media/{media['id']}/url").json_body
    get(platform.client, alice, "/v1/search?q=lamp%20burned")

    log = logged()
    lines = [json.loads(line) for line in log.splitlines()]
    events = {line["message"] for line in lines}
    assert {"request answered", "speech planned", "segment synthesized", "speech job finished"} <= events
    correlation_ids = {line["correlation_id"] for line in lines if line.get("job_id") == job["id"]}
    (request,) = [line for line in lines if line.get("method") == "POST" and str(line.get("route")).endswith("/speech")]
    assert correlation_ids == {request["correlation_id"]}, "a log line of the job without its request's id"

    output = log + capsys.readouterr().out
    assert '"queue_age_ms"' in output
    sentences = [part for paragraph in PARAGRAPHS for part in re.split(r"[.,:]", paragraph) if len(part) > 12]
    for secret in (*sentences, "lamp burned", media["filename"], alice.headers["Authorization"][7:], "X-Amz-Signature"):
        assert secret.strip() not in output
    assert urlsplit(download["url"]).query not in output


def test_a_delayed_message_carries_its_delay(cloud: Cloud) -> None:
    queues.send(Queue.SPEECH_JOBS, "{}", group="owner", delay_s=1)
    (message,) = wait_until(lambda: cloud.messages("speech_jobs"), event="the message")
    assert message["MessageAttributes"][queues.DELAY_ATTRIBUTE]["StringValue"] == "1"


def test_a_message_carries_the_trace_of_the_function_that_sent_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "visionary-test-api")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    traces: list[bytes] = []

    def capture(request: Any, **_: object) -> None:
        traces.append(request.headers["X-Amzn-Trace-Id"])

    queues.client().meta.events.register("before-send.sqs.SendMessage", capture)
    queues.send(Queue.SPEECH_JOBS, "{}", group="owner")
    assert traces == [trace.encode()]
    assert len(cloud.messages("speech_jobs")) == 1
