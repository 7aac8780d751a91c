"""`make voices`: the operator's check of the configured providers."""

import pytest

from chalicelib.platform import config
from infra.operate import voices
from tests.fakes import openai_speech, speechify
from tests.fakes.openai_speech import FakeOpenAISpeech
from tests.fakes.polly import FakePolly
from tests.fakes.speechify import FakeSpeechify

SETTINGS = ("SPEECHIFY_API_KEY", "SPEECHIFY_API_URL", "OPENAI_TTS_URL", "OPENAI_TTS_API_KEY", "TTS_PROVIDERS")


@pytest.fixture(autouse=True)
def bare(deployment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SETTINGS:
        deployment.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAFAKE",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        deployment.setenv(name, value)
    return deployment


def test_every_provider_lists_its_voices_and_speaks_a_sentence(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeSpeechify() as speechify_server, FakePolly() as polly, FakeOpenAISpeech("plain") as openai_server:
        bare.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        bare.setenv("SPEECHIFY_API_URL", speechify_server.url)
        bare.setenv("AWS_ENDPOINT_URL_POLLY", polly.url)
        bare.setenv("OPENAI_TTS_URL", openai_server.url)
        bare.setenv("OPENAI_TTS_API_KEY", openai_speech.API_KEY)
        bare.setenv("TTS_PROVIDERS", "speechify,polly,openai,espeak")
        config.settings.cache_clear()
        assert voices.main() == 0
    output = capsys.readouterr().out
    assert "450 voices; 8 of the 8 that are listed are there" in output
    assert "not there: Ruth" in output
    assert "TTS_VOICES='openai:alloy=mul'" in output
    assert "2,000 characters a call, 15 calls at once, 20 texts a second, $15 a million characters" in output
    assert "polly:Joanna spoke 45 characters" in output
    assert "word times exact, 90 characters billed" in output
    assert "word times estimated, 0 characters billed" in output
    for server in (speechify_server, polly, openai_server):
        assert {call.body.get("input", call.body.get("Text")) for call in server.calls} == {voices.SENTENCE}


def test_a_provider_that_fails_is_reported_and_the_others_are_still_tried(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setenv("TTS_PROVIDERS", "speechify,espeak")
    config.settings.cache_clear()
    assert voices.main() == 1
    output = capsys.readouterr().out
    assert "does not speak: SPEECHIFY_API_KEY is not set" in output
    assert "espeak:en-us spoke" in output


def test_without_tts_providers_those_with_a_key_or_address_are_tried(bare: pytest.MonkeyPatch) -> None:
    assert voices.configured({}) == ["espeak"]
    assert voices.configured({"SPEECHIFY_API_KEY": "k", "OPENAI_TTS_URL": "u"}) == ["speechify", "openai", "espeak"]
    bare.setenv("TTS_PROVIDERS", "sonauto")
    config.settings.cache_clear()
    assert voices.main() == 2
