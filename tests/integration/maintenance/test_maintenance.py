"""Maintenance by the sweep: counters are corrected, retention is applied, and no failure delays the other steps."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from moto.s3.models import s3_backends

from chalicelib.maintenance import audit_verification, orphans, quota_reconciliation
from chalicelib.maintenance.changed_owners import OwnerScan
from chalicelib.platform import config
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.uploads import reconcile as uploads
from tests.integration.account.test_erasure import erase_account
from tests.integration.audit.test_audit import record
from tests.integration.conftest import Cloud, Platform, Sweeping, User, intercept_s3
from tests.integration.exports.test_account_exports import request_export
from tests.integration.speech.test_speech import start as request_speech
from tests.integration.uploads.test_uploads import TEXT, get, quota, start, upload
from tests.support.media_rows import LONG_AGO, insert_media, request

SWEEP = {"id": "1", "account": "1", "region": "us-east-1", "time": "2026-01-01T00:00:00Z", "source": "aws.events",
         "version": "0", "detail-type": "Scheduled Event", "resources": [], "detail": {}}  # fmt: skip


def put(cloud: Cloud, bucket: str, key: str, *, days: float = 2) -> str:
    """Put an object of this age."""
    cloud.s3.put_object(Bucket=bucket, Key=key, Body=b"bytes")
    age(bucket, days=days)
    return key


def age(bucket: str, *, days: float) -> None:
    (backend,) = (backend for account in s3_backends.values() for backend in account.values() if backend.buckets)
    for key in backend.buckets[bucket].keys.values():
        key.last_modified = (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None)


def start_scans_again(cloud: Cloud, *, days: int = 8) -> None:
    """Age the last scans, so that the next ones are due."""
    cloud.owner.execute("UPDATE sweep_rounds SET began_at = began_at - make_interval(days => %s)", [days])


def sweep(platform: Platform, sweeping: Sweeping) -> dict[str, int]:
    """Run the whole sweep; return its counts that are not zero."""
    with sweeping():
        counts: dict[str, int] = platform.client.lambda_.invoke("sweep", SWEEP).payload
    return {name: number for name, number in counts.items() if number}


# ---- the quota ---------------------------------------------------------------------------------------------------------------


def settle(cloud: Cloud, *owners: User) -> None:
    """Age the last change of owners, of all by default: the sweep leaves younger ones for its next run."""
    cloud.owner.execute(
        """UPDATE audit_heads SET changed_at = changed_at - interval '10 minutes'
           WHERE owner_id = ANY(%(owners)s) OR %(owners)s = '{}'""",
        {"owners": [owner.id for owner in owners]},
    )


def test_wrong_quota_counters_are_corrected(
    platform: Platform, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping, logged: Callable[[], str]
) -> None:
    upload(platform, alice, TEXT)
    start(platform.client, alice, TEXT)
    upload(platform, alice, b"\x00\x01" * 50)
    insert_media(cloud, alice, status="trashed", size_bytes=7)
    upload(platform, bob, TEXT)
    correct = quota(cloud, alice), quota(cloud, bob)
    settle(cloud)
    with sweeping():
        assert quota_reconciliation.reconcile_quota().found == 0
    cloud.owner.execute(
        "UPDATE accounts SET stored_bytes = stored_bytes + 5, stored_items = 1 WHERE owner_id = %s", [alice.id]
    )
    record(alice, 1)
    settle(cloud, alice)
    with sweeping():
        assert quota_reconciliation.reconcile_quota().found == 1
    assert (quota(cloud, alice), quota(cloud, bob)) == correct == ((2 * len(TEXT) + 7, 3), (len(TEXT), 1))
    (line,) = [json.loads(line) for line in logged().splitlines() if '"quota corrected"' in line]
    assert (line["owner_id"], line["bytes_off"], line["items_off"]) == (str(alice.id), 5, -2)


def test_only_accounts_that_changed_are_counted(cloud: Cloud, alice: User, bob: User, sweeping: Sweeping) -> None:
    insert_owners(cloud, 500)
    with sweeping():
        assert quota_reconciliation.reconcile_quota() == OwnerScan()
    cloud.owner.execute("UPDATE accounts SET stored_items = 7")
    record(alice, 1)
    record(bob, 1)
    settle(cloud, alice, bob)
    cloud.owner.execute("INSERT INTO accounts (owner_id, stored_items) VALUES (%s, 7), (%s, 7)", [alice.id, bob.id])
    with sweeping():
        assert [quota_reconciliation.reconcile_quota().found for _ in range(2)] == [2, 0]


def test_a_change_of_a_moment_ago_is_left_for_the_next_run(cloud: Cloud, alice: User, sweeping: Sweeping) -> None:
    """A transaction that is still open may commit an older one."""
    record(alice, 1)
    cloud.owner.execute("INSERT INTO accounts (owner_id, stored_items) VALUES (%s, 7)", [alice.id])
    with sweeping():
        assert quota_reconciliation.reconcile_quota().found == 0
    settle(cloud)
    with sweeping():
        assert quota_reconciliation.reconcile_quota().found == 1


def insert_owners(cloud: Cloud, number: int) -> None:
    """Insert accounts whose last change is settled."""
    cloud.owner.execute(
        """WITH owners AS (INSERT INTO accounts (owner_id) SELECT gen_random_uuid() FROM generate_series(1, %s)
                           RETURNING owner_id)
           INSERT INTO audit_heads (owner_id, changed_at) SELECT owner_id, now() - interval '1 hour' FROM owners""",
        [number],
    )


# ---- audit trails --------------------------------------------------------------------------------------------------------------


def test_only_new_events_of_trails_that_changed_are_verified(
    cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    for user in (alice, bob):
        record(user, 4)
    settle(cloud)
    with sweeping():
        assert audit_verification.check().found == 0
    checks = dict(cloud.owner.execute("SELECT owner_id, number FROM audit_checks").fetchall())
    assert checks == {alice.id: 4, bob.id: 4}
    cloud.owner.execute("UPDATE audit_events SET detail = '{}' WHERE number = 2")
    for user in (alice, bob):
        record(user, 2)
        settle(cloud, user)
    cloud.owner.execute("UPDATE audit_events SET detail = '{}' WHERE number = 6 AND owner_id = %s", [bob.id])
    with sweeping():
        assert audit_verification.check().found == 1, "the new event of one; old ones are read once a month"
        start_scans_again(cloud, days=31)
        assert audit_verification.check().found == 2


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit_events WHERE number = 4",
        "UPDATE audit_events SET hash = sha256('') WHERE number = 4",
        "DELETE FROM audit_events WHERE number = 5",
        "UPDATE audit_heads SET number = 4, hash = (SELECT hash FROM audit_events WHERE number = 4)",
        "DELETE FROM audit_events; UPDATE audit_heads SET number = 0, hash = ''",
    ],
)
def test_a_trail_that_was_shortened_or_rewritten_since_it_was_verified_is_found(
    cloud: Cloud, alice: User, sweeping: Sweeping, tampering: str
) -> None:
    record(alice, 4)
    settle(cloud)
    with sweeping():
        assert audit_verification.check().found == 0
    record(alice, 2)
    settle(cloud)
    cloud.owner.execute(tampering.encode())
    with sweeping():
        assert audit_verification.check().found == 1


def test_a_trail_of_any_length_is_verified_in_parts(
    cloud: Cloud, alice: User, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_verification, "EVENTS_PER_READ", 3)
    clock = iter(range(0, 100_000, 25))
    record(alice, 9)
    cloud.owner.execute("UPDATE audit_events SET detail = '{}' WHERE number = 8")
    with sweeping(), monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: next(clock))
        results = [audit_verification.check().found for _ in range(8)]
    assert sorted(results) == [0, 0, 0, 0, 0, 0, 0, 1]


def test_a_slow_run_leaves_the_rest_for_the_next(
    cloud: Cloud, sweeping: Sweeping, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock advances by a minute at each reading."""
    clock = iter(range(0, 100_000, 60))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    cloud.owner.execute(
        "INSERT INTO audit_heads (owner_id, number) SELECT gen_random_uuid(), 1 FROM generate_series(1, 3)"
    )
    for _ in range(5):
        put(cloud, "library", f"media/{alice.id}/{uuid4()}/original")
    with sweeping():
        assert sorted(audit_verification.check().found for _ in range(6)) == [0, 0, 0, 1, 1, 1]
        assert [orphans.delete_orphans(Bucket.LIBRARY).removed for _ in range(4)] == [2, 2, 1, 0]


