"""Recordings by a provider that bills characters, without and with its failures."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.speech import synthesize
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import TEXT, start
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import run_to_completion


@pytest.fixture
def provider(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpeechify]:
    assert cloud
    with FakeSpeechify() as server:
        monkeypatch.setenv("TTS_PROVIDERS", "speechify,espeak")
        monkeypatch.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        monkeypatch.setenv("SPEECHIFY_API_URL", server.url)
        config.settings.cache_clear()
        synthesize._client.cache_clear()
        yield server
        synthesize._client.cache_clear()


def record(platform: Platform, user: User) -> dict[str, Any]:
    """Record a text; return the finished job."""
    media = upload(platform, user, TEXT)
    job: dict[str, Any] = run_to_completion(platform, user, start(platform.client, user, media["id"]).json_body["id"])
    return job


def test_without_any_key_speech_fails_with_the_reason_and_the_api_stays_healthy(
    platform: Platform, cloud: Cloud, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider
    monkeypatch.setenv("TTS_PROVIDERS", "speechify")
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    monkeypatch.delenv("SPEECHIFY_API_KEY")
    config.settings.cache_clear()
    job = record(platform, alice)
    assert (job["status"], job["error"]) == ("failed", "not_configured: SPEECHIFY_API_KEY is not set")
    health = platform.client.http.get("/health")
    assert (health.status_code, health.json_body["services"]["speech"]["status"]) == (200, "off")
    monkeypatch.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
    config.settings.cache_clear()
    cloud.owner.execute("UPDATE speech_providers SET open_until = now()")
    assert record(platform, alice)["status"] == "done"
    assert platform.client.http.get("/health").json_body["services"]["speech"]["status"] == "healthy"


def test_without_any_provider_a_request_for_speech_says_so_and_the_api_is_healthy(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider
    monkeypatch.setenv("TTS_PROVIDERS", "")
    config.settings.cache_clear()
    media = upload(platform, alice, TEXT)
    rejected = start(platform.client, alice, media["id"])
    assert (rejected.status_code, rejected.json_body["code"]) == (422, "speech_not_configured")
    assert platform.client.http.get("/v1/voices", headers=alice.headers).json_body["items"] == []
    health = platform.client.http.get("/health")
    assert (health.status_code, health.json_body["services"]["speech"]["status"]) == (200, "off")


def test_every_character_is_bought_once_and_reported(platform: Platform, alice: User, provider: FakeSpeechify) -> None:
    job = record(platform, alice)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert job["voice"].startswith("speechify:")
    assert job["providers"] == {"speechify": job["progress"]["total"]}
    assert job["billed_characters"] == provider.billed_characters > 2_000
    assert len(provider.calls) == job["progress"]["total"]


def test_without_money_at_a_provider_the_next_one_takes_over(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    provider.script(None, *[speechify.error(402, "payment_required")] * 50)
    job = record(platform, alice)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert job["providers"] == {"speechify": 1, "espeak": job["progress"]["total"] - 1}
    assert job["billed_characters"] == provider.billed_characters


def test_without_a_fallback_unspoken_segments_become_gaps(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(None, speechify.error(402, "payment_required"))
    job = record(platform, alice)
    assert job["status"] == "partial"
    assert len(job["gaps"]) == job["progress"]["total"] - job["providers"]["speechify"] > 0
    assert all(gap["text_start"] < gap["text_end"] and gap["reason"] for gap in job["gaps"])


def test_a_job_without_any_audio_fails_with_the_reason(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(*[speechify.error(401, "unauthorized")] * 50)
    job = record(platform, alice)
    assert job["status"] == "failed"
    assert job["error"]


def test_a_busy_provider_is_retried_and_not_replaced(platform: Platform, alice: User, provider: FakeSpeechify) -> None:
    provider.script(*[speechify.error(429, "concurrency_limit_reached", retry_after="20")] * 2)
    job = record(platform, alice)
    assert (job["status"], set(job["providers"])) == ("done", {"speechify"})


@pytest.mark.parametrize("fault", [speechify.HTML, speechify.HALF_MP3, speechify.WRONG_RATE, speechify.CUT_BODY])
def test_a_response_without_the_requested_audio_never_reaches_a_recording(
    platform: Platform, alice: User, provider: FakeSpeechify, fault: speechify.Fault
) -> None:
    provider.script(*[fault] * 12)
    job = record(platform, alice)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert sum(job["providers"].values()) == job["progress"]["total"]
