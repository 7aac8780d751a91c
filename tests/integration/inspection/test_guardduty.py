"""Uploads with GuardDuty: its events in every order, late, twice, lost and contradictory."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.inspection.antivirus import guardduty
from chalicelib.maintenance import object_deletions
from chalicelib.platform import config
from chalicelib.uploads import reconcile
from tests.integration.conftest import (
    Cloud,
    Platform,
    Sweeping,
    User,
    WorkerDiedError,
    die,
    intercept_s3,
    object_created_event,
)
from tests.integration.uploads.test_uploads import PROGRAM, TEXT, get, keys, quota, start

CLEAN, THREATS = guardduty.CLEAN_STATUS, "THREATS_FOUND"


@pytest.fixture(autouse=True)
def scanned_by_guardduty(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloud  # its settings are set first
    monkeypatch.setenv("AV_ENGINE", "guardduty")
    config.settings.cache_clear()


class Upload:
    """An upload with content, and GuardDuty's results about it."""

    def __init__(self, platform: Platform, user: User, content: bytes = TEXT) -> None:
        self.platform, self.user = platform, user
        self.id: str = start(platform.client, user, content).json_body["media"]["id"]
        self.key = f"uploads/{user.id}/{self.id}"
        self.version = self.put(content)

    def put(self, content: bytes) -> Any:
        """Store a new version under the same key."""
        return self.platform.cloud.s3.put_object(Bucket="incoming", Key=self.key, Body=content)

    def tag(self, status: str) -> None:
        self.platform.cloud.s3.put_object_tagging(
            Bucket="incoming", Key=self.key, Tagging={"TagSet": [{"Key": guardduty.SCAN_STATUS_TAG, "Value": status}]}
        )

    def event(self, status: str, version: Any = None) -> str:
        """Return GuardDuty's event, as EventBridge sends it to the queue."""
        scanned = version or self.version
        threats = [{"name": "Test.Threat"}] if status == THREATS else None
        return json.dumps(
            {
                "version": "0",
                "id": "72c7d362-737a-6dce-fc78-9e27a0171419",
                "detail-type": "GuardDuty Malware Protection Object Scan Result",
                "source": "aws.guardduty",
                "account": "111122223333",
                "time": "2026-11-22T18:00:00Z",
                "region": "us-east-1",
                "resources": ["arn:aws:guardduty:us-east-1:111122223333:malware-protection-plan/b4c7f464ab3a4EXAMPLE"],
                "detail": {
                    "schemaVersion": "1.0",
                    "scanStatus": "COMPLETED" if status in {CLEAN, THREATS} else "SKIPPED",
                    "resourceType": "S3_OBJECT",
                    "s3ObjectDetails": {
                        "bucketName": "incoming",
                        "objectKey": self.key,
                        "eTag": scanned["ETag"].strip('"'),
                        "versionId": scanned["VersionId"],
                        "s3Throttled": False,
                    },
                    "scanResultDetails": {"scanResultStatus": status, "threats": threats},
                },
            }
        )

    def deliver(self, *bodies: str) -> None:
        for body in bodies:
            assert self.platform.deliver("ingest", [body]) == []

    @property
    def arrival(self) -> str:
        return object_created_event(self.key)

    @property
    def media(self) -> dict[str, Any]:
        return get(self.platform.client, self.user, self.id)

    @property
    def status(self) -> str:
        return str(self.media["status"])

    def url_status(self) -> int:
        path = f"/v1/media/{self.id}/url"
        return int(self.platform.client.http.get(path, headers=self.user.headers).status_code)


@pytest.fixture
def pending_upload(platform: Platform, alice: User) -> Upload:
    return Upload(platform, alice)


def test_an_upload_waits_unreadable_until_guardduty_says_clean(pending_upload: Upload, cloud: Cloud) -> None:
    pending_upload.deliver(pending_upload.arrival)
    assert pending_upload.status == "inspecting"
    assert pending_upload.url_status() == 409
    assert keys(cloud, "library") == set()
    pending_upload.deliver(pending_upload.event(CLEAN))
    assert pending_upload.status == "ready"
    assert pending_upload.url_status() == 200
    assert keys(cloud, "incoming") == set()


