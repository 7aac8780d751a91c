"""Who can read aloud, and in which language."""

from __future__ import annotations

from tests.api.client import Api


def test_the_voice_of_a_reading_is_one_of_the_list(alice: Api, reading: dict[str, str]) -> None:
    voices = {voice["id"]: voice for voice in alice.get("/v1/voices")["items"]}
    heard = voices[reading["voice"]]
    assert heard["id"] == f"{heard['provider']}:{heard['id'].partition(':')[2]}"
    assert heard["price_per_million"] >= 0
    assert heard["currency"] == "USD"


def test_a_language_finds_its_voices_and_no_others(alice: Api) -> None:
    every = alice.get("/v1/voices")["items"]
    english = alice.get("/v1/voices", language="en")["items"]
    assert english
    assert {voice["language"].partition("-")[0] for voice in english} <= {"en", "mul"}
    british = alice.get("/v1/voices", language="en-GB")["items"]
    assert {voice["id"] for voice in british} <= {voice["id"] for voice in english} <= {voice["id"] for voice in every}
    assert alice.get("/v1/voices", language="tlh")["items"] == [v for v in every if v["language"] == "mul"]


def test_what_is_no_language_is_refused_by_name(alice: Api) -> None:
    refusal = alice.call("GET", "/v1/voices?language=English!", expect=422).json()
    assert refusal["errors"][0]["field"] == "language"
