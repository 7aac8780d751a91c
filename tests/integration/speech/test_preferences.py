"""Preferences of a listener: what they accept, who sees them, and what new recordings take from them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.platform import config
from tests.integration.conftest import Platform, User
from tests.integration.speech.test_jobs import quote
from tests.integration.uploads.test_uploads import upload

PATH = "/v1/account/preferences"
DEFAULTS = {"skip": ["citation", "code", "footnote", "note_mark", "toc"], "voices": {}, "pause_scale": 1.0}
DOCUMENT = (
    b"<!doctype html><title>W</title><p>The keeper counts the waves.</p><pre><code>x = {1: 2}; y = f(x)</code></pre>"
)


def put(platform: Platform, user: User, body: dict[str, Any], **headers: str) -> Any:
    return platform.client.http.put(PATH, headers={**user.headers, **headers}, body=json.dumps(body).encode())


def get(platform: Platform, user: User) -> Any:
    return platform.client.http.get(PATH, headers=user.headers)


def test_preferences_are_the_owners_and_replaced_as_a_whole(platform: Platform, alice: User, bob: User) -> None:
    assert get(platform, alice).json_body == DEFAULTS
    wanted = {
        "skip": ["table", "citation", "table"],
        "voices": {"ENG": "espeak:en-us", "de_AT": "espeak:de"},
        "pause_scale": 1.5,
    }
    saved = put(platform, alice, wanted)
    assert saved.json_body == {
        "skip": ["citation", "table"],
        "voices": {"de-AT": "espeak:de", "en": "espeak:en-us"},
        "pause_scale": 1.5,
    }
    assert get(platform, alice).json_body == saved.json_body
    assert get(platform, bob).json_body == DEFAULTS
    assert put(platform, alice, {"skip": []}).json_body == {"skip": [], "voices": {}, "pause_scale": 1.0}
    stale = put(platform, alice, {}, **{"If-Match": saved.headers["ETag"]})
    assert (stale.status_code, stale.json_body["code"]) == (412, "precondition_failed")


@pytest.mark.parametrize(
    ("body", "named", "code"),
    [
        ({"skip": ["adverts"]}, "adverts", "invalid"),
        ({"voices": {"klingon": "espeak:en-us"}}, "klingon", "unknown_language"),
        ({"voices": {"en": "espeak:en-us", "eng": "espeak:en-us"}}, "voices.eng", "invalid"),
        ({"voices": {"en": "polly:Nobody"}}, "polly:Nobody", "unknown_voice"),
        ({"voices": {"de": "espeak:en-us"}}, "espeak:en-us speaks", "voice_language_mismatch"),
        ({"pause_scale": 0}, "0.25", "invalid"),
        ({"pause_scale": 4.1}, "4.1", "invalid"),
        ({"speed": 2}, "speed", "invalid"),
    ],
)
def test_a_wrong_value_is_named(platform: Platform, alice: User, body: dict[str, Any], named: str, code: str) -> None:
    response = put(platform, alice, body)
    assert (response.status_code, response.json_body["code"]) == (422, code)
    assert named in json.dumps(response.json_body)
    assert get(platform, alice).json_body == DEFAULTS


def test_a_new_recording_takes_voice_and_kinds_from_them(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(platform, alice, DOCUMENT, media_type="text/html", filename="waves.html")
    shorter, default_voice = (quote(platform, alice, media["id"])[name] for name in ("characters", "voice"))
    assert default_voice == "espeak:en-us"
    put(platform, alice, {"skip": [], "voices": {"de": "espeak:de", "en": "espeak:en-gb"}})
    preferred = quote(platform, alice, media["id"])
    assert preferred["voice"] == "espeak:en-gb"
    assert preferred["characters"] > shorter
    assert quote(platform, alice, media["id"], skip=["code"])["characters"] == shorter
    assert quote(platform, alice, media["id"], voice="espeak:en-us")["voice"] == "espeak:en-us"
    assert quote(platform, alice, media["id"], language="de")["voice"] == "espeak:de"
    monkeypatch.setenv("TTS_VOICES", "espeak:en-us=en-US")
    config.settings.cache_clear()
    assert quote(platform, alice, media["id"])["voice"] == "espeak:en-us", "the preferred voice is gone"
