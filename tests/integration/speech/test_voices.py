"""Voice list, merged from the configured providers."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import storage
from chalicelib.speech import voice_samples
from chalicelib.speech.audio import mp3
from chalicelib.speech.voices import sample_sentences
from infra.operate import voice_samples as make_samples
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Platform, User
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_speech import get, start
from tests.integration.uploads.test_uploads import upload


def list_voices(platform: Platform, user: User, query: str = "") -> Any:
    return get(platform.client, user, f"/v1/voices{query}")


@pytest.fixture
def all_providers(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setenv("TTS_PROVIDERS", "polly,speechify,openai,espeak")
    config.settings.cache_clear()
    return platform


def test_all_providers_voices_are_on_one_page_preferred_ones_first(all_providers: Platform, alice: User) -> None:
    page = list_voices(all_providers, alice).json_body
    assert page["next_cursor"] is None
    order = list(dict.fromkeys(voice["provider"] for voice in page["items"]))
    assert order == ["polly", "speechify", "openai", "espeak"]
    assert page["items"][0] == {
        "id": "polly:Joanna",
        "provider": "polly",
        "name": "Joanna",
        "display_name": "Joanna",
        "language": "en-US",
        "gender": "female",
        "quality": "natural",
        "sample_url": None,
        "marks": True,
        "price_per_million": 32.0,
        "currency": "USD",
    }


def test_a_language_filters_the_list(all_providers: Platform, alice: User) -> None:
    languages = {voice["language"] for voice in list_voices(all_providers, alice, "?language=de").json_body["items"]}
    assert languages == {"de-DE", "de-AT", "de-CH", "de"}
    german = [voice["id"] for voice in list_voices(all_providers, alice, "?language=de-DE").json_body["items"]]
    assert german == ["polly:Vicki", "polly:Daniel", "espeak:de"]
    chinese = {voice["provider"] for voice in list_voices(all_providers, alice, "?language=zh").json_body["items"]}
    assert chinese == {"polly", "openai", "espeak"}


def test_only_configured_providers_are_listed_with_their_configured_price(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_PROVIDERS", "openai")
    monkeypatch.setenv("TTS_VOICES", "openai:alloy=mul")
    monkeypatch.setenv("TTS_PRICE_PER_MILLION", "openai=12")
    config.settings.cache_clear()
    (alloy,) = list_voices(platform, alice).json_body["items"]
    assert (alloy["id"], alloy["gender"], alloy["marks"], alloy["price_per_million"]) == (
        "openai:alloy",
        None,
        False,
        12.0,
    )


def test_a_voice_that_runs_here_says_its_sample_once_when_it_is_first_listed(platform: Platform, alice: User) -> None:
    voice_samples._stored.cache_clear()

    def scottish() -> dict[str, Any]:
        page = list_voices(platform, alice, "?language=en").json_body
        found: dict[str, Any] = next(voice for voice in page["items"] if voice["id"] == "espeak:en-gb-scotland")
        return found

    first = scottish()
    assert (first["display_name"], first["quality"], first["sample_url"]) == ("eSpeak (Scotland)", "basic", None)
    assert scottish()["sample_url"] is None
    requests = platform.cloud.messages("speech_jobs")
    assert len(requests) == 1, "a second look while it is being made requests nothing"
    assert platform.deliver("run_speech_job", [requests[0]["Body"]]) == []
    platform.run()
    voice_samples._stored.cache_clear()  # as another process
    url = scottish()["sample_url"]
    key = urlsplit(url).path.lstrip("/").removeprefix("library/")
    audio = mp3.parse(storage.read(key))
    assert 2_000 < audio.duration_ms < 6_000
    assert platform.cloud.messages("speech_jobs") == []


def test_the_operator_makes_the_samples_of_paid_voices_once(
    platform: Platform, alice: User, provider: FakeSpeechify, capsys: pytest.CaptureFixture[str]
) -> None:
    voice_samples._stored.cache_clear()
    british = "?language=en-GB"
    assert {voice["sample_url"] for voice in list_voices(platform, alice, british).json_body["items"][:4]} == {None}
    assert provider.calls == [], "the API calls no third party"
    assert make_samples.main(["--language", "en-GB"]) == 0
    assert "4 samples to make, 252 characters, $0.0038" in capsys.readouterr().out
    assert {call.body["input"] for call in provider.calls} == {sample_sentences.SENTENCES["en"]}
    voice_samples._stored.cache_clear()
    listed = list_voices(platform, alice, british).json_body["items"]
    assert all(voice["sample_url"] for voice in listed if voice["provider"] == "speechify")
    assert make_samples.main(["--language", "en-GB"]) == 0
    assert "0 samples to make" in capsys.readouterr().out
    assert len(provider.calls) == 4


@pytest.mark.parametrize("query", ["?language=", "?language=e", "?language=en-GB;", "?voice=anna"])
def test_an_invalid_language_or_filter_is_rejected(platform: Platform, alice: User, query: str) -> None:
    assert list_voices(platform, alice, query).status_code == 422


FRENCH = (
    "Le petit prince habitait une planète à peine plus grande que lui, et il avait besoin d'un ami. Il regardait les couchers "
    "de soleil, quarante-quatre fois le même jour, et personne ne savait pourquoi il était si triste ce jour-là."
)


def test_a_text_is_read_in_its_own_language(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, FRENCH.encode())
    job = start(platform.client, alice, media["id"]).json_body
    assert job["voice"] == "espeak:fr-fr"


def test_a_voice_of_another_language_is_rejected_with_a_link_to_suitable_ones(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, FRENCH.encode())
    rejection = start(platform.client, alice, media["id"], voice="espeak:de")
    assert (rejection.status_code, rejection.json_body["code"]) == (422, "voice_language_mismatch")
    assert "GET /v1/voices?language=fr" in rejection.json_body["detail"]
    unsupported = start(platform.client, alice, media["id"], language="tlh")
    assert (unsupported.status_code, unsupported.json_body["code"]) == (422, "voice_language_mismatch")
    assert start(platform.client, alice, media["id"], voice="espeak:fr-ch").status_code == 202


def test_a_document_in_a_language_without_a_voice_says_so_before_and_names_the_way_out(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_PROVIDERS", "speechify")
    config.settings.cache_clear()
    french, english = (upload(platform, alice, text.encode()) for text in (FRENCH, "The keeper counts the waves. " * 9))
    assert (french["language"], french["has_voice"], english["has_voice"]) == ("fr", False, True)
    rejection = start(platform.client, alice, french["id"])
    assert (rejection.status_code, rejection.json_body["code"]) == (422, "voice_language_mismatch")
    assert "'fr'" in rejection.json_body["detail"]
    assert "set `language`" in rejection.json_body["detail"]
    assert start(platform.client, alice, french["id"], language="en").status_code == 202
    monkeypatch.setenv("TTS_VOICES", "speechify:raphael@simba-3.0=fr-FR:male")
    config.settings.cache_clear()
    response = get(platform.client, alice, f"/v1/media/{french['id']}").json_body
    assert response["has_voice"] is True


def test_the_request_can_override_the_detected_language(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, FRENCH.encode())
    job = start(platform.client, alice, media["id"], voice="espeak:de", language="de-AT")
    assert (job.status_code, job.json_body["voice"]) == (202, "espeak:de")
    assert start(platform.client, alice, media["id"], language="pt-BR").json_body["voice"] == "espeak:pt-br"
    assert start(platform.client, alice, media["id"], language="Klingon, please").status_code == 422
