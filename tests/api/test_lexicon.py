"""The pronunciation lexicon: entries for one document."""

from __future__ import annotations

import time
from typing import Any

import requests

from tests.api.client import TIMEOUT_S, WAIT_TIMEOUT_S, Api

Json = Any


def test_an_entry_is_listed_changed_and_deleted(alice: Api, book: Json) -> None:
    new = {"written": f"word {alice.run}", "ipa": "/wɜːd/", "language": "en-GB", "media_id": book["id"]}
    entry = alice.call("POST", "/v1/lexicon", new, expect=201).json()
    alice.expect_problem("POST", "/v1/lexicon", 409, new)
    path = f"/v1/lexicon/{entry['id']}"
    changed = alice.call("PATCH", path, {"spoken": "werd", "ipa": None}, expect=200).json()
    assert (changed["spoken"], changed["ipa"], changed["whole_word"]) == ("werd", None, True)
    assert changed in alice.get("/v1/lexicon", media_id=book["id"], limit=100)["items"]
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("DELETE", path, 404)


def test_an_entry_is_heard_and_counted_before_it_is_saved(alice: Api, book: Json) -> None:
    draft = {"written": "harbour", "spoken": f"haven {alice.run[-4:]}", "language": "en", "media_id": book["id"]}
    affected = alice.call("POST", "/v1/lexicon/affected", draft, expect=200).json()
    assert affected == {"documents": 1, "characters": affected["characters"], "is_complete": True}
    assert affected["characters"] > len("harbour")
    deadline = time.monotonic() + WAIT_TIMEOUT_S
    while (heard := _hear(alice, draft))["status"] == "pending":
        assert time.monotonic() < deadline
        time.sleep(0.25)
    assert heard["duration_ms"] > 0
    assert requests.get(heard["url"], timeout=TIMEOUT_S).headers["Content-Type"] == "audio/mpeg"


def _hear(alice: Api, draft: Json) -> Json:
    preview = {"text": "The harbour light.", "entry": draft}
    return alice.call("POST", "/v1/lexicon/preview", preview, expect={200, 202}).json()


def test_a_letter_that_no_voice_knows_is_named(alice: Api) -> None:
    unknown = {"written": "word", "ipa": "w3d", "language": "en"}
    assert "'3'" in alice.expect_problem("POST", "/v1/lexicon", 422, unknown)["detail"]
