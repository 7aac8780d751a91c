"""The same text read by each provider over HTTP: audio and word timings are correct."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.speech import synthesize
from chalicelib.speech.audio import marks, mp3
from tests.fakes import openai_speech, scripted, speechify
from tests.fakes.openai_speech import FakeOpenAISpeech
from tests.fakes.polly import FakePolly
from tests.fakes.scripted import FakeProvider
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import get, start
from tests.integration.uploads.test_uploads import upload

SUM = "20 €"
TEXT = (
    "The naïve café owner paid 20 € — “very dear”, she said — and smiled 😀 at the 👩‍👩‍👧 family. Nobody had ordered the "
    "crème brûlée, so it stood in the window until the evening, when the harbour lights came on, one after the other.\n\n"
) * 4


@pytest.fixture(params=["speechify", "polly", "openai", "kokoro"])
def provider(request: pytest.FixtureRequest, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    """Run each provider alone, configured as an operator would."""
    assert cloud
    fakes: dict[str, FakeProvider] = {
        "speechify": FakeSpeechify(),
        "polly": FakePolly(),
        "openai": FakeOpenAISpeech("plain"),
        "kokoro": FakeOpenAISpeech("kokoro"),
    }
    with fakes[request.param] as server:
        name = "openai" if request.param == "kokoro" else request.param
        settings = {
            "speechify": {"SPEECHIFY_API_KEY": speechify.API_KEY, "SPEECHIFY_API_URL": server.url},
            "polly": {"AWS_ENDPOINT_URL_POLLY": server.url},
            "openai": {"OPENAI_TTS_URL": f"{server.url}/v1", "OPENAI_TTS_API_KEY": openai_speech.API_KEY},
        }
        for setting, value in {**settings[name], "TTS_PROVIDERS": name, "TTS_PRICE_PER_MILLION": "openai=1"}.items():
            monkeypatch.setenv(setting, value)
        config.settings.cache_clear()
        synthesize._client.cache_clear()
        yield server
        synthesize._client.cache_clear()


def find_all(text: str, part: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(part), text)]


def read(platform: Platform, user: User) -> dict[str, Any]:
    media = upload(platform, user, TEXT.encode())
    job = start(platform.client, user, media["id"], language="en").json_body
    platform.run()
    finished: dict[str, Any] = get(platform.client, user, f"/v1/speech/{job['id']}").json_body
    return finished


def test_every_word_has_its_position_and_every_character_is_billed(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeProvider
) -> None:
    job = read(platform, alice)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert job["billed_characters"] == provider.billed_characters > 0
    text = get(platform.client, alice, f"/v1/media/{job['media_id']}/text").json_body["text"]
    words = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    lit = [(start, end) for _, _, start, end in words]
    # "20 €" is lit as a whole where the voice is given "twenty euros".
    assert all(sum(start <= a < b <= end for start, end in lit) == 1 for a, b in marks.word_spans(text))
    assert set(lit) - set(marks.word_spans(text)) <= {(at, at + len(SUM)) for at in find_all(text, SUM)}
    assert all(before[1] <= after[0] for before, after in pairwise(words))
    key = f"speech/{alice.id}/{job['id']}/audio.mp3"
    audio = mp3.parse(cloud.s3.get_object(Bucket="library", Key=key)["Body"].read())
    assert words[-1][1] <= audio.duration_ms == job["duration_ms"]


def test_marks_say_whether_word_timings_are_estimated(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeProvider
) -> None:
    estimated = isinstance(provider, FakeOpenAISpeech) and provider.kind == "plain"
    job = read(platform, alice)
    served = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body
    assert served["timing"] == ("estimated" if estimated else "exact")
    key = f"speech/{alice.id}/{job['id']}/marks.json"
    stored = json.loads(cloud.s3.get_object(Bucket="library", Key=key)["Body"].read())
    assert stored["timing"] == served["timing"]


@pytest.mark.parametrize(
    "fault",
    [scripted.WRONG_RATE, scripted.HALF_MP3_WITHOUT_MARKS, scripted.CUT_BODY, scripted.HANG_UP],
    ids=lambda fault: fault.name,
)
def test_invalid_audio_is_never_stored(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeProvider, fault: scripted.Fault
) -> None:
    if isinstance(provider, FakePolly) and fault is scripted.HALF_MP3_WITHOUT_MARKS:
        fault = scripted.HALF_MP3  # its word timings come in a separate response
    provider.script(fault)
    job = read(platform, alice)
    assert (job["status"], job["gaps"]) == ("done", [])
    rows = cloud.owner.execute("SELECT duration_ms, text_end - text_start FROM speech_segments").fetchall()
    for duration_ms, characters in rows:
        assert duration_ms >= characters / scripted.CHARACTERS_PER_SECOND * 1_000


def test_a_rejected_text_becomes_a_gap_and_the_rest_is_synthesized(
    platform: Platform, alice: User, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    codes = {"FakeSpeechify": "validation_failed", "FakePolly": "InvalidSsmlException", "FakeOpenAISpeech": "bad_input"}
    provider.script(scripted.error(400, codes[type(provider).__name__]))
    job = read(platform, alice)
    assert (job["status"], len(job["gaps"])) == ("partial", 1)


@pytest.mark.parametrize(
    ("fault", "voice"),
    [
        (speechify.error(402, "payment_required"), "speechify:harper_32"),
        (speechify.error(401, "unauthorized"), "speechify:dominic_32"),
        (speechify.error(404, "voice_not_found"), "speechify:beatrice_32"),
    ],
    ids=["no money", "no access", "no such voice"],
)
def test_the_fallback_voice_is_the_most_similar_one(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch, fault: scripted.Fault, voice: str
) -> None:
    similar = {"speechify:harper_32": "Joanna", "speechify:dominic_32": "Matthew", "speechify:beatrice_32": "Amy"}
    with FakeSpeechify() as first, FakePolly() as second:
        for name, value in {
            "TTS_PROVIDERS": "speechify,polly",
            "SPEECHIFY_API_KEY": speechify.API_KEY,
            "SPEECHIFY_API_URL": first.url,
            "AWS_ENDPOINT_URL_POLLY": second.url,
        }.items():
            monkeypatch.setenv(name, value)
        config.settings.cache_clear()
        synthesize._client.cache_clear()
        first.script(*[fault] * 20)
        media = upload(platform, alice, TEXT.encode())
        job = start(platform.client, alice, media["id"], voice=voice, language="en").json_body
        platform.run()
        job = get(platform.client, alice, f"/v1/speech/{job['id']}").json_body
        synthesize._client.cache_clear()
    assert (job["status"], set(job["providers"])) == ("done", {"polly"})
    assert {call.body["VoiceId"] for call in second.calls} == {similar[voice]}
    assert job["billed_characters"] == second.billed_characters
