"""`make voice-list`: the voices that Speechify's own list has become the ones that the deployment offers."""

from pathlib import Path

import pytest

from chalicelib.platform import config
from chalicelib.speech.voices import catalogue
from chalicelib.speech.voices.adapters import speechify_voices
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.adapters.speechify import Speechify
from infra.operate import voice_list
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify

SHIPPED = speechify_voices.FILE.read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copy = tmp_path / "voices.json"
    copy.write_text(SHIPPED)
    return copy


def refresh(deployment: pytest.MonkeyPatch, file: Path, server: FakeSpeechify, key: str = speechify.API_KEY) -> int:
    deployment.setenv("SPEECHIFY_API_KEY", key)
    deployment.setenv("SPEECHIFY_API_URL", server.url)
    config.settings.cache_clear()
    return voice_list.main(file)


def test_the_languages_that_speechify_sells_join_the_voices_that_stay(
    deployment: pytest.MonkeyPatch, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeSpeechify() as server:
        assert refresh(deployment, file, server) == 0
        voices = speechify_voices.load(file)
        assert voices[: len(speechify.CURATED)] == speechify_voices.load()
        assert {voice.language for voice in voices} == {"en-US", "en-GB", *speechify.SOLD}
        german = [voice for voice in voices if voice.language == "de-DE"]
        assert [voice.gender for voice in german].count("male") == 2
        assert [voice.model for voice in german] == ["simba-3.0"] * 4
        assert "4 voices" not in capsys.readouterr().err
        chosen = catalogue.best_voice(voices, "de")
        assert chosen is not None
        client = Speechify(speechify.API_KEY, server.url, RetryPolicy(10, initial_delay_s=0.01))
        client.synthesize("Der Wärter zählt die Wellen.", chosen, "de")
        assert server.calls[-1].body["language"] == "de-DE"
        assert refresh(deployment, file, server) == 0, "a second time nothing changes"
        assert speechify_voices.load(file) == voices


def test_the_file_stays_when_there_is_no_list(deployment: pytest.MonkeyPatch, file: Path) -> None:
    with FakeSpeechify() as server:
        assert refresh(deployment, file, server, key="sk_wrong") == 1
    assert file.read_text() == SHIPPED


def test_a_file_is_written_as_the_shipped_one_is(file: Path) -> None:
    speechify_voices.save(speechify_voices.load(), file)
    assert file.read_text() == SHIPPED
