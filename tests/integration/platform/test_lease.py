"""Leases on rows, as workers use them."""

from collections.abc import Callable
from uuid import UUID

import pytest

from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.lease import Lease, LeaseLostError
from tests.integration.conftest import Cloud, Sweeping, User
from tests.support.media_rows import insert_media


def insert_claimed(cloud: Cloud, user: User) -> Lease:
    """Insert an upload that a worker has just claimed."""
    media_id = insert_media(cloud, user, status="inspecting", fence=1)
    return Lease(UUID(media_id), user.id, 1)


def write_title(claim: Lease, title: str) -> None:
    with database.transaction(claim.owner_id) as connection:
        lease.write(
            connection,
            claim,
            "UPDATE media SET title = %(title)s WHERE id = %(id)s AND fence = %(fence)s",
            {"title": title},
        )


def release(connection: Connection, claim: Lease) -> None:
    connection.execute(
        "UPDATE media SET status = 'pending' WHERE id = %s AND fence = %s", [claim.id, claim.fencing_token]
    )


def row(cloud: Cloud) -> tuple[str, str] | None:
    return cloud.owner.execute("SELECT title, status FROM media").fetchone()


def test_a_holder_writes_until_another_worker_claims_the_row(cloud: Cloud, alice: User) -> None:
    claim = insert_claimed(cloud, alice)
    write_title(claim, "mine")
    cloud.owner.execute("UPDATE media SET fence = fence + 1")
    with pytest.raises(LeaseLostError):
        write_title(claim, "too late")
    assert row(cloud) == ("mine", "inspecting")


def test_a_lease_is_released_when_the_work_fails_and_the_failure_is_raised(cloud: Cloud, alice: User) -> None:
    claim = insert_claimed(cloud, alice)
    with pytest.raises(OSError, match="no route"), lease.hold(claim, release):
        raise OSError("no route to host")
    assert row(cloud) == ("Book", "pending")


def test_the_failure_of_the_work_is_raised_when_the_release_fails_too(
    cloud: Cloud, alice: User, logged: Callable[[], str]
) -> None:
    def fail(_connection: Connection, _claim: Lease) -> None:
        raise ConnectionError("the database is down")

    with pytest.raises(OSError, match="no route"), lease.hold(insert_claimed(cloud, alice), fail):
        raise OSError("no route to host")
    assert "lease not released" in logged()
    assert row(cloud) == ("Book", "inspecting")


def test_a_lease_stays_when_the_work_succeeds(cloud: Cloud, alice: User) -> None:
    with lease.hold(insert_claimed(cloud, alice), release):
        pass
    assert row(cloud) == ("Book", "inspecting")


def test_a_lost_lease_ends_the_work_quietly_and_is_not_released(cloud: Cloud, alice: User) -> None:
    claim = insert_claimed(cloud, alice)
    cloud.owner.execute("UPDATE media SET fence = fence + 1")
    with lease.hold(claim, release):
        write_title(claim, "too late")
    assert row(cloud) == ("Book", "inspecting")


def test_a_sweep_skips_accounts_that_are_being_erased(cloud: Cloud, alice: User, bob: User, sweeping: Sweeping) -> None:
    for user in (alice, bob):
        insert_media(cloud, user, status="pending")
    cloud.owner.execute("INSERT INTO erasures (id, owner_id, pseudonym) VALUES (gen_random_uuid(), %s, '')", [alice.id])

    def insert(owner_id: UUID) -> UUID:
        with database.transaction(owner_id) as connection:
            connection.execute(
                "INSERT INTO object_deletions (id, owner_id, key) VALUES (gen_random_uuid(), %s, 'x')", [owner_id]
            )
        return owner_id

    with sweeping():
        owners = lease.for_each(
            lambda connection: [row[0] for row in connection.execute("SELECT owner_id FROM media")], insert
        )
    assert owners == [bob.id]
