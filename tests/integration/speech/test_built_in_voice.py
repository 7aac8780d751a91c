"""The built-in voice: its own queue and function, and its place behind the voices that a deployment chooses."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import event_sources
from chalicelib.speech import voice_samples
from chalicelib.speech.lifecycle import reconcile
from chalicelib.speech.voices import voices_folder
from chalicelib.speech.voices.adapters import hibari_model
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.recognition.test_polling import PolledQueue
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_paid_providers import record
from tests.integration.speech.test_speech import TEXT, get, recording, start
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


@pytest.fixture
def second_voice(built_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """An operator's folder: the model of the package under another name, with a British accent."""
    model = tmp_path / "nora.onnx"
    shutil.copy(hibari_model.packaged_model(), model)
    nora = {
        "key": "nora",
        "name": "Nora",
        "language": "en-GB",
        "file": "nora.onnx",
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
    }
    (tmp_path / voices_folder.MANIFEST).write_text(json.dumps({"voices": [nora]}))
    monkeypatch.setenv("VOICES_FOLDER", str(tmp_path))
    config.settings.cache_clear()


@pytest.mark.long
@pytest.mark.usefixtures("second_voice")
def test_a_voice_of_the_operators_folder_is_listed_priced_and_heard(platform: Platform, alice: User) -> None:
    def listed() -> dict[str, Any]:
        voices = get(platform.client, alice, "/v1/voices?language=en").json_body["items"]
        return {voice["id"]: voice for voice in voices}

    voice_samples._stored.cache_clear()
    heart, nora = (listed()[voice] for voice in ("hibari:heart", "hibari:nora"))
    differences = {name for name in heart if heart[name] != nora[name]}
    assert differences == {"id", "name", "display_name", "language", "gender"}
    assert (nora["display_name"], nora["language"], nora["quality"]) == ("Nora", "en-GB", "natural")
    media = upload(platform, alice, b"The colour of the tomato is in the schedule. It is on the second shelf.")
    quotes = [quote(platform, alice, media["id"], voice) for voice in ("hibari:heart", "hibari:nora")]
    assert quotes[0] == quotes[1] | {"voice": "hibari:heart"}
    assert quotes[1]["estimated_cost"] > 0
    recordings = []
    for voice in ("hibari:heart", "hibari:nora"):
        job_id = start(platform.client, alice, media["id"], voice=voice).json_body["id"]
        job = run_to_completion(platform, alice, job_id)
        assert (job["status"], job["voice"], job["gaps"]) == ("done", voice, [])
        recordings.append(recording(platform.cloud, alice, job))
    assert recordings[0] != recordings[1]
    platform.run()
    voice_samples._stored.cache_clear()  # as another process
    assert all(listed()[voice]["sample_url"] for voice in ("hibari:heart", "hibari:nora"))


def quote(platform: Platform, user: User, media_id: str, voice: str) -> Any:
    body = json.dumps({"voice": voice}).encode()
    return platform.client.http.post(f"/v1/media/{media_id}/speech/quote", headers=user.headers, body=body).json_body


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
