"""Webhooks on the deployed stack: from the end of an inspection to a receiver on this machine."""

from __future__ import annotations

import requests
from standardwebhooks.webhooks import Webhook

from tests.fakes.webhook_receiver import Reply, WebhookReceiver
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack, wait_until

TEXT = b"The lamp is lit, and the keeper stays ashore.\n"
WITHIN_S = 60  # on a busy machine; a message takes a second


def test_a_media_that_becomes_ready_is_announced_and_a_failure_is_retried(stack: DeployedStack) -> None:
    user = Uploader(stack, "webhook-owner")
    with WebhookReceiver() as receiver:
        receiver.replies = [Reply(503)]
        new = {"url": receiver.url(), "events": ["media.ready"]}
        webhook = user.call("POST", "/v1/webhooks", new, expect=201)
        started = user.start_upload(TEXT)
        upload = started["upload"]
        requests.put(upload["url"], data=TEXT, headers=upload["headers"], timeout=30).raise_for_status()
        wait_until(lambda: len(receiver.received) == 2, seconds=WITHIN_S, event="the retry")
    first, second = receiver.received
    for message in (first, second):
        content = Webhook(webhook["secret"]).verify(message.body, dict(message.headers))
        assert content["data"] == {"media_id": started["media"]["id"], "sequence": 1}
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 5
