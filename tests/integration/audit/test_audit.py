"""The audit trail: it is complete, and an event has its actor and origin."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from chalice.local import LambdaContext
from chalice.test import Client

from chalicelib import audit
from chalicelib.api.authorizer import authorize_request
from chalicelib.audit import Action
from chalicelib.exports import reconcile as exports
from chalicelib.platform import config
from chalicelib.platform.db import database
from chalicelib.uploads import reconcile as uploads
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.speech.test_speech import start as request_speech
from tests.integration.uploads.test_uploads import TEXT, start, upload
from tests.support.media_rows import LONG_AGO

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"
PLATFORM_OWNER = audit.PLATFORM_ID


def send(client: Client, user: User, method: str, path: str, body: Any = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    return client.http.request(method, path, headers={**user.headers, "User-Agent": BROWSER}, body=content)


def trail(client: Client, user: User) -> list[dict[str, Any]]:
    """Return all events, oldest first."""
    events: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = send(client, user, "GET", f"/v1/account/audit?limit=100{cursor}").json_body
        events += page["items"]
        if page["next_cursor"] is None:
            return events[::-1]
        cursor = f"&cursor={page['next_cursor']}"


def check(client: Client, user: User) -> dict[str, Any]:
    result: dict[str, Any] = send(client, user, "GET", "/v1/account/audit/check").json_body
    return result


def record(user: User, times: int = 1) -> None:
    for number in range(times):
        audit.record_in_own_transaction(user.id, Action.MEDIA_CHANGED, uuid4(), fields="title", nth=number)


def send_invalid_token(
    token: str, address: str = "198.51.100.7", authorizer: Callable[..., Any] = authorize_request
) -> None:
    """Send an invalid token, as API Gateway passes it to the authorizer."""
    event = {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:api/api/GET/v1/media",
        "headers": {"Authorization": f"Bearer {token}", "User-Agent": "curl/8"},
        "queryStringParameters": None,
        "requestContext": {"requestId": "r-1", "identity": {"sourceIp": address}},
    }
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer(event, LambdaContext("authorize", 512))


def test_every_change_of_an_owner_is_in_the_trail(platform: Platform, alice: User) -> None:
    client = platform.client
    media = upload(platform, alice, TEXT)
    path = f"/v1/media/{media['id']}"
    send(client, alice, "GET", f"{path}/url?variant=original")
    send(client, alice, "GET", f"/v1/media/stream/{media['id']}")
    send(client, alice, "PATCH", path, {"title": "Rock", "tags": ["sea"]})
    collection = send(client, alice, "POST", "/v1/collections", {"name": "Sea"}).json_body["id"]
    send(client, alice, "PUT", f"/v1/collections/{collection}/media/{media['id']}", {})
    send(client, alice, "DELETE", f"/v1/collections/{collection}")
    job = request_speech(client, alice, media["id"], end=20).json_body["id"]
    platform.run()
    send(client, alice, "GET", f"/v1/speech/{job}/audio")
    send(client, alice, "POST", "/v1/uploads/capability")
    send(client, alice, "DELETE", path)
    send(client, alice, "POST", f"{path}/restore", {})
    send(client, alice, "DELETE", f"{path}?permanent=true")
    aborted = start(client, alice, TEXT).json_body["media"]["id"]
    send(client, alice, "DELETE", f"/v1/uploads/{aborted}")
    events = trail(client, alice)
    assert [(event["action"], event["subject_id"]) for event in events] == [
        ("upload.started", media["id"]),
        ("upload.accepted", media["id"]),
        ("media.downloaded", media["id"]),
        ("media.downloaded", media["id"]),
        ("media.changed", media["id"]),
        ("collection.created", collection),
        ("collection.items_changed", collection),
        ("collection.deleted", collection),
        ("speech.requested", job),
        ("speech.downloaded", job),
        ("token.issued", None),
        ("media.trashed", media["id"]),
        ("media.restored", media["id"]),
        ("media.purged", media["id"]),
        ("upload.started", aborted),
        ("upload.aborted", aborted),
    ]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert events[2]["detail"] == {"variant": "original", "disposition": "inline"}
    assert events[4]["detail"] == {"fields": "tags,title"}
    assert check(client, alice) == {
        "intact": True, "first": 1, "last": len(events), "hash": events[-1]["hash"], "fault": None, "next": None,
    }  # fmt: skip


def test_every_kind_of_event_is_recorded(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = platform.client
    seen: list[tuple[str, str, str | None, bool]] = []

    def collect() -> None:
        seen.extend(
            cloud.owner.execute(
                "SELECT action, actor, host(address), at BETWEEN now() - interval '1 minute' AND now() FROM audit_events"
            )
        )

    media = upload(platform, alice, TEXT)["id"]
    platform.upload_object(f"uploads/{alice.id}/{media}", b"other bytes")
    upload(platform, alice, b"\x00\x01" * 50)
    never, aborted = (start(client, alice, TEXT).json_body["media"]["id"] for _ in range(2))
    send(client, alice, "DELETE", f"/v1/uploads/{aborted}")
    cloud.owner.execute(
        "UPDATE media SET created_at = %(then)s, upload_expires_at = %(then)s WHERE id = %(id)s",
        {"then": LONG_AGO, "id": never},
    )
    collection = send(client, alice, "POST", "/v1/collections", {"name": "Sea"}).json_body["id"]
    send(client, alice, "PATCH", f"/v1/collections/{collection}", {"name": "Land"})
    send(client, alice, "PUT", f"/v1/collections/{collection}/media/{media}", {})
    send(client, alice, "DELETE", f"/v1/collections/{collection}")
    job = request_speech(client, alice, media, end=20).json_body["id"]
    platform.run()
    send(client, alice, "GET", f"/v1/speech/{job}/audio")
    send(client, alice, "POST", f"/v1/media/{media}/capability")
    send(client, alice, "DELETE", "/v1/account/capabilities")
    send(client, alice, "GET", f"/v1/media/{media}/url")
    send(client, alice, "PATCH", f"/v1/media/{media}", {"title": "Rock"})
    for failing in (False, True):
        export = send(client, alice, "POST", "/v1/account/export").json_body["id"]
        if failing:
            cloud.owner.execute("UPDATE exports SET created_at = %s WHERE status = 'queued'", [LONG_AGO])
        platform.run()
        send(client, alice, "GET", f"/v1/account/export/{export}")
    cloud.owner.execute("UPDATE exports SET expires_at = now() WHERE status = 'done'")
    with sweeping():
        uploads.reconcile()
        exports.reconcile_account_exports()
    send(client, alice, "DELETE", f"/v1/media/{media}")
    send(client, alice, "POST", f"/v1/media/{media}/restore", {})
    send(client, alice, "DELETE", f"/v1/media/{media}?permanent=true")
    send_invalid_token("nonsense")
    platform.run()
    monkeypatch.setenv("ERASURE_QUIET_S", "0")
    config.settings.cache_clear()
    send(client, alice, "DELETE", f"/v1/account?confirm={alice.id}")
    collect()
    platform.run()
    collect()
    tested_elsewhere = {  # with their routes
        Action.SPEECH_CANCELLED, Action.SPEECH_RETRIED, Action.SPEECH_DELETED,
        Action.LEXICON_CREATED, Action.LEXICON_CHANGED, Action.LEXICON_DELETED,
        Action.ANNOTATION_CREATED, Action.ANNOTATION_UPDATED, Action.ANNOTATION_DELETED,
        Action.PODCAST_CREATED, Action.PODCAST_REVOKED, Action.RECOGNITION_REQUESTED, Action.RECOGNITION_CANCELLED,
        Action.IMPORT_REQUESTED, Action.TRASH_EMPTIED,
        Action.SHARE_CREATED, Action.SHARE_OPENED, Action.SHARE_REVOKED,
        Action.WEBHOOK_CREATED, Action.WEBHOOK_CHANGED, Action.WEBHOOK_SECRET_ROTATED, Action.WEBHOOK_DISABLED,
        Action.WEBHOOK_DELETED, Action.API_KEY_CREATED, Action.API_KEY_DELETED,
    }  # fmt: skip
    assert {action for action, *_ in seen} == set(Action) - tested_elsewhere
    assert all(is_recent for *_, is_recent in seen)
    by_platform = {
        Action.UPLOAD_ACCEPTED, Action.UPLOAD_REJECTED, Action.UPLOAD_EXPIRED, Action.UPLOAD_BYTES_DISCARDED,
        Action.EXPORT_FINISHED, Action.EXPORT_FAILED, Action.EXPORT_EXPIRED, Action.ACCOUNT_ERASED,
    }  # fmt: skip
    for action, actor, address, _ in seen:
        if action in by_platform:
            assert (actor, address) == ("platform", None), action
        elif action == Action.SIGN_IN_FAILED:
            assert (actor, address) == ("unknown", "198.51.100.7")
        else:
            assert (actor, address) == ("owner", "127.0.0.1"), action


def test_a_rejected_file_is_in_the_trail_with_its_reason(platform: Platform, alice: User) -> None:
    upload(platform, alice, b"\x00\x01" * 50)
    (_, verdict) = trail(platform.client, alice)
    assert (verdict["action"], verdict["actor"]) == ("upload.rejected", "platform")
    assert set(verdict["detail"]) == {"code"}


def test_an_event_has_an_actor_and_an_origin(platform: Platform, alice: User) -> None:
    upload(platform, alice, TEXT)
    send(platform.client, alice, "POST", "/v1/uploads/capability")
    started, verdict, issued = trail(platform.client, alice)
    assert (started["actor"], started["address"]) == ("owner", "127.0.0.1")
    assert issued["agent"] == BROWSER
    assert {verdict[name] for name in ("address", "agent", "request_id")} == {None}
    assert verdict["actor"] == "platform"
    assert datetime.fromisoformat(started["at"]) < datetime.fromisoformat(verdict["at"])


def test_events_of_a_link_token_name_it_as_their_actor(client: Client, alice: User) -> None:
    path = send(client, alice, "POST", "/v1/uploads/capability").json_body["path"]
    client.http.get(f"{path}/s3/params?filename=a.txt&type=text/plain&metadata%5Bsize%5D=5")
    events = trail(client, alice)
    assert [(event["action"], event["actor"]) for event in events] == [
        ("token.issued", "owner"),
        ("upload.started", "capability"),
    ]


def test_the_address_is_the_one_that_our_own_proxy_saw(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**alice.headers, "X-Forwarded-For": "203.0.113.66, 2001:db8:1:2::3"}
    client.http.post("/v1/uploads/capability", headers=headers)
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    config.settings.cache_clear()
    client.http.post("/v1/uploads/capability", headers=headers)
    client.http.post("/v1/uploads/capability", headers={**alice.headers, "X-Forwarded-For": "no address"})
    assert [event["address"] for event in trail(client, alice)] == ["127.0.0.1", "2001:db8:1:2::3", None]


def test_a_hostile_user_agent_is_cut_and_made_printable(client: Client, alice: User) -> None:
    client.http.post("/v1/uploads/capability", headers={**alice.headers, "User-Agent": "x\x00\ny\u202e" + "z" * 9000})
    (event,) = trail(client, alice)
    assert event["agent"] == "x??y?" + "z" * 195


def test_a_rejected_request_leaves_no_event(client: Client, alice: User) -> None:
    for method, path, body in (
        ("PATCH", f"/v1/media/{uuid4()}", {"title": "x"}),
        ("GET", f"/v1/media/{uuid4()}/url", None),
        ("DELETE", f"/v1/collections/{uuid4()}", None),
        ("GET", f"/v1/speech/{uuid4()}/audio", None),
    ):
        assert send(client, alice, method, path, body).status_code == 404
    assert trail(client, alice) == []
    assert check(client, alice)["intact"] is True


def test_no_user_sees_the_trail_of_another(client: Client, alice: User, bob: User) -> None:
    record(alice, 3)
    assert trail(client, bob) == []
    assert check(client, bob) == {"intact": True, "first": 1, "last": 0, "hash": "", "fault": None, "next": None}
    record(bob)
    assert [event["number"] for event in trail(client, bob)] == [1]
    assert len(trail(client, alice)) == 3


def test_pages_stay_consistent_while_events_are_added(client: Client, alice: User) -> None:
    record(alice, 5)
    first = send(client, alice, "GET", "/v1/account/audit?limit=2").json_body
    record(alice)
    second = send(client, alice, "GET", f"/v1/account/audit?limit=2&cursor={first['next_cursor']}").json_body
    assert [event["number"] for event in first["items"] + second["items"]] == [5, 4, 3, 2]
    jobs = send(client, alice, "GET", f"/v1/speech?cursor={first['next_cursor']}")
    assert jobs.status_code == 422


def test_an_event_is_rolled_back_with_its_change(client: Client, alice: User) -> None:
    def change() -> None:
        with database.transaction(alice.id) as connection:
            audit.record(connection, alice.id, Action.MEDIA_CHANGED, UUID(int=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert trail(client, alice) == []
    record(alice)
    assert [event["number"] for event in trail(client, alice)] == [1]
