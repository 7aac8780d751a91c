"""Imports: texts and pages of the web that become media."""

from __future__ import annotations

from tests.api.client import Api


def test_a_text_becomes_a_media(alice: Api) -> None:
    text = {"title": f"{alice.run} pasted", "text": "The lamp is lit, and the keeper stays ashore."}
    started = alice.call("POST", "/v1/imports", text, expect=202).json()
    alice.created.media.append(started["id"])
    media = alice.wait_until_inspected(started["id"])
    assert (media["status"], media["title"]) == ("ready", text["title"])
    assert alice.get(f"/v1/media/{media['id']}/text")["text"] == text["text"]


def test_an_address_inside_a_network_is_refused_at_once(alice: Api) -> None:
    alice.expect_problem("POST", "/v1/imports", 422, {"url": "http://10.0.0.1/"})