# ---- retention -----------------------------------------------------------------------------------------------------------------


def make_expired_rows(cloud: Cloud, alice: User, bob: User) -> dict[str, Callable[[], int]]:
    """Insert rows of each kind with a retention, a hundred hours old. Return functions that count what remains."""

    def counter(statement: str, *values: object) -> Callable[[], int]:
        return lambda: cloud.owner.execute(statement.encode(), values).fetchone()[0]  # type: ignore[index]

    for user in (alice, bob):
        insert_media(cloud, user, status="trashed")
        insert_media(cloud, user, status="rejected")
        insert_media(cloud, user, status="expired")
    since = "now() - interval '100 hours'"
    cloud.owner.execute(f"UPDATE media SET updated_at = {since}, trashed_at = {since} WHERE trashed_at IS NOT NULL")  # noqa: S608
    cloud.owner.execute(f"UPDATE media SET updated_at = {since}")  # noqa: S608
    for user in (alice, bob):
        cloud.owner.execute(
            f"""INSERT INTO idempotency_keys (owner_id, key, fingerprint, new_id, lease_until, created_at)
                VALUES (%s, 'k', '', gen_random_uuid(), now(), {since})""",  # noqa: S608
            [user.id],
        )
    return {
        "TRASH_DAYS": counter("SELECT count(*) FROM media WHERE status = 'trashed'"),
        "REFUSED_DAYS": counter("SELECT count(*) FROM media WHERE status IN ('rejected', 'expired')"),
        "IDEMPOTENCY_HOURS": counter("SELECT count(*) FROM idempotency_keys"),
    }


