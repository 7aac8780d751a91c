"""Segments with faults: spoken again, by another voice, or accepted in doubt; and what that costs."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.speech import synthesize
from chalicelib.speech.transitions import max_respoken
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_jobs import quote
from tests.integration.speech.test_speech import start
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import run_to_completion

TEXT = "The keeper slept through the storm, and nobody heard the bell until the morning."


@pytest.fixture
def provider(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpeechify]:
    """A provider that sends a tone instead of speech: every check of it fails."""
    assert cloud
    with FakeSpeechify() as server:
        monkeypatch.setenv("SPEECH_CHECKS", "true")
        monkeypatch.setenv("TTS_PROVIDERS", "speechify")
        monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
        monkeypatch.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        monkeypatch.setenv("SPEECHIFY_API_URL", server.url)
        config.settings.cache_clear()
        synthesize._client.cache_clear()
        yield server
        synthesize._client.cache_clear()


def record(platform: Platform, user: User, media_id: str) -> dict[str, Any]:
    job: dict[str, Any] = run_to_completion(platform, user, start(platform.client, user, media_id).json_body["id"])
    return job


def test_good_speech_passes_and_makes_its_voices_pace_known(
    platform: Platform, cloud: Cloud, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_CHECKS", "true")
    config.settings.cache_clear()
    job = record(platform, alice, upload(platform, alice, TEXT.encode())["id"])
    assert (job["status"], job["checks"]) == ("done", {"segments": 1, "respoken": 0, "doubtful": []})
    (pace,) = cloud.owner.execute("SELECT voice, segment_count FROM speech_voice_paces").fetchall()
    assert pace == (job["voice"], 1)
    report = platform.client.http.get(f"/v1/speech/{job['id']}/report", headers=alice.headers).json_body
    assert report.get("words") == 14, report
    assert report["checks"] == job["checks"]
    assert report["loudness"]["lufs"] == pytest.approx(-18, abs=1)
    assert 0 <= report["mark_error_ms"] < 60


def test_a_fault_is_spoken_again_once_by_its_voice_and_then_accepted_in_doubt(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    media = upload(platform, alice, TEXT.encode())
    job = record(platform, alice, media["id"])
    assert (job["status"], job["gaps"]) == ("done", [])
    doubt = {"start": 0, "end": len(TEXT), "reason": "clipped"}
    assert job["checks"] == {"segments": 1, "respoken": 1, "doubtful": [doubt]}
    # paid calls = segments + respoken
    assert len(provider.calls) == job["progress"]["total"] + job["checks"]["respoken"]
    assert job["billed_characters"] == provider.billed_characters == 2 * len(TEXT)


def test_audio_with_faults_is_never_served_from_the_cache(
    platform: Platform, cloud: Cloud, alice: User, provider: FakeSpeechify
) -> None:
    media = upload(platform, alice, TEXT.encode())
    first = record(platform, alice, media["id"])
    assert quote(platform, alice, media["id"])["cached_characters"] == 0
    second = record(platform, alice, media["id"])
    assert len(provider.calls) == 4
    assert second["cached_characters"] == 0
    keys = cloud.owner.execute("SELECT audio_key FROM speech_segments").fetchall()
    assert len(set(keys)) == 2  # each recording keeps an object of its own
    assert {first["status"], second["status"]} == {"done"}


def test_another_voice_speaks_what_a_voice_fails_at_twice(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_PROVIDERS", "speechify,espeak")
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "true")
    config.settings.cache_clear()
    media = upload(platform, alice, TEXT.encode())
    job = record(platform, alice, media["id"])
    assert job["providers"] == {"espeak": 1}
    assert job["checks"] == {"segments": 1, "respoken": 2, "doubtful": []}
    assert len(provider.calls) == 2


def test_the_cost_of_a_job_has_an_upper_bound_that_its_quote_tells(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    media = upload(platform, alice, " ".join([TEXT] * 12).encode())
    expected = quote(platform, alice, media["id"])
    job = record(platform, alice, media["id"])
    assert job["checks"]["respoken"] == max_respoken(job["progress"]["total"])
    assert len(job["checks"]["doubtful"]) == job["progress"]["total"]
    assert len(provider.calls) == job["progress"]["total"] + job["checks"]["respoken"]
    assert expected["estimated_cost"] < job["cost"] <= expected["max_cost"]


def test_what_may_be_spoken_again_is_reserved_until_the_job_has_ended(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(platform, alice, TEXT.encode())
    limit = 2 * len(TEXT)  # a job of one segment may have it spoken once more by the same voice
    monkeypatch.setenv("SPEECH_CHARACTERS_PER_DAY", str(limit - 1))
    config.settings.cache_clear()
    refused = start(platform.client, alice, media["id"])
    assert (refused.status_code, refused.json_body["code"]) == (403, "budget_exceeded")
    assert f"up to {limit} characters" in refused.json_body["detail"]
    assert provider.calls == []

    monkeypatch.setenv("SPEECH_CHARACTERS_PER_DAY", str(3 * len(TEXT)))
    config.settings.cache_clear()
    first = start(platform.client, alice, media["id"])
    assert start(platform.client, alice, media["id"]).status_code == 403  # the first one has reserved two of three
    job = run_to_completion(platform, alice, first.json_body["id"])
    assert job["billed_characters"] == limit
    monkeypatch.setenv("SPEECH_CHECKS", "false")  # nothing is spoken again then, so the rest is enough
    config.settings.cache_clear()
    assert start(platform.client, alice, media["id"]).status_code == 202


def test_a_retry_reserves_what_may_be_spoken_again(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(platform, alice, TEXT.encode())
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.client.http.post(f"/v1/speech/{job_id}/cancel", headers=alice.headers)
    monkeypatch.setenv("SPEECH_CHARACTERS_PER_DAY", str(2 * len(TEXT) - 1))
    config.settings.cache_clear()
    refused = platform.client.http.post(f"/v1/speech/{job_id}/retry", headers=alice.headers)
    assert (refused.status_code, refused.json_body["code"]) == (403, "budget_exceeded")
    monkeypatch.setenv("SPEECH_CHARACTERS_PER_DAY", str(2 * len(TEXT)))
    config.settings.cache_clear()
    assert platform.client.http.post(f"/v1/speech/{job_id}/retry", headers=alice.headers).status_code == 202
    assert (
        run_to_completion(platform, alice, job_id)["billed_characters"] == provider.billed_characters == 2 * len(TEXT)
    )