# The events in the order of delivery, and the outcome of the upload.
DELIVERIES: dict[str, tuple[list[str], str]] = {
    "the verdict before the arrival": ([CLEAN, "arrival"], "ready"),
    "every event twice": (["arrival", "arrival", CLEAN, CLEAN, "arrival"], "ready"),
    "malware": (["arrival", THREATS], "malware:Test.Threat"),
    "malware before the arrival": ([THREATS, "arrival"], "malware:Test.Threat"),
    "malware, then clean": (["arrival", THREATS, CLEAN], "malware:Test.Threat"),
    "clean, then malware": (["arrival", CLEAN, THREATS], "malware:Test.Threat"),
    "clean twice, then malware twice": (["arrival", CLEAN, CLEAN, THREATS, THREATS], "malware:Test.Threat"),
    "not supported": (["arrival", "UNSUPPORTED"], "not_scanned"),
    "not supported, then clean": (["arrival", "UNSUPPORTED", CLEAN], "not_scanned"),
    "access denied": (["arrival", "ACCESS_DENIED"], "not_scanned"),
    "failed": (["arrival", "FAILED"], "not_scanned"),
    "an unknown status": (["arrival", "PROBABLY_FINE"], "not_scanned"),
    "clean, then a scan of the deleted object": (["arrival", CLEAN, "ACCESS_DENIED"], "ready"),
}


@pytest.mark.parametrize(("events", "outcome"), DELIVERIES.values(), ids=DELIVERIES.keys())
def test_the_worst_verdict_wins_in_whatever_order(
    pending_upload: Upload, alice: User, cloud: Cloud, events: list[str], outcome: str
) -> None:
    pending_upload.deliver(
        *(pending_upload.arrival if event == "arrival" else pending_upload.event(event) for event in events)
    )
    media = pending_upload.media
    if outcome == "ready":
        assert (media["status"], media["rejection"]) == ("ready", None)
        assert quota(cloud, alice) == (len(TEXT), 1)
    else:
        assert (media["status"], media["rejection"]["code"]) == ("rejected", outcome)
        assert pending_upload.url_status() == 409
        assert quota(cloud, alice) == (0, 0)
        assert keys(cloud, "incoming") == set()


def test_malware_found_after_acceptance_rejects_the_media_and_deletes_its_objects(
    pending_upload: Upload, alice: User, cloud: Cloud, platform: Platform, sweeping: Sweeping
) -> None:
    pending_upload.deliver(pending_upload.arrival, pending_upload.event(CLEAN))
    assert keys(cloud, "library") != set()
    pending_upload.deliver(pending_upload.event(THREATS))
    assert (pending_upload.status, pending_upload.url_status()) == ("rejected", 409)
    search = platform.client.http.get("/v1/search?q=lighthouse", headers=alice.headers).json_body
    assert search["items"] == []
    cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
    with sweeping():
        assert object_deletions.process(limit=100) > 0
    assert keys(cloud, "library") == set()
    trail = platform.client.http.get("/v1/account/audit", headers=alice.headers).json_body["items"]
    assert {"upload.accepted", "upload.rejected"} <= {event["action"] for event in trail}


def test_malware_found_later_rejects_media_in_the_trash(
    pending_upload: Upload, platform: Platform, alice: User
) -> None:
    pending_upload.deliver(pending_upload.arrival, pending_upload.event(CLEAN))
    platform.client.http.delete(f"/v1/media/{pending_upload.id}", headers=alice.headers)
    pending_upload.deliver(pending_upload.event(THREATS))
    assert pending_upload.status == "rejected"
    restored = platform.client.http.post(f"/v1/media/{pending_upload.id}/restore", headers=alice.headers, body=b"")
    assert restored.status_code == 409


def test_a_result_counts_for_its_version_only(pending_upload: Upload) -> None:
    second = pending_upload.put(TEXT[::-1])
    pending_upload.deliver(pending_upload.arrival, pending_upload.event(CLEAN))
    assert pending_upload.status == "inspecting", "the object is now another version"
    pending_upload.deliver(pending_upload.event(CLEAN, {**second, "ETag": pending_upload.version["ETag"]}))
    assert pending_upload.status == "inspecting", "the ETag is of another version"
    pending_upload.deliver(pending_upload.event(CLEAN, second))
    assert pending_upload.status == "ready"
    pending_upload.deliver(pending_upload.event(THREATS, {**pending_upload.version, "VersionId": "another"}))
    assert pending_upload.status == "ready", "that version was never clean"


