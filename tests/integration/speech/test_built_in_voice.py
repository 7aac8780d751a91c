"""The built-in voice: its own queue and function, and its place behind the voices that a deployment chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import event_sources
from chalicelib.speech.lifecycle import reconcile
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.recognition.test_polling import PolledQueue
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_paid_providers import record
from tests.integration.speech.test_speech import TEXT, start
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import run_to_completion


@pytest.fixture
def built_in(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment that leaves TTS_PROVIDERS unset."""
    assert cloud
    monkeypatch.delenv("TTS_PROVIDERS")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


@pytest.fixture
def queue(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[PolledQueue]:
    """Stand in for the voice's queue: moto would deliver what is sent to a queue that is polled, into a container."""
    source = PolledQueue(cloud)
    monkeypatch.setenv("SPEECH_BUILT_IN_EVENT_SOURCE", source.id)
    event_sources.client.cache_clear()
    yield source
    event_sources.client.cache_clear()


@pytest.mark.usefixtures("built_in")
def test_it_reads_english_by_default_in_a_function_of_its_own(platform: Platform, alice: User, cloud: Cloud) -> None:
    media = upload(platform, alice, TEXT)
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    (plan,) = cloud.messages("speech_jobs")
    assert platform.deliver("run_speech_job", [plan["Body"]]) == []
    assert cloud.messages("speech_express") == cloud.messages("speech_bulk") == []
    prepare, _, *calls = cloud.messages("speech_built_in")
    assert platform.deliver("synthesize_built_in", [prepare["Body"]]) == []
    assert cloud.messages("speech_results") == [], "it only starts the function"
    assert {json.loads(call["Body"])["voice"] for call in calls} == {"hibari:heart"}
    assert platform.deliver("synthesize_built_in", [call["Body"] for call in calls]) == []
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["voice"], job["gaps"]) == ("done", "hibari:heart", [])
    assert job["providers"] == {"hibari": job["progress"]["total"]}
    assert 0 < job["billed_characters"] <= len(TEXT)


@pytest.mark.usefixtures("built_in")
def test_a_job_whose_voice_the_deployment_no_longer_has_goes_on_with_it(
    platform: Platform, alice: User, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queues of other voices are not polled where it is the only one."""
    monkeypatch.setenv("TTS_PROVIDERS", "polly")
    config.settings.cache_clear()
    media = upload(platform, alice, TEXT)
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    monkeypatch.delenv("TTS_PROVIDERS")
    config.settings.cache_clear()
    (plan,) = cloud.messages("speech_jobs")
    assert platform.deliver("run_speech_job", [plan["Body"]]) == []
    assert cloud.messages("speech_express") == cloud.messages("speech_bulk") == []
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["providers"]) == ("done", {"hibari": job["progress"]["total"]})


def test_it_takes_over_last_and_its_queue_is_polled_until_nothing_is_left(
    platform: Platform,
    alice: User,
    provider: FakeSpeechify,
    queue: PolledQueue,
    sweeping: Sweeping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TTS_PROVIDERS", "speechify")
    config.settings.cache_clear()
    provider.script(*[speechify.error(402, "payment_required")] * 600)
    with sweeping():
        reconcile.reconcile()
    assert not queue.is_polled()
    job = record(platform, alice)
    assert (job["status"], job["providers"]) == ("done", {"hibari": job["progress"]["total"]})
    assert queue.is_polled()
    with sweeping():
        reconcile.reconcile()
    assert not queue.is_polled()


def test_nobody_takes_over_where_fallbacks_are_disabled(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_PROVIDERS", "speechify")
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(*[speechify.error(402, "payment_required")] * 600)
    job = record(platform, alice)
    assert (job["status"], job["providers"]) == ("failed", {})
