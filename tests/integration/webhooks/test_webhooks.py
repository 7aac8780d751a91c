"""Webhooks: their routes, what is sent when, and what follows the answers of real HTTP servers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chalicelib.platform import config
from chalicelib.webhooks import results
from chalicelib.webhooks.model import MAX_WEBHOOKS, SUBSCRIBABLE
from chalicelib.webhooks.retries import MAX_FAILING, RETRY_DELAYS_S
from tests.fakes.webhook_receiver import Reply, WebhookReceiver
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.speech.test_jobs import paragraphs, start_job, upload_text
from tests.integration.uploads.test_uploads import TEXT, upload
from tests.support.clock import run_to_completion

PROGRAM = b"MZ\x90\x00" + bytes(60)
REJECTED = {"filename": "a.pdf", "media_type": "application/pdf"}


@pytest.fixture
def receiver(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    monkeypatch.setenv("WEBHOOK_ALLOW_LOOPBACK", "true")
    config.settings.cache_clear()
    assert cloud
    with WebhookReceiver() as started:
        yield started


def send(platform: Platform, user: User, method: str, path: str, body: object = None, **headers: str) -> Any:
    content = json.dumps(body).encode() if body is not None else b""
    return getattr(platform.client.http, method)(path, headers=user.headers | headers, body=content)


def create(platform: Platform, user: User, url: str, events: Sequence[str] = SUBSCRIBABLE) -> dict[str, Any]:
    response = send(platform, user, "post", "/v1/webhooks", {"url": url, "events": list(events)})
    assert response.status_code == 201, response.body
    webhook: dict[str, Any] = response.json_body
    return webhook


def get(platform: Platform, user: User, webhook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = send(platform, user, "get", f"/v1/webhooks/{webhook['id']}").json_body
    return found


def deliveries(platform: Platform, user: User, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/v1/webhooks/{webhook['id']}/deliveries?limit=100"
    items: list[dict[str, Any]] = send(platform, user, "get", path).json_body["items"]
    return items


def ping(platform: Platform, user: User, webhook: dict[str, Any]) -> Any:
    return send(platform, user, "post", f"/v1/webhooks/{webhook['id']}/ping")


def pass_until_retry(platform: Platform, user: User, webhook: dict[str, Any]) -> None:
    """Let the time of the next retry come, and deliver the message that awaits it."""
    platform.cloud.owner.execute(
        "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE webhook_id = %s AND next_attempt_at > now()",
        [webhook["id"]],
    )
    due = {"kind": "webhook_due", "owner_id": str(user.id), "webhook_id": webhook["id"]}
    assert platform.deliver("ingest", [json.dumps(due)]) == []
    platform.run()


def actions(platform: Platform, user: User) -> list[tuple[str, Any]]:
    items = send(platform, user, "get", "/v1/account/audit").json_body["items"]
    return [(e["action"], e["detail"]) for e in items if e["action"].startswith("webhook.")]


# ---- what is sent -------------------------------------------------------------------------------------------------


def test_a_media_that_becomes_ready_is_announced_with_a_signature_and_nothing_of_its_content(
    platform: Platform, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(platform, alice, receiver.url())
    media = upload(platform, alice, TEXT)
    platform.run()
    (message,) = receiver.received
    Webhook(webhook["secret"]).verify(message.body, dict(message.headers))
    assert message.content["type"] == "media.ready"
    assert message.content["data"] == {"media_id": media["id"], "sequence": 1}
    assert (message.path, message.headers["content-type"]) == ("/hook", "application/json")
    (delivery,) = deliveries(platform, alice, webhook)
    assert delivery["id"] == message.headers["webhook-id"]
    assert (delivery["status"], delivery["event"], delivery["payload"]) == ("delivered", "media.ready", message.content)
    (attempt,) = delivery["attempts"]
    assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 204, None)


def test_a_recording_is_announced_in_order_from_its_first_audio_to_its_end_and_an_export_after_it(
    platform: Platform, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(
        platform, alice, receiver.url(), ["speech.first_audio", "speech.done", "media.ready", "export.done"]
    )
    media_id = upload_text(platform, alice, paragraphs(3))
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    export = send(platform, alice, "post", "/v1/account/export").json_body
    platform.run()
    data = [(message.event, message.content["data"]) for message in receiver.received]
    assert data == [
        ("media.ready", {"media_id": media_id, "sequence": 1}),
        ("speech.first_audio", {"media_id": media_id, "job_id": job["id"], "sequence": 2}),
        ("speech.done", {"media_id": media_id, "job_id": job["id"], "status": "done", "sequence": 3}),
        ("export.done", {"export_id": export["id"]}),
    ]
    assert [delivery["status"] for delivery in deliveries(platform, alice, webhook)] == ["delivered"] * 4


def test_a_rejected_media_is_announced_and_only_to_webhooks_for_that_event(
    platform: Platform, alice: User, bob: User, receiver: WebhookReceiver
) -> None:
    create(platform, alice, receiver.url("/rejected"), ["media.rejected"])
    create(platform, alice, receiver.url("/ready"), ["media.ready"])
    create(platform, bob, receiver.url("/bob"))
    media = upload(platform, alice, PROGRAM, **REJECTED)
    platform.run()
    assert media["status"] == "rejected"
    assert [(message.path, message.event) for message in receiver.received] == [("/rejected", "media.rejected")]


def test_without_a_webhook_nothing_is_written(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    rows = cloud.owner.execute(
        "SELECT (SELECT count(*) FROM webhook_deliveries) + (SELECT count(*) FROM webhook_sequences)"
    )
    assert rows.fetchone() == (0,)
    assert not cloud.messages("webhooks")


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(
    platform: Platform, cloud: Cloud, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(platform, alice, receiver.url())
    rotated = send(platform, alice, "post", f"/v1/webhooks/{webhook['id']}/secret").json_body
    assert actions(platform, alice)[0] == ("webhook.secret_rotated", {})
    assert ping(platform, alice, webhook).status_code == 202
    platform.run()
    for secret in (webhook["secret"], rotated["secret"]):
        Webhook(secret).verify(receiver.received[0].body, dict(receiver.received[0].headers))
    cloud.owner.execute("UPDATE webhooks SET previous_secret_until = now()")
    ping(platform, alice, webhook)
    platform.run()
    last = receiver.received[-1]
    Webhook(rotated["secret"]).verify(last.body, dict(last.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook["secret"]).verify(last.body, dict(last.headers))


# ---- what follows an answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status", "shown"),
    [
        (Reply(500, b"Internal\x00 <b>error</b>"), 500, "Internal <b>error</b>"),
        (Reply(302, headers={"Location": "http://169.254.169.254/"}), 302, ""),
        (Reply(503, b"x" * 5_000_000), 503, "x" * 500),
        (Reply(breaks_off=True), None, "broke off"),
    ],
    ids=["error", "redirect", "huge", "broken"],
)
def test_a_failed_attempt_is_logged_and_repeated_until_it_succeeds(
    platform: Platform, alice: User, receiver: WebhookReceiver, reply: Reply, status: int | None, shown: str
) -> None:
    webhook = create(platform, alice, receiver.url())
    receiver.replies = [reply]
    upload(platform, alice, TEXT)
    platform.run()
    (failed,) = deliveries(platform, alice, webhook)
    assert (failed["status"], failed["attempts"][0]["status"]) == ("pending", status)
    assert shown in str(failed["attempts"][0]["answer"] if status else failed["attempts"][0]["error"])
    assert failed["next_attempt_at"] is not None
    assert get(platform, alice, webhook)["failing_since"] is not None
    pass_until_retry(platform, alice, webhook)
    first, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    Webhook(webhook["secret"]).verify(second.body, dict(second.headers))
    (delivered,) = deliveries(platform, alice, webhook)
    assert (delivered["status"], len(delivered["attempts"]), delivered["next_attempt_at"]) == ("delivered", 2, None)
    assert get(platform, alice, webhook)["failing_since"] is None


def test_a_retry_waits_in_the_queue(platform: Platform, cloud: Cloud, alice: User, receiver: WebhookReceiver) -> None:
    create(platform, alice, receiver.url())
    receiver.replies = [Reply(500)]
    upload(platform, alice, TEXT)
    platform.run()
    queue = cloud.sqs.get_queue_url(QueueName="visionary-test-webhooks")["QueueUrl"]
    waiting = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert waiting["ApproximateNumberOfMessagesDelayed"] == "1"


def test_after_the_last_retry_a_delivery_has_failed_and_the_next_one_is_sent(
    platform: Platform, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(platform, alice, receiver.url())
    receiver.replies = [Reply(500)] * (len(RETRY_DELAYS_S) + 1)
    upload(platform, alice, TEXT)
    platform.run()
    for _ in RETRY_DELAYS_S:
        pass_until_retry(platform, alice, webhook)
    (failed,) = deliveries(platform, alice, webhook)
    assert (failed["status"], len(failed["attempts"])) == ("failed", len(RETRY_DELAYS_S) + 1)
    assert get(platform, alice, webhook)["enabled"], "a day of failures does not disable it"
    upload(platform, alice, TEXT)
    platform.run()
    assert deliveries(platform, alice, webhook)[0]["status"] == "delivered"
    again = send(platform, alice, "post", f"/v1/webhooks/{webhook['id']}/deliveries/{failed['id']}/redeliver")
    assert (again.status_code, again.json_body["id"]) == (202, failed["id"])
    platform.run()
    assert deliveries(platform, alice, webhook)[1]["status"] == "delivered"
    assert receiver.received[-1].headers["webhook-id"] == failed["id"]


def test_a_receiver_that_answers_410_is_not_called_again_until_its_owner_enables_it(
    platform: Platform, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(platform, alice, receiver.url())
    receiver.replies = [Reply(410)]
    upload(platform, alice, TEXT)
    upload(platform, alice, TEXT)
    platform.run()
    disabled = get(platform, alice, webhook)
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "gone")
    assert [delivery["status"] for delivery in deliveries(platform, alice, webhook)] == ["cancelled", "failed"]
    assert problem(ping(platform, alice, webhook))["code"] == "webhook_disabled"
    upload(platform, alice, TEXT)
    platform.run()
    assert len(receiver.received) == 1
    assert actions(platform, alice)[0] == ("webhook.disabled", {"reason": "gone"})
    enabled = send(platform, alice, "patch", f"/v1/webhooks/{webhook['id']}", {"enabled": True}).json_body
    assert (enabled["enabled"], enabled["disabled_reason"], enabled["disabled_at"]) == (True, None, None)
    assert ping(platform, alice, webhook).status_code == 202
    platform.run()
    assert receiver.events[1:] == ["ping"]


def test_a_webhook_that_fails_for_days_is_disabled(
    platform: Platform, cloud: Cloud, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(platform, alice, receiver.url())
    receiver.replies = [Reply(500)] * 2
    upload(platform, alice, TEXT)
    platform.run()
    cloud.owner.execute("UPDATE webhooks SET failing_since = failing_since - %s", [MAX_FAILING])
    cloud.owner.execute("UPDATE webhook_deliveries SET failures = %s", [len(RETRY_DELAYS_S)])
    pass_until_retry(platform, alice, webhook)
    assert get(platform, alice, webhook)["disabled_reason"] == "failing"
    assert actions(platform, alice)[0] == ("webhook.disabled", {"reason": "failing"})


def test_a_slow_receiver_has_one_message_under_way_and_does_not_keep_those_of_others_waiting(
    platform: Platform, cloud: Cloud, alice: User, bob: User, receiver: WebhookReceiver
) -> None:
    create(platform, alice, receiver.url("/slow"))
    create(platform, bob, receiver.url("/quick"))
    for _ in range(5):
        upload(platform, alice, TEXT)
    upload(platform, bob, TEXT)
    waiting = [json.loads(message["Body"]) for message in cloud.messages("webhooks")]
    assert [message["owner_id"] for message in waiting] == [str(alice.id), str(bob.id)], "one of each, whatever waits"


def test_an_answer_that_comes_twice_changes_nothing(
    platform: Platform, cloud: Cloud, alice: User, receiver: WebhookReceiver
) -> None:
    webhook = create(platform, alice, receiver.url())
    receiver.replies = [Reply(500)]
    upload(platform, alice, TEXT)
    (sent,) = cloud.messages("webhooks")
    assert platform.deliver("deliver_webhook", [sent["Body"]]) == []
    answers = [message["Body"] for message in cloud.messages("ingest")]
    answer = next(text for text in answers if "webhook_answered" in text)
    for _ in range(2):
        assert platform.deliver("ingest", [answer]) == []
    (delivery,) = deliveries(platform, alice, webhook)
    assert len(delivery["attempts"]) == 1


def test_a_lost_message_is_sent_again_by_the_sweep_and_old_deliveries_are_forgotten(
    platform: Platform, cloud: Cloud, alice: User, receiver: WebhookReceiver, sweeping: Sweeping
) -> None:
    webhook = create(platform, alice, receiver.url())
    upload(platform, alice, TEXT)
    assert cloud.messages("webhooks"), "and lost"
    cloud.owner.execute(
        "UPDATE webhook_deliveries SET in_flight_until = now() - interval '1 hour', next_attempt_at = now() - interval '1 hour'"
    )
    with sweeping():
        assert results.reconcile() == 1
    platform.run()
    (delivery,) = deliveries(platform, alice, webhook)
    assert (delivery["status"], delivery["attempts"][0]["number"]) == ("delivered", 2)
    cloud.owner.execute("UPDATE webhook_deliveries SET created_at = now() - interval '31 days'")
    with sweeping():
        assert results.reconcile() == 0
        assert results.delete_old(limit=10) == 1
    assert deliveries(platform, alice, webhook) == []


# ---- routes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://10.0.0.1/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest",
        "https://2852039166/",
        "https://service.internal/",
        "https://user:word@example.com/",  # pragma: allowlist secret
        "https://example.com:8443/",
        "ftp://example.com/",
        "example.com",
        "",
    ],
)
def test_an_address_that_is_not_public_and_encrypted_is_refused(platform: Platform, alice: User, url: str) -> None:
    response = send(platform, alice, "post", "/v1/webhooks", {"url": url, "events": ["media.ready"]})
    assert (response.status_code, problem(response)["errors"][0]["field"]) == (422, "url")
    webhook = create(platform, alice, "https://example.com/hook", ["media.ready"])
    assert send(platform, alice, "patch", f"/v1/webhooks/{webhook['id']}", {"url": url}).status_code == 422
    assert get(platform, alice, webhook)["url"] == "https://example.com/hook"


def test_a_name_that_resolves_to_a_private_address_is_not_called(
    platform: Platform, alice: User, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = create(platform, alice, receiver.url())
    monkeypatch.setenv("WEBHOOK_ALLOW_LOOPBACK", "false")
    config.settings.cache_clear()
    upload(platform, alice, TEXT)
    platform.run()
    assert not receiver.received
    (delivery,) = deliveries(platform, alice, webhook)
    assert "not a public server" in delivery["attempts"][0]["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://example.com/"},
        {"url": "https://example.com/", "events": []},
        {"url": "https://example.com/", "events": ["media.eaten"]},
        {"url": "https://example.com/", "events": ["ping"]},
        {"url": "https://example.com/", "events": ["media.ready"], "secret": "mine"},
    ],
)
def test_what_is_not_a_webhook_is_refused(platform: Platform, alice: User, body: dict[str, Any]) -> None:
    assert send(platform, alice, "post", "/v1/webhooks", body).status_code == 422


@pytest.mark.parametrize("body", [{"url": None}, {"events": None}, {"enabled": None}, {"events": []}, {"secret": "x"}])
def test_nothing_of_a_webhook_can_be_removed(platform: Platform, alice: User, body: dict[str, Any]) -> None:
    webhook = create(platform, alice, "https://example.com/hook")
    assert send(platform, alice, "patch", f"/v1/webhooks/{webhook['id']}", body).status_code == 422


def test_a_webhook_is_created_once_changed_and_deleted_and_its_secret_is_shown_once(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    body = {"url": "https://example.com/hook", "events": ["speech.done", "media.ready", "media.ready"]}
    first, second = (send(platform, alice, "post", "/v1/webhooks", body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json_body == second.json_body
    webhook = first.json_body
    assert first.headers["Location"] == f"/v1/webhooks/{webhook['id']}"
    assert webhook["events"] == ["media.ready", "speech.done"]
    assert webhook["secret"].startswith("whsec_")
    assert cloud.owner.execute("SELECT body FROM idempotency_keys").fetchall() == [("",)]
    shown = get(platform, alice, webhook)
    assert "secret" not in shown
    assert send(platform, alice, "get", "/v1/webhooks").json_body["items"] == [shown]
    path = f"/v1/webhooks/{webhook['id']}"
    changed = send(platform, alice, "patch", path, {"events": ["export.done"], "enabled": False}).json_body
    assert (changed["events"], changed["disabled_reason"]) == (["export.done"], "paused")
    assert send(platform, alice, "patch", path, {"enabled": True}, **{"If-Match": '"old"'}).status_code == 412
    assert send(platform, alice, "delete", path).status_code == 204
    assert send(platform, alice, "get", path).status_code == 404
    assert [action for action, _ in actions(platform, alice)] == [
        "webhook.deleted",
        "webhook.changed",
        "webhook.created",
    ]
    assert "whsec_" not in str(actions(platform, alice))


def test_ten_webhooks_are_the_limit_and_it_is_shown(platform: Platform, alice: User) -> None:
    for number in range(MAX_WEBHOOKS):
        create(platform, alice, f"https://example.com/{number}")
    response = send(platform, alice, "post", "/v1/webhooks", {"url": "https://example.com/", "events": ["media.ready"]})
    assert (response.status_code, problem(response)["code"]) == (409, "limit_reached")
    assert send(platform, alice, "get", "/v1/account").json_body["limits"]["webhooks"] == MAX_WEBHOOKS


def test_webhooks_of_others_do_not_exist(platform: Platform, alice: User, bob: User, receiver: WebhookReceiver) -> None:
    webhook = create(platform, alice, receiver.url())
    delivery = ping(platform, alice, webhook).json_body
    path = f"/v1/webhooks/{webhook['id']}"
    own = create(platform, bob, receiver.url("/bob"))
    requests = [
        ("get", path, None),
        ("patch", path, {"enabled": False}),
        ("delete", path, None),
        ("post", f"{path}/secret", None),
        ("post", f"{path}/ping", None),
        ("get", f"{path}/deliveries", None),
        ("post", f"{path}/deliveries/{delivery['id']}/redeliver", None),
        ("post", f"/v1/webhooks/{own['id']}/deliveries/{delivery['id']}/redeliver", None),
        ("get", f"/v1/webhooks/{uuid4()}", None),
    ]
    for method, address, body in requests:
        assert send(platform, bob, method, address, body).status_code == 404, address
    assert get(platform, alice, webhook)["enabled"]
    assert [item["id"] for item in send(platform, bob, "get", "/v1/webhooks").json_body["items"]] == [own["id"]]


def test_pings_are_limited_and_are_not_repeated(platform: Platform, alice: User, receiver: WebhookReceiver) -> None:
    webhook = create(platform, alice, receiver.url())
    receiver.replies = [Reply(500)]
    statuses = [ping(platform, alice, webhook).status_code for _ in range(31)]
    assert statuses == [202] * 30 + [429]
    platform.run()
    assert receiver.events == ["ping"] * 30
    assert [delivery["status"] for delivery in deliveries(platform, alice, webhook)][-1] == "failed"
