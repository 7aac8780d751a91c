"""The audit trail: it is complete, no role can rewrite it, and tampering is found."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from chalice.test import Client

from chalicelib import audit
from chalicelib.api.authorizer import authorize_player_request, authorize_request
from chalicelib.audit import Action
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.events import account as account_events
from chalicelib.exports import reconcile as exports
from chalicelib.maintenance import audit_verification
from chalicelib.platform import config
from chalicelib.platform.db import database
from chalicelib.uploads import reconcile as uploads
from localstack.postgres import Postgres
from tests.integration.conftest import SECRET, Cloud, Platform, Sweeping, User
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
        "intact": True, "first": 1, "last": len(events), "hash": events[-1]["hash"], "fault": None,
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
        Action.PODCAST_CREATED, Action.PODCAST_REVOKED,
    }  # fmt: skip
    assert {action for action, *_ in seen} == set(Action) - tested_elsewhere
    assert all(is_recent for *_, is_recent in seen)
    by_platform = {
        Action.UPLOAD_ACCEPTED, Action.UPLOAD_REJECTED, Action.UPLOAD_EXPIRED, Action.EXPORT_FINISHED,
        Action.EXPORT_FAILED, Action.EXPORT_EXPIRED, Action.ACCOUNT_ERASED,
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
    assert check(client, bob) == {"intact": True, "first": 1, "last": 0, "hash": "", "fault": None}
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


REWRITES = [
    "UPDATE audit_events SET actor = 'platform'",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "UPDATE audit_heads SET number = 0",
    "DELETE FROM audit_heads",
    "INSERT INTO audit_events (owner_id, actor, action, number) VALUES (app.current_owner_id(), 'owner', 'x', 7)",
    "INSERT INTO audit_events (owner_id, actor, action, at) VALUES (app.current_owner_id(), 'owner', 'x', now())",
    "INSERT INTO audit_events (owner_id, actor, action, hash) VALUES (app.current_owner_id(), 'owner', 'x', '')",
    "INSERT INTO audit_events (owner_id, actor, action) VALUES (gen_random_uuid(), 'owner', 'x')",
    "SELECT app.delete_owner_rows('audit_events', 100)",
    "ALTER TABLE audit_events DISABLE TRIGGER chain",
]


@pytest.mark.parametrize("role", ["visionary_app", "visionary_sweep"])
@pytest.mark.parametrize("statement", REWRITES)
def test_the_roles_of_the_functions_can_only_add_events(
    cloud: Cloud, migrated: Postgres, alice: User, role: str, statement: str
) -> None:
    record(alice, 2)
    with psycopg.connect(migrated.url(role)) as connection:
        connection.execute("SELECT app.set_current_owner(%s)", [alice.id])
        with pytest.raises(psycopg.Error):
            connection.execute(statement)
        connection.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(migrated.url("visionary_app")) as app:
        app.execute("SELECT app.delete_old_audit_events(now(), 100)")
    assert cloud.owner.execute("SELECT count(*) FROM audit_events").fetchone() == (2,)
    assert audit.check(alice.id).intact


TAMPERINGS = [
    ("UPDATE audit_events SET detail = '{}' WHERE number = 3", 3, "changed"),
    ("UPDATE audit_events SET at = at + interval '1 second' WHERE number = 1", 1, "changed"),
    ("UPDATE audit_events SET action = 'x', hash = app.audit_hash((SELECT hash FROM audit_events WHERE number = 2), "
     "(SELECT e FROM audit_events e WHERE number = 3)) WHERE number = 3", 3, "changed"),
    ("DELETE FROM audit_events WHERE number = 1", 1, "missing"),
    ("DELETE FROM audit_events WHERE number = 3", 3, "missing"),
    ("DELETE FROM audit_events WHERE number IN (2, 4)", 2, "missing"),
    ("DELETE FROM audit_events WHERE number = 5", 5, "missing"),
    ("DELETE FROM audit_events", 1, "missing"),
    ("DELETE FROM audit_events WHERE number = 4; UPDATE audit_events SET number = 4 WHERE number = 5", 4, "changed"),
    ("UPDATE audit_heads SET number = 4", 5, "added"),
    ("UPDATE audit_heads SET hash = sha256('')", 5, "changed"),
    ("DELETE FROM audit_heads", 1, "added"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "number", "fault"), TAMPERINGS)
def test_tampering_is_found(
    client: Client, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping, statement: str, number: int, fault: str
) -> None:
    record(alice, 5)
    cloud.owner.execute("INSERT INTO accounts (owner_id) VALUES (%s), (%s)", [alice.id, bob.id])
    cloud.owner.execute(statement)
    record(bob, 2)
    result = check(client, alice)
    assert (result["intact"], result["fault"]) == (False, {"number": number, "fault": fault})
    assert check(client, bob)["intact"] is True
    with sweeping():
        assert audit_verification.check() == 1


def test_an_event_rewritten_with_its_hash_is_found_at_the_next_one(client: Client, cloud: Cloud, alice: User) -> None:
    record(alice, 5)
    cloud.owner.execute("UPDATE audit_events SET action = 'x' WHERE number = 2")
    cloud.owner.execute(
        """UPDATE audit_events AS e SET hash = app.audit_hash((SELECT hash FROM audit_events WHERE number = 1), e)
           WHERE number = 2"""
    )
    assert check(client, alice)["fault"] == {"number": 3, "fault": "changed"}


def test_a_client_can_recompute_the_chain(client: Client, alice: User) -> None:
    client.http.post(
        "/v1/uploads/capability",
        headers={**alice.headers, "User-Agent": 'Größe "quoted" \\ \t tab', "X-Request-Id": "1"},
    )
    record(alice, 3)
    previous_hash = b""
    for event in trail(client, alice):
        at = datetime.fromisoformat(event["at"])
        microseconds = int(at.timestamp()) * 1_000_000 + at.microsecond
        members = [str(alice.id), event["number"], microseconds]
        members += [
            event[name] for name in ("actor", "action", "subject_id", "detail", "address", "agent", "request_id")
        ]
        previous_hash = hashlib.sha256(previous_hash + json.dumps(members, ensure_ascii=False).encode()).digest()
        assert previous_hash.hex() == event["hash"]


def test_concurrent_writers_make_one_chain(client: Client, migrated: Postgres, alice: User) -> None:
    def work() -> None:
        with psycopg.connect(migrated.url("visionary_app"), autocommit=True) as connection:
            for _ in range(20):
                with connection.transaction():
                    connection.execute("SELECT app.set_current_owner(%s)", [alice.id])
                    audit.record(connection, alice.id, Action.MEDIA_CHANGED, uuid4())

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    result = check(client, alice)
    assert (result["intact"], result["first"], result["last"]) == (True, 1, 160)


def test_renamed_actions_have_one_name_and_the_chain_stays_intact(
    platform: Platform, cloud: Cloud, migrated: Postgres, alice: User
) -> None:
    """Events of the version before keep their stored names, which their hashes cover; readers see the new ones."""
    with psycopg.connect(migrated.url("visionary_app")) as connection:
        connection.execute("SELECT app.become(%s)", [alice.id])
        for action in ("capability.given", "upload.given_up"):
            connection.execute(
                "INSERT INTO audit_events (owner_id, actor, action) VALUES (%s, 'owner', %s)", [alice.id, action]
            )
    client = platform.client
    send(client, alice, "POST", "/v1/uploads/capability")
    aborted = start(client, alice, TEXT).json_body["media"]["id"]
    send(client, alice, "DELETE", f"/v1/uploads/{aborted}")
    actions = [event["action"] for event in trail(client, alice)]
    assert actions == ["token.issued", "upload.aborted", "token.issued", "upload.started", "upload.aborted"]
    stored = cloud.owner.execute("SELECT action FROM audit_events ORDER BY number LIMIT 2").fetchall()
    assert stored == [("capability.given",), ("upload.given_up",)]
    assert check(client, alice)["intact"] is True


# ---- retention ----------------------------------------------------------------------------------------------------------


def age(cloud: Cloud, user: User, *, last: int, days: int) -> None:
    """Age the events up to `last`, in a chain as it would have been made then."""
    cloud.owner.execute(
        "UPDATE audit_events SET at = at - make_interval(days => %s) WHERE owner_id = %s AND number <= %s",
        [days, user.id, last],
    )
    before = b""
    rows = cloud.owner.execute("SELECT number FROM audit_events WHERE owner_id = %s ORDER BY number", [user.id])
    for (number,) in rows.fetchall():
        row = cloud.owner.execute(
            "UPDATE audit_events AS e SET hash = app.audit_hash(%s, e) WHERE owner_id = %s AND number = %s RETURNING hash",
            [before, user.id, number],
        ).fetchone()
        assert row is not None
        before = row[0]
    cloud.owner.execute("UPDATE audit_heads SET hash = %s WHERE owner_id = %s", [before, user.id])


def test_the_chain_stays_intact_when_its_old_end_is_deleted(
    client: Client, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    record(alice, 6)
    record(bob, 2)
    age(cloud, alice, last=4, days=400)
    assert check(client, alice)["intact"] is True
    with sweeping():
        assert audit.delete_old() == 4
        assert audit.delete_old() == 0
    assert [event["number"] for event in trail(client, alice)] == [5, 6]
    result = check(client, alice)
    assert (result["intact"], result["first"], result["last"]) == (True, 5, 6)
    record(alice)
    assert check(client, alice)["last"] == 7
    cloud.owner.execute("DELETE FROM audit_events WHERE number = 5 AND owner_id = %s", [alice.id])
    assert check(client, alice)["fault"] == {"number": 5, "fault": "missing"}
    assert len(trail(client, bob)) == 2


def test_a_trail_continues_after_all_its_events_were_deleted(
    client: Client, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    record(alice, 3)
    age(cloud, alice, last=3, days=400)
    with sweeping():
        assert audit.delete_old() == 3
    assert check(client, alice)["intact"] is True
    record(alice)
    assert [event["number"] for event in trail(client, alice)] == [4]
    assert check(client, alice)["intact"] is True


def test_not_even_the_sweep_can_delete_events_younger_than_30_days(
    cloud: Cloud, migrated: Postgres, alice: User
) -> None:
    record(alice, 3)
    age(cloud, alice, last=1, days=31)
    with psycopg.connect(migrated.url("visionary_sweep")) as connection:
        connection.execute("SELECT app.set_current_owner(%s)", [alice.id])
        assert connection.execute("SELECT app.delete_old_audit_events(now() + interval '1 year', 100)").fetchone() == (
            1,
        )
    assert audit.check(alice.id).intact


# ---- failed sign-ins ------------------------------------------------------------------------------------------------------


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
        authorizer(event, None)


def failures(cloud: Cloud) -> list[tuple[str, str]]:
    rows = cloud.owner.execute(
        "SELECT host(address), detail->>'reason' FROM audit_events WHERE owner_id = %s ORDER BY number",
        [PLATFORM_OWNER],
    )
    return rows.fetchall()


@pytest.mark.parametrize("authorizer", [authorize_request, authorize_player_request])
def test_a_failed_sign_in_is_in_the_platforms_own_trail(
    platform: Platform, cloud: Cloud, authorizer: Callable[..., Any]
) -> None:
    send_invalid_token("nonsense", authorizer=authorizer)
    platform.run()
    row = cloud.owner.execute(
        "SELECT owner_id, actor, action, host(address), agent, request_id, detail FROM audit_events"
    ).fetchone()
    assert row is not None
    assert row[:6] == (PLATFORM_OWNER, "unknown", "sign_in.failed", "198.51.100.7", "curl/8", "r-1")
    assert row[6] == {"reason": "DecodeError"}
    assert audit.check(PLATFORM_OWNER).intact


def test_an_invalid_link_token_in_a_path_is_a_failed_sign_in(platform: Platform, cloud: Cloud) -> None:
    rejected = platform.client.http.get("/v1/u/made.up/s3/params?filename=a.txt&type=text/plain")
    assert rejected.status_code == 401
    platform.run()
    ((address, reason),) = failures(cloud)
    assert (address, reason.startswith("The token in this address")) == ("127.0.0.1", True)


def test_an_expired_session_is_not_a_failed_sign_in(cloud: Cloud, alice: User) -> None:
    import jwt

    send_invalid_token(jwt.encode({"id": str(alice.id), "exp": 1_000_000_000}, SECRET, algorithm="HS256"))
    assert cloud.messages("account") == []


def test_a_thousand_invalid_tokens_do_not_fill_the_queue(cloud: Cloud) -> None:
    for number in range(1_000):
        send_invalid_token("nonsense", address=f"2001:db8:0:1::{number:x}")
    assert len(cloud.messages("account")) == 3
    for number in range(1_000):
        send_invalid_token("nonsense", address=f"2001:db8:0:{number:x}::1")
    assert len(cloud.messages("account")) == 27  # with the three from above 30 in this minute


def test_invalid_tokens_at_many_functions_do_not_fill_the_trail(platform: Platform, cloud: Cloud) -> None:
    failed = [
        FailedSignInMessage(
            reason="DecodeError", address=f"2001:db8:0:{number % 2}::{number:x}", agent=None, request_id=None
        )
        for number in range(60)
    ]
    bodies = [message.model_dump_json() for message in failed]
    assert platform.deliver("run_account_job", bodies) == []
    recorded = failures(cloud)
    assert len(recorded) == 20
    assert {address.split("::")[0] for address, _ in recorded} == {"2001:db8:0:1", "2001:db8"}
    assert audit.check(PLATFORM_OWNER).intact


def test_no_user_sees_the_trail_of_the_platform(client: Client, platform: Platform, alice: User) -> None:
    send_invalid_token("nonsense")
    platform.run()
    assert trail(client, alice) == []


def test_an_invalid_message_is_returned_to_the_queue(platform: Platform) -> None:
    bodies = ["not json", '{"kind":"surprise"}', '{"kind":"export","owner_id":"x","export_id":"y"}']
    assert platform.deliver("run_account_job", bodies) == bodies
    assert isinstance(
        account_events.parse_message(
            FailedSignInMessage(reason="r", address=None, agent=None, request_id=None).model_dump_json()
        ),
        FailedSignInMessage,
    )


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
