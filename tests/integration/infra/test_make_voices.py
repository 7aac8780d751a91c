"""`make voices`: what an operator learns about the configured providers before anybody reads a book with them."""

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


def test_every_provider_tells_its_voices_and_says_a_sentence(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeSpeechify() as speaks, FakePolly() as polly, FakeOpenAISpeech("plain") as own:
        bare.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        bare.setenv("SPEECHIFY_API_URL", speaks.url)
        bare.setenv("AWS_ENDPOINT_URL_POLLY", polly.url)
        bare.setenv("OPENAI_TTS_URL", own.url)
        bare.setenv("OPENAI_TTS_API_KEY", openai_speech.API_KEY)
        bare.setenv("TTS_PROVIDERS", "speechify,polly,openai,espeak")
        config.settings.cache_clear()
        assert voices.main() == 0
    said = capsys.readouterr().out
    assert "450 voices; 8 of the 8 that are listed are there" in said
    assert "not there: Ruth" in said
    assert "TTS_VOICES='openai:alloy=mul'" in said
    assert "2,000 characters a call, 15 calls at once, 20 texts a second, $15 a million characters" in said
    assert "polly:Joanna spoke 45 characters" in said
    assert "word times exact, 90 characters billed" in said
    assert "word times estimated, 0 characters billed" in said
    for server in (speaks, polly, own):
        assert {call.body.get("input", call.body.get("Text")) for call in server.calls} == {voices.SENTENCE}


def test_what_does_not_speak_is_told_and_the_others_are_asked_all_the_same(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setenv("TTS_PROVIDERS", "speechify,espeak")
    config.settings.cache_clear()
    assert voices.main() == 1
    said = capsys.readouterr().out
    assert "does not speak: SPEECHIFY_API_KEY is not set" in said
    assert "espeak:en-us spoke" in said


def test_without_providers_named_those_whose_key_or_address_is_there_are_asked(bare: pytest.MonkeyPatch) -> None:
    assert voices.configured({}) == ["espeak"]
    assert voices.configured({"SPEECHIFY_API_KEY": "k", "OPENAI_TTS_URL": "u"}) == ["speechify", "openai", "espeak"]
    bare.setenv("TTS_PROVIDERS", "sonauto")
    config.settings.cache_clear()
    assert voices.main() == 2
