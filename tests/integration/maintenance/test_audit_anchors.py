"""Anchors of audit trails outside the database: what was rewritten as a whole is found, and what may change may."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from uuid import UUID

import pytest

from chalicelib import audit
from chalicelib.maintenance import audit_anchors, audit_verification
from chalicelib.platform.aws import write_once
from chalicelib.platform.aws.s3 import Bucket, PreconditionFailedError
from tests.integration.account.test_erasure import erase_account, finish
from tests.integration.audit.test_audit import record
from tests.integration.audit.test_audit_chain import age
from tests.integration.conftest import Cloud, Platform, Sweeping, User

# What all rights in the database allow: an event, all hashes after it, the head, and what the sweep has verified.
REWRITE = """DO $$
    DECLARE event audit_events; chained bytea; owner uuid := '{owner}';
    BEGIN
        UPDATE audit_events SET action = 'nothing.happened', address = '8.8.8.8' WHERE owner_id = owner AND number = 2;
        SELECT anchor_hash INTO chained FROM audit_heads WHERE owner_id = owner;
        FOR event IN SELECT * FROM audit_events WHERE owner_id = owner ORDER BY number LOOP
            chained := app.audit_hash(chained, event);
            UPDATE audit_events SET hash = chained WHERE owner_id = owner AND number = event.number;
            UPDATE audit_checks SET hash = chained WHERE owner_id = owner AND number = event.number;
        END LOOP;
        UPDATE audit_heads SET hash = chained WHERE owner_id = owner;
    END $$"""
DELETE = "DELETE FROM {table} WHERE owner_id = '{owner}'"
DELETE_TRAIL = ";".join(DELETE.replace("{table}", table) for table in ("audit_events", "audit_heads", "audit_checks"))


@pytest.fixture
def next_day(cloud: Cloud, sweeping: Sweeping) -> Callable[[], int]:
    """Return a function that lets a day pass, runs the verification, and returns how many trails it found broken."""

    def verify() -> int:
        cloud.owner.execute(
            "UPDATE sweep_rounds SET began_at = began_at - interval '1 day' WHERE name = 'audit anchors'"
        )
        cloud.owner.execute("UPDATE audit_heads SET changed_at = changed_at - interval '10 minutes'")  # has settled
        with sweeping():
            return audit_verification.check().found

    return verify


def anchors(cloud: Cloud) -> list[list[str]]:
    """Return the lines of all anchors, oldest first."""
    keys = [entry["Key"] for entry in cloud.s3.list_objects_v2(Bucket="anchors", Prefix="heads/").get("Contents", [])]
    return [
        gzip.decompress(cloud.s3.get_object(Bucket="anchors", Key=key)["Body"].read()).decode().splitlines()
        for key in keys
    ]


def test_trails_are_anchored_once_a_day_without_their_owners(
    cloud: Cloud, alice: User, bob: User, next_day: Callable[[], int], sweeping: Sweeping
) -> None:
    record(alice, 3)
    assert next_day() == 0
    record(bob, 1)
    record(alice, 2)
    assert next_day() == 0
    with sweeping():
        assert audit_verification.check().found == 0  # on the same day
    first, second = anchors(cloud)
    assert [line.split()[1] for line in first] == ["3"]
    assert sorted(line.split()[1] for line in second) == ["1", "5"]
    heads = {row[0].hex() for row in cloud.owner.execute("SELECT hash FROM audit_heads").fetchall()}
    assert {line.split()[2] for line in second} == heads
    assert not any(user.id.hex in line for user in (alice, bob) for line in first + second)


@pytest.mark.parametrize("is_continued", [False, True])
def test_a_chain_rewritten_as_a_whole_is_found_every_day(
    cloud: Cloud, alice: User, bob: User, next_day: Callable[[], int], logged: Callable[[], str], *, is_continued: bool
) -> None:
    record(alice, 5)
    record(bob, 3)
    assert next_day() == 0
    cloud.owner.execute(REWRITE.replace("{owner}", str(alice.id)))
    if is_continued:
        record(alice, 2)
    assert audit.check(alice.id).intact  # to the database, nothing happened
    assert [next_day(), next_day()] == [1, 1]
    assert str(alice.id) in logged()
    assert "anchor" in logged()


@pytest.mark.parametrize(
    "statement",
    [
        DELETE_TRAIL,
        "UPDATE audit_checks SET anchor_id = gen_random_uuid() WHERE owner_id = '{owner}'",
        "DELETE FROM audit_checks WHERE owner_id = '{owner}'",
    ],
)
def test_a_trail_that_vanished_is_found(
    cloud: Cloud, alice: User, bob: User, next_day: Callable[[], int], statement: str
) -> None:
    record(alice, 2)
    record(bob, 2)
    assert next_day() == 0
    cloud.owner.execute(statement.replace("{owner}", str(alice.id)))
    assert [next_day(), next_day()] == [1, 1]


def test_trails_may_grow_lose_their_old_events_and_end_with_their_account(
    platform: Platform, cloud: Cloud, alice: User, bob: User, next_day: Callable[[], int], sweeping: Sweeping
) -> None:
    record(alice, 4)
    record(bob, 3)
    age(cloud, alice, last=4, days=400)
    assert next_day() == 0
    with sweeping():
        assert audit.delete_old() == 4
    assert next_day() == 0  # the anchored event is gone, its hash is where the chain begins
    record(alice, 2)
    finish(platform, bob, erase_account(platform.client, bob))
    assert next_day() == 0
    record(bob, 1)  # a new account with the same id
    assert [next_day(), next_day()] == [0, 0]


def test_an_operator_accepts_a_restored_database(
    cloud: Cloud, alice: User, bob: User, next_day: Callable[[], int]
) -> None:
    record(alice, 3)
    record(bob, 1)
    assert next_day() == 0
    before = cloud.owner.execute(
        "SELECT number, hash FROM audit_events WHERE owner_id = %s AND number = 2", [alice.id]
    ).fetchone()
    assert before is not None
    number, digest = before
    cloud.owner.execute("DELETE FROM audit_events WHERE owner_id = %s AND number > 2", [alice.id])
    for table in ("audit_heads", "audit_checks"):
        statement = f"UPDATE {table} SET number = %s, hash = %s WHERE owner_id = %s"  # noqa: S608
        cloud.owner.execute(statement, [number, digest, alice.id])
    assert next_day() == 1
    cloud.s3.put_object(
        Bucket="anchors", Key="accepted/2099-01-01T000000Z", Body=b"restored to 2026-11-22 10:00, ticket 7"
    )
    assert next_day() == 0
    cloud.s3.delete_object(Bucket="anchors", Key="accepted/2099-01-01T000000Z")
    assert next_day() == 0  # the anchor of the day before fits
    cloud.owner.execute(REWRITE.replace("{owner}", str(bob.id)).replace("number = 2", "number = 1"))
    assert next_day() == 1


def test_anchors_are_read_in_parts(cloud: Cloud, next_day: Callable[[], int], sweeping: Sweeping) -> None:
    def next_day_in_parts() -> int:
        cloud.owner.execute(
            "UPDATE sweep_rounds SET began_at = began_at - interval '1 day' WHERE name = 'audit anchors'"
        )
        with sweeping():
            return audit_anchors.update(trails_per_read=2)

    users = [User(UUID(int=number)) for number in range(1, 8)]
    for user in users:
        record(user, 2)
    assert [next_day(), next_day_in_parts()] == [0, 0]
    cloud.owner.execute(REWRITE.replace("{owner}", str(users[3].id)))
    cloud.owner.execute(DELETE_TRAIL.replace("{owner}", str(users[5].id)))
    assert next_day_in_parts() == 2
    assert [len(lines) for lines in anchors(cloud)] == [7, 7, 7]


def test_an_anchor_is_not_written_over(cloud: Cloud) -> None:
    write_once.write(Bucket.ANCHORS, "heads/1.gz", b"first")
    with pytest.raises(PreconditionFailedError):
        write_once.write(Bucket.ANCHORS, "heads/1.gz", b"second")
    assert write_once.read(Bucket.ANCHORS, "heads/1.gz") == b"first"
    assert cloud
