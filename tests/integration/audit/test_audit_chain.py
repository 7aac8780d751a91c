"""The chain of an audit trail: no role can rewrite it, tampering is found, and retention keeps it intact."""

import hashlib
import json
import threading
from datetime import datetime
from uuid import uuid4

import psycopg
import pytest
from chalice.test import Client

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.audit.model import VerifiedEvent
from chalicelib.maintenance import audit_verification
from localstack.postgres import Postgres
from tests.integration.audit.test_audit import check, record, send, trail
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.uploads.test_uploads import TEXT, start

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
        assert audit_verification.check().found == 1


def test_an_event_rewritten_with_its_hash_is_found_at_the_next_one(client: Client, cloud: Cloud, alice: User) -> None:
    record(alice, 5)
    cloud.owner.execute("UPDATE audit_events SET action = 'x' WHERE number = 2")
    cloud.owner.execute(
        """UPDATE audit_events AS e SET hash = app.audit_hash((SELECT hash FROM audit_events WHERE number = 1), e)
           WHERE number = 2"""
    )
    assert check(client, alice)["fault"] == {"number": 3, "fault": "changed"}


def test_a_long_chain_is_checked_in_parts(cloud: Cloud, alice: User) -> None:
    record(alice, 7)
    parts = [audit.check(alice.id, limit=3)]
    while parts[-1].next:
        parts.append(audit.check(alice.id, after=VerifiedEvent.parse(parts[-1].next), limit=3))
    assert [(part.intact, part.first, part.last) for part in parts] == [(True, 1, 3), (True, 4, 6), (True, 7, 7)]
    cloud.owner.execute("UPDATE audit_events SET action = 'x' WHERE number = 5")
    assert audit.check(alice.id, limit=3).intact
    broken = audit.check(alice.id, after=VerifiedEvent.parse(parts[0].next or ""), limit=3)
    assert (broken.fault and broken.fault.number, broken.next) == (5, None)


def test_a_kept_hash_proves_that_nothing_before_was_rewritten(client: Client, cloud: Cloud, alice: User) -> None:
    record(alice, 3)
    kept = check(client, alice)
    after = f"{kept['last']}:{kept['hash']}"
    record(alice, 2)
    path = "/v1/account/audit/check?after="
    later = send(client, alice, "GET", path + after).json_body
    assert (later["intact"], later["first"], later["last"]) == (True, 4, 5)
    cloud.owner.execute("UPDATE audit_events SET hash = sha256(hash) WHERE number = 3")
    assert send(client, alice, "GET", path + after).json_body["fault"] == {"number": 3, "fault": "changed"}
    for other in ("3", "x:00", f"3:{'0' * 63}", f"-1:{'0' * 64}"):
        assert send(client, alice, "GET", path + other).status_code == 422


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
    """Stored events keep their old names, which their hashes cover. Readers see the new ones."""
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
    """Age the events up to `last`, with the hashes that they would have then."""
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
