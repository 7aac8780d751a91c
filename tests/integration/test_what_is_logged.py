"""What leaves the process while people work: enough to follow a reading through every queue, and nothing of what they read."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.integration.conftest import Platform, User
from tests.integration.test_speech import PARAGRAPHS, TEXT, get, start
from tests.integration.test_uploads import upload


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
