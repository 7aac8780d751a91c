"""The pronunciation lexicon: entries for one document."""

from __future__ import annotations

from typing import Any

from tests.api.client import Api

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


def test_a_letter_that_no_voice_knows_is_named(alice: Api) -> None:
    unknown = {"written": "word", "ipa": "w3d", "language": "en"}
    assert "'3'" in alice.expect_problem("POST", "/v1/lexicon", 422, unknown)["detail"]
