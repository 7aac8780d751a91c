"""The list of voices and its filter by language."""

from __future__ import annotations

import pytest

from tests.api.client import Api


def test_the_voice_of_a_recording_is_in_the_list(alice: Api, recording: dict[str, str]) -> None:
    voices = {voice["id"]: voice for voice in alice.get("/v1/voices")["items"]}
    voice = voices[recording["voice"]]
    assert voice["id"] == f"{voice['provider']}:{voice['id'].partition(':')[2]}"
    assert voice["display_name"]
    assert voice["quality"] in {"natural", "basic"}
    assert voice["price_per_million"] >= 0
    assert voice["currency"] == "USD"


@pytest.mark.usefixtures("speech")
def test_the_language_filter_returns_only_voices_of_that_language(alice: Api) -> None:
    all_voices = alice.get("/v1/voices")["items"]
    english = alice.get("/v1/voices", language="en")["items"]
    assert english
    assert {voice["language"].partition("-")[0] for voice in english} <= {"en", "mul"}
    british = alice.get("/v1/voices", language="en-GB")["items"]
    assert (
        {voice["id"] for voice in british}
        <= {voice["id"] for voice in english}
        <= {voice["id"] for voice in all_voices}
    )
    assert alice.get("/v1/voices", language="tlh")["items"] == [v for v in all_voices if v["language"] == "mul"]


def test_an_invalid_language_is_rejected_with_its_field(alice: Api) -> None:
    problem = alice.call("GET", "/v1/voices?language=English!", expect=422).json()
    assert problem["errors"][0]["field"] == "language"
