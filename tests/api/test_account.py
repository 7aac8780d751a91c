"""What belongs to the account as a whole. (Erasing it is not tried here: other runs share the account.)"""

from __future__ import annotations

from typing import Any

from tests.api.client import Api


def test_usage_tells_what_is_stored_and_what_may_be(alice: Api, book: Any) -> None:
    assert book["size_bytes"] > 0
    assert alice.call("GET", "/v1/account", expect=200).json()


def test_the_audit_trail_tells_of_what_was_done_and_is_whole(alice: Api, book: Any) -> None:
    events = alice.call("GET", "/v1/account/audit?limit=100", expect=200).json()["items"]
    assert events
    assert book["id"] in str(events) or len(events) == 100
    assert alice.call("GET", "/v1/account/audit/check", expect=200).json()


def test_exports_are_listed(alice: Api) -> None:
    assert "items" in alice.call("GET", "/v1/account/export", expect=200).json()
