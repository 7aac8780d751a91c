"""Bookmarks, highlights and notes."""

from __future__ import annotations

from typing import Any

from tests.api.client import Api

Json = Any


def test_an_annotation_is_listed_changed_exported_and_deleted(alice: Api, book: Json) -> None:
    of_book = f"/v1/media/{book['id']}/annotations"
    note = f"note {alice.run}"
    new: Json = {"kind": "highlight", "start": 4, "end": 20, "note": note}
    made = alice.call("POST", of_book, new, expect=201).json()
    path = f"/v1/annotations/{made['id']}"
    assert alice.call("GET", path, expect=200).json() == made
    changed = alice.call("PATCH", path, {"colour": "blue"}, expect=200).json()
    assert (changed["colour"], changed["note"]) == ("blue", note)
    assert changed in alice.get(of_book, limit=100)["items"]
    assert alice.get("/v1/annotations", q=note)["items"] == [changed]
    assert note in alice.call("GET", f"{of_book}/export", expect=200).text
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("GET", path, 404)


def test_a_range_outside_the_text_is_named(alice: Api, book: Json) -> None:
    outside = {"kind": "highlight", "start": 9_999_990, "end": 9_999_999}
    assert "9,999,99" in alice.expect_problem("POST", f"/v1/media/{book['id']}/annotations", 422, outside)["detail"]
