"""Webhooks: their life, and a message to a receiver that does not exist."""

from __future__ import annotations

from typing import Any

from tests.api.client import Api

Json = Any


def test_a_webhook_is_changed_paused_and_gets_another_secret(alice: Api, webhook_delivery: Json) -> None:
    path = f"/v1/webhooks/{webhook_delivery['webhook_id']}"
    assert "secret" not in alice.call("GET", path, expect=200).json()
    assert path.rpartition("/")[2] in [webhook["id"] for webhook in alice.get("/v1/webhooks", limit=100)["items"]]
    assert alice.call("POST", f"{path}/secret", expect=200).json()["secret"].startswith("whsec_")
    assert alice.call("PATCH", path, {"enabled": False}, expect=200).json()["disabled_reason"] == "paused"
    again = f"{path}/deliveries/{webhook_delivery['id']}/redeliver"
    assert alice.expect_problem("POST", again, 409)["code"] == "webhook_disabled"
    assert alice.call("PATCH", path, {"enabled": True}, expect=200).json()["enabled"]
    assert alice.call("POST", again, expect=202).json()["payload"] == webhook_delivery["payload"]
    listed = alice.get(f"{path}/deliveries")["items"]
    assert webhook_delivery["id"] in [delivery["id"] for delivery in listed]


def test_a_deleted_webhook_is_gone_with_its_messages(alice: Api) -> None:
    new = {"url": "https://hooks.invalid/deleted", "events": ["speech.done"]}
    path = f"/v1/webhooks/{alice.call('POST', '/v1/webhooks', new, expect=201).json()['id']}"
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("GET", path, 404)
    alice.expect_problem("GET", f"{path}/deliveries", 404)


def test_an_address_inside_a_network_is_refused_at_once(alice: Api) -> None:
    new = {"url": "https://10.0.0.1/", "events": ["media.ready"]}
    assert alice.expect_problem("POST", "/v1/webhooks", 422, new)["errors"][0]["field"] == "url"
