"""What leaves the process while people work: enough to follow a reading through every queue, and nothing of what they read."""

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


def test_a_reading_can_be_followed_by_its_request_and_tells_nothing_of_its_text(
    platform: Platform, alice: User, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    media = upload(platform, alice, TEXT)
    capsys.readouterr()
    job = start(platform.client, alice, media["id"]).json_body
    platform.run()
    for path in ("audio", "marks", "captions.vtt"):
        get(platform.client, alice, f"/v1/speech/{job['id']}/{path}")
    said = get(platform.client, alice, f"/v1/media/{media['id']}/url").json_body
    get(platform.client, alice, "/v1/search?q=lamp%20burned")

    told = logged()
    lines = [json.loads(line) for line in told.splitlines()]
    events = {line["message"] for line in lines}
    assert {"request answered", "speech planned", "segment spoken", "speech settled"} <= events
    of_the_job = {line["correlation_id"] for line in lines if line.get("job_id") == job["id"]}
    (asked,) = [line for line in lines if line.get("method") == "POST" and str(line.get("route")).endswith("/speech")]
    assert of_the_job == {asked["correlation_id"]}, "a line of the job that its request did not set off"

    everything = told + capsys.readouterr().out
    assert '"queue_age_ms"' in everything
    sentences = [part for paragraph in PARAGRAPHS for part in re.split(r"[.,:]", paragraph) if len(part) > 12]
    for secret in (*sentences, "lamp burned", media["filename"], alice.headers["Authorization"][7:], "X-Amz-Signature"):
        assert secret.strip() not in everything
    assert urlsplit(said["url"]).query not in everything


def test_a_message_carries_the_trace_of_the_function_that_sent_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "visionary-test-api")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    told: list[bytes] = []

    def look(request: Any, **_: object) -> None:
        told.append(request.headers["X-Amzn-Trace-Id"])

    queues._client().meta.events.register("before-send.sqs.SendMessage", look)
    queues.send(Queue.SPEECH_PLAN, "{}", group="somebody")
    assert told == [trace.encode()]
    assert len(cloud.messages("speech_plan")) == 1