@pytest.mark.parametrize(
    ("setting", "longer", "shorter"),
    [("TRASH_DAYS", "5", "4"), ("REFUSED_DAYS", "5", "4"), ("IDEMPOTENCY_HOURS", "101", "99")],
)
def test_retention_is_a_setting(
    platform: Platform, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch,
    setting: str, longer: str, shorter: str,
) -> None:  # fmt: skip
    count_remaining = make_expired_rows(cloud, alice, bob)[setting]
    before = count_remaining()
    monkeypatch.setenv("IDEMPOTENCY_HOURS", "1000")
    monkeypatch.setenv(setting, longer)
    sweep(platform, sweeping)
    assert count_remaining() == before >= 2
    monkeypatch.setenv(setting, shorter)
    sweep(platform, sweeping)
    assert count_remaining() == 0
    for user in (alice, bob):
        assert quota(cloud, user)[1] >= 0


def test_a_run_forgets_all_that_has_expired_however_much(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    cloud.owner.execute(
        """INSERT INTO idempotency_keys (owner_id, key, fingerprint, new_id, lease_until, created_at)
           SELECT %s, n, '', gen_random_uuid(), now(), now() - interval '2 days' FROM generate_series(1, 12_000) AS n""",
        [alice.id],
    )
    with cloud.owner.transaction():
        cloud.owner.execute("SET LOCAL session_replication_role = replica")  # without the trigger that sets the time
        cloud.owner.execute(
            """WITH events AS (
                   INSERT INTO audit_events (owner_id, number, at, actor, action, hash)
                   SELECT gen_random_uuid(), 1, now() - interval '400 days', 'owner', 'x', '' FROM generate_series(1, 250)
                   RETURNING owner_id)
               INSERT INTO audit_heads (owner_id, number) SELECT owner_id, 1 FROM events"""
        )
    counts = sweep(platform, sweeping)
    assert (counts["idempotency_forgotten"], counts["audit_forgotten"]) == (12_000, 250)


def test_retention_of_exports_is_a_setting(platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_DAYS", "3")
    config.settings.cache_clear()
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    done = request(platform.client, alice, "GET", f"/v1/account/export/{export_id}").json_body
    retention = datetime.fromisoformat(done["expires_at"]) - datetime.fromisoformat(done["finished_at"])
    assert retention == timedelta(days=3)


# ---- the whole sweep -----------------------------------------------------------------------------------------------------------


def test_a_run_publishes_the_counts_that_are_not_zero_as_metrics(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.owner.execute("SELECT app.maintain_partitions()")  # a month may have begun since the database was made
    put(cloud, "library", f"media/{alice.id}/{uuid4()}/original")
    insert_media(cloud, alice)
    capsys.readouterr()
    assert sweep(platform, sweeping) == {"library_removed": 1, "objects_missing": 1}
    metrics = published(capsys)
    assert metrics["objects_missing"] == [1.0]
    assert not {"chains_broken", "sweep_steps_failed"} & metrics.keys()  # a series of zeros would cost as much
    assert metrics["library_removed"] == [1.0]


def published(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the metrics of a run, the dimensions of `swept` by their names."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return {key: value for line in lines for key, value in line.items()} | {
        line["what"]: line["swept"] for line in lines if "what" in line
    }


def test_a_failing_step_stops_no_other_and_is_reported_at_the_end(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, capsys: pytest.CaptureFixture[str]
) -> None:
    insert_media(cloud, alice, status="trashed")

    def broken(**_: object) -> None:
        raise OSError("no route to host")

    with (
        intercept_s3("ListObjectsV2", broken),
        pytest.raises(Exception, match=r"These steps failed: incoming, library, chains$"),
    ):
        sweep(platform, sweeping)
    metrics = published(capsys)
    assert (metrics["sweep_steps_failed"], metrics["trash_purged"]) == ([3.0], [1.0])


def make_due_work(platform: Platform, cloud: Cloud, user: User) -> dict[str, Any]:
    """Make work for every step."""
    media = upload(platform, user, TEXT)
    job = request_speech(platform.client, user, media["id"], end=40).json_body["id"]
    never = start(platform.client, user, TEXT).json_body["media"]["id"]
    failing = start(platform.client, user, TEXT).json_body["media"]["id"]
    exported = request_export(platform.client, user).json_body["id"]
    for queue, _ in platform.FUNCTIONS:
        cloud.messages(queue)
    insert_media(cloud, user, status="trashed")
    insert_media(cloud, user, status="rejected", updated_at=LONG_AGO)
    put(cloud, "library", f"media/{user.id}/{uuid4()}/original")
    cloud.owner.execute(
        "UPDATE media SET created_at = %s, upload_expires_at = %s WHERE id IN (%s, %s)",
        [LONG_AGO, LONG_AGO, never, failing],
    )
    cloud.owner.execute("UPDATE media SET status = 'inspecting', lease_until = %s WHERE id = %s", [LONG_AGO, failing])
    cloud.owner.execute("UPDATE speech_jobs SET updated_at = %s WHERE id = %s", [LONG_AGO, job])
    cloud.owner.execute("UPDATE exports SET expires_at = now(), updated_at = %s WHERE id = %s", [LONG_AGO, exported])
    cloud.owner.execute("UPDATE accounts SET stored_items = stored_items + 1 WHERE owner_id = %s", [user.id])
    return {"never": never, "failing": failing}


def test_an_account_that_is_being_erased_delays_no_other(
    platform: Platform, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    media_ids = [make_due_work(platform, cloud, user) for user in (alice, bob)]
    erase_account(platform.client, alice)
    settle(cloud)
    counts = sweep(platform, sweeping)
    assert counts["quota_corrected"] >= 1
    assert get(platform.client, bob, media_ids[1]["never"])["status"] == "expired"
    assert get(platform.client, bob, media_ids[1]["failing"])["status"] == "rejected"
    assert counts["trash_purged"] == counts["refused_forgotten"] == 1


def test_work_beyond_a_run_is_left_for_the_next(cloud: Cloud, alice: User, sweeping: Sweeping) -> None:
    for _ in range(uploads.MAX_PER_RUN + 2):
        insert_media(cloud, alice, id=uuid4(), status="pending", created_at=LONG_AGO, upload_expires_at=LONG_AGO)
    with sweeping():
        assert uploads.reconcile().expired == uploads.MAX_PER_RUN
        assert uploads.reconcile().expired == 2
