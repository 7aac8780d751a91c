"""`make voices`: the operator's check of the configured voice providers."""

import pytest

from chalicelib.platform import config
from infra.operate import voices
from tests.fakes import openai_speech, speechify
from tests.fakes.openai_speech import FakeOpenAISpeech
from tests.fakes.polly import FakePolly
from tests.fakes.speechify import FakeSpeechify

SETTINGS = ("SPEECHIFY_API_KEY", "SPEECHIFY_API_URL", "OPENAI_TTS_URL", "OPENAI_TTS_API_KEY", "TTS_PROVIDERS")


@pytest.fixture(autouse=True)
def unconfigured(deployment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SETTINGS:
        deployment.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAFAKE",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        deployment.setenv(name, value)
    return deployment


def test_every_provider_lists_its_voices_and_synthesizes_a_sentence(
    unconfigured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeSpeechify() as speechify_server, FakePolly() as polly, FakeOpenAISpeech("plain") as openai_server:
        unconfigured.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        unconfigured.setenv("SPEECHIFY_API_URL", speechify_server.url)
        unconfigured.setenv("AWS_ENDPOINT_URL_POLLY", polly.url)
        unconfigured.setenv("OPENAI_TTS_URL", openai_server.url)
        unconfigured.setenv("OPENAI_TTS_API_KEY", openai_speech.API_KEY)
        unconfigured.setenv("TTS_PROVIDERS", "speechify,polly,openai,espeak")
        config.settings.cache_clear()
        assert voices.main() == 0
    output = capsys.readouterr().out
    assert "450 voices; 8 of the 8 in the catalogue are available" in output
    assert "to offer the languages that Speechify sells: make voice-list" in output
    assert "not available: Ruth" in output
    assert "TTS_VOICES='openai:alloy=mul'" in output
    assert "2,000 characters a call, 15 concurrent calls, 20 calls a second, $15 a million characters" in output
    assert f"polly:Joanna synthesized {len(voices.SENTENCE)} characters" in output
    assert "word times exact, 90 characters billed" in output
    assert "word times estimated, 0 characters billed" in output
    for server in (speechify_server, polly, openai_server):
        assert {call.body.get("input", call.body.get("Text")) for call in server.calls} == {voices.SENTENCE}


def test_a_provider_that_fails_is_reported_and_the_others_are_still_tried(
    unconfigured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unconfigured.setenv("TTS_PROVIDERS", "speechify,espeak")
    config.settings.cache_clear()
    assert voices.main() == 1
    output = capsys.readouterr().out
    assert "cannot synthesize speech: SPEECHIFY_API_KEY is not set" in output
    assert "espeak:en-us synthesized" in output
    assert (voices.FOLDER / "espeak-en-us.mp3").stat().st_size > 5_000
    assert "listen: build/voices/espeak-en-us.mp3" in output


def test_without_tts_providers_those_with_a_key_or_address_are_configured(unconfigured: pytest.MonkeyPatch) -> None:
    assert voices.configured({}) == ["hibari", "espeak"]
    assert voices.configured({"SPEECHIFY_API_KEY": "k", "OPENAI_TTS_URL": "u"}) == [
        "speechify",
        "openai",
        "hibari",
        "espeak",
    ]
    unconfigured.setenv("TTS_PROVIDERS", "sonauto")
    config.settings.cache_clear()
    assert voices.main() == 2