def test_malware_reported_during_the_inspection_wins(pending_upload: Upload, cloud: Cloud, alice: User) -> None:
    def report_malware(**_: object) -> None:
        cloud.owner.execute(
            "INSERT INTO scan_results VALUES (%s, %s, %s, %s, %s, 'infected', 'Test.Threat')",
            [
                pending_upload.id,
                alice.id,
                pending_upload.key,
                pending_upload.version["VersionId"],
                pending_upload.version["ETag"].strip('"'),
            ],
        )

    with intercept_s3("CopyObject", report_malware):
        pending_upload.deliver(pending_upload.event(CLEAN))
    assert pending_upload.media["rejection"]["code"] == "malware:Test.Threat"
    assert quota(cloud, alice) == (0, 0)


def test_the_tag_replaces_a_lost_event(
    pending_upload: Upload, platform: Platform, cloud: Cloud, sweeping: Sweeping
) -> None:
    pending_upload.deliver(pending_upload.arrival)
    pending_upload.tag(CLEAN)
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 hour'")
    with sweeping():
        assert reconcile.reconcile().requeued == 1
    platform.run()
    assert pending_upload.status == "ready"
    original = f"media/{pending_upload.user.id}/{pending_upload.id}/original"
    assert cloud.s3.get_object_tagging(Bucket="library", Key=original)["TagSet"] == []


def test_a_tag_with_malware_wins_over_a_clean_event(pending_upload: Upload) -> None:
    pending_upload.tag(THREATS)
    pending_upload.deliver(pending_upload.event(CLEAN))
    assert pending_upload.media["rejection"]["code"] == f"malware:{THREATS}"


def test_without_a_result_the_sweep_requeues_and_finally_rejects(
    pending_upload: Upload, platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    pending_upload.deliver(pending_upload.arrival)
    for _ in range(2):
        cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 hour'")
        with sweeping():
            assert reconcile.reconcile().requeued == 1
        platform.run()
        assert pending_upload.status == "inspecting"
    cloud.owner.execute(
        "UPDATE media SET created_at = now() - interval '25 hours', lease_until = now() - interval '1 hour'"
    )
    with sweeping():
        assert reconcile.reconcile().given_up == 1
    assert pending_upload.media["rejection"]["code"] == "inspection_failed"
    assert (keys(cloud, "incoming"), quota(cloud, alice)) == (set(), (0, 0))
    pending_upload.deliver(pending_upload.event(CLEAN))
    assert pending_upload.status == "rejected", "too late"


def test_a_clean_result_does_not_replace_the_inspection(platform: Platform, alice: User) -> None:
    program = Upload(platform, alice, PROGRAM)
    program.deliver(program.arrival, program.event(CLEAN))
    assert program.media["rejection"]["code"] == "type_mismatch"


def test_another_worker_completes_after_one_dies_behind_the_verdict(pending_upload: Upload, cloud: Cloud) -> None:
    with intercept_s3("CopyObject", die), pytest.raises(WorkerDiedError):
        pending_upload.deliver(pending_upload.event(CLEAN))
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 s'")
    pending_upload.deliver(pending_upload.event(CLEAN))
    assert pending_upload.status == "ready"


def test_events_about_other_objects_are_acknowledged(
    pending_upload: Upload, cloud: Cloud, alice: User, bob: User
) -> None:
    event = json.loads(pending_upload.event(THREATS))
    for key in (
        "",
        "elsewhere",
        f"uploads/{bob.id}/{pending_upload.id}",
        f"uploads/{alice.id}/{alice.id}",
        "uploads/../x",
    ):
        event["detail"]["s3ObjectDetails"]["objectKey"] = key
        pending_upload.deliver(json.dumps(event))
    pending_upload.deliver(json.dumps({**event, "detail-type": "GuardDuty Malware Protection Post Scan Action Failed"}))
    row = cloud.owner.execute("SELECT count(*) FROM scan_results").fetchone()
    assert row == (0,)
    pending_upload.deliver(pending_upload.arrival, pending_upload.event(CLEAN))
    assert pending_upload.status == "ready"


def test_health_reports_the_scanner_as_external(platform: Platform) -> None:
    health = platform.client.http.get("/health").json_body
    assert (health["status"], health["services"]["antivirus"]["status"]) == ("healthy", "external")


def test_scan_results_are_deleted_with_their_media(
    pending_upload: Upload, platform: Platform, cloud: Cloud, alice: User, logged: Callable[[], str]
) -> None:
    pending_upload.deliver(pending_upload.arrival, pending_upload.event(CLEAN))
    platform.client.http.delete(f"/v1/media/{pending_upload.id}?permanent=true", headers=alice.headers)
    assert cloud.owner.execute("SELECT count(*) FROM scan_results").fetchone() == (0,)
    pending_upload.deliver(pending_upload.event(THREATS))
    assert "failed" not in logged()
