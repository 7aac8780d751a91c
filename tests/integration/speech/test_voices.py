"""The list of voices, merged from the providers of the deployment."""

from typing import Any

import pytest

from chalicelib.platform import config
from tests.integration.conftest import Platform, User
from tests.integration.speech.test_speech import get, start
from tests.integration.uploads.test_uploads import upload


def ask(platform: Platform, user: User, query: str = "") -> Any:
    return get(platform.client, user, f"/v1/voices{query}")


@pytest.fixture
def all_providers(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setenv("TTS_PROVIDERS", "polly,speechify,openai,espeak")
    config.settings.cache_clear()
    return platform


def test_all_providers_voices_come_on_one_page_preferred_ones_first(all_providers: Platform, alice: User) -> None:
    answer = ask(all_providers, alice).json_body
    assert answer["next_cursor"] is None
    order = list(dict.fromkeys(voice["provider"] for voice in answer["items"]))
    assert order == ["polly", "speechify", "openai", "espeak"]
    assert answer["items"][0] == {
        "id": "polly:Joanna",
        "provider": "polly",
        "name": "Joanna",
        "language": "en-US",
        "gender": "female",
        "marks": True,
        "price_per_million": 32.0,
        "currency": "USD",
    }


def test_a_language_narrows_the_list(all_providers: Platform, alice: User) -> None:
    languages = {voice["language"] for voice in ask(all_providers, alice, "?language=de").json_body["items"]}
    assert languages == {"de-DE", "de-AT", "de-CH", "de"}
    german = [voice["id"] for voice in ask(all_providers, alice, "?language=de-DE").json_body["items"]]
    assert german == ["polly:Vicki", "polly:Daniel", "espeak:de"]
    chinese = {voice["provider"] for voice in ask(all_providers, alice, "?language=zh").json_body["items"]}
    assert chinese == {"polly", "openai", "espeak"}


def test_only_providers_of_the_deployment_are_listed_with_what_it_pays_them(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_PROVIDERS", "openai")
    monkeypatch.setenv("TTS_VOICES", "openai:alloy=mul")
    monkeypatch.setenv("TTS_PRICE_PER_MILLION", "openai=12")
    config.settings.cache_clear()
    (alloy,) = ask(platform, alice).json_body["items"]
    assert (alloy["id"], alloy["gender"], alloy["marks"], alloy["price_per_million"]) == (
        "openai:alloy",
        None,
        False,
        12.0,
    )


@pytest.mark.parametrize("query", ["?language=", "?language=e", "?language=en-GB;", "?voice=anna"])
def test_what_is_no_language_or_no_filter_is_refused(platform: Platform, alice: User, query: str) -> None:
    assert ask(platform, alice, query).status_code == 422


FRENCH = (
    "Le petit prince habitait une planète à peine plus grande que lui, et il avait besoin d'un ami. Il regardait les couchers "
    "de soleil, quarante-quatre fois le même jour, et personne ne savait pourquoi il était si triste ce jour-là."
)


def test_a_text_is_read_in_its_own_language(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, FRENCH.encode())
    job = start(platform.client, alice, media["id"]).json_body
    assert job["voice"] == "espeak:fr-fr"


def test_a_voice_that_does_not_speak_the_texts_language_is_refused_with_those_that_do(
    platform: Platform, alice: User
) -> None:
    media = upload(platform, alice, FRENCH.encode())
    refusal = start(platform.client, alice, media["id"], voice="espeak:de")
    assert (refusal.status_code, refusal.json_body["code"]) == (422, "voice_language")
    assert "GET /v1/voices?language=fr" in refusal.json_body["detail"]
    unheard = start(platform.client, alice, media["id"], language="tlh")
    assert (unheard.status_code, unheard.json_body["code"]) == (422, "voice_language")
    assert start(platform.client, alice, media["id"], voice="espeak:fr-ch").status_code == 202


def test_who_knows_the_language_better_says_it(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, FRENCH.encode())
    job = start(platform.client, alice, media["id"], voice="espeak:de", language="de-AT")
    assert (job.status_code, job.json_body["voice"]) == (202, "espeak:de")
    assert start(platform.client, alice, media["id"], language="pt-BR").json_body["voice"] == "espeak:pt-br"
    assert start(platform.client, alice, media["id"], language="Klingon, please").status_code == 422
