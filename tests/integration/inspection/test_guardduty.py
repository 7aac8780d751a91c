"""An upload and GuardDuty: its events as EventBridge sends them, in every order, late, twice, lost, and at odds."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.inspection.antivirus import guardduty
from chalicelib.maintenance import object_deletions
from chalicelib.platform import config
from chalicelib.uploads import reconcile
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDied, arrival, at_storage, die
from tests.integration.uploads.test_uploads import PROGRAM, TEXT, get, keys, quota, start

CLEAN, THREATS = guardduty.CLEAN_STATUS, "THREATS_FOUND"


@pytest.fixture(autouse=True)
def scanned_by_guardduty(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloud  # its settings come first
    monkeypatch.setenv("AV_ENGINE", "guardduty")
    config.settings.cache_clear()


class Upload:
    """One upload whose bytes have come, and GuardDuty's view of it."""

    def __init__(self, platform: Platform, user: User, content: bytes = TEXT) -> None:
        self.platform, self.user = platform, user
        self.id: str = start(platform.client, user, content).json_body["media"]["id"]
        self.key = f"uploads/{user.id}/{self.id}"
        self.version = self.put(content)

    def put(self, content: bytes) -> Any:
        """A new version under the same key."""
        return self.platform.cloud.s3.put_object(Bucket="incoming", Key=self.key, Body=content)

    def tag(self, word: str) -> None:
        self.platform.cloud.s3.put_object_tagging(
            Bucket="incoming", Key=self.key, Tagging={"TagSet": [{"Key": guardduty.SCAN_STATUS_TAG, "Value": word}]}
        )

    def event(self, word: str, version: Any = None) -> str:
        """GuardDuty's event, as EventBridge puts it into the queue."""
        about = version or self.version
        threats = [{"name": "Test.Threat"}] if word == THREATS else None
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
                    "scanStatus": "COMPLETED" if word in {CLEAN, THREATS} else "SKIPPED",
                    "resourceType": "S3_OBJECT",
                    "s3ObjectDetails": {
                        "bucketName": "incoming",
                        "objectKey": self.key,
                        "eTag": about["ETag"].strip('"'),
                        "versionId": about["VersionId"],
                        "s3Throttled": False,
                    },
                    "scanResultDetails": {"scanResultStatus": word, "threats": threats},
                },
            }
        )

    def deliver(self, *bodies: str) -> None:
        for body in bodies:
            assert self.platform.deliver("ingest", [body]) == []

    @property
    def arrived(self) -> str:
        return arrival(self.key)

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
def rock(platform: Platform, alice: User) -> Upload:
    return Upload(platform, alice)


def test_an_upload_waits_unreadable_until_guardduty_says_clean(rock: Upload, cloud: Cloud) -> None:
    rock.deliver(rock.arrived)
    assert rock.status == "inspecting"
    assert rock.url_status() == 409
    assert keys(cloud, "library") == set()
    rock.deliver(rock.event(CLEAN))
    assert rock.status == "ready"
    assert rock.url_status() == 200
    assert keys(cloud, "incoming") == set()


# What is delivered, in this order, and what becomes of the upload.
ORDERS: dict[str, tuple[list[str], str]] = {
    "the verdict before the arrival": ([CLEAN, "arrival"], "ready"),
    "everything twice": (["arrival", "arrival", CLEAN, CLEAN, "arrival"], "ready"),
    "malware": (["arrival", THREATS], "malware:Test.Threat"),
    "malware before the arrival": ([THREATS, "arrival"], "malware:Test.Threat"),
    "malware, then clean": (["arrival", THREATS, CLEAN], "malware:Test.Threat"),
    "clean, then malware": (["arrival", CLEAN, THREATS], "malware:Test.Threat"),
    "clean twice, then malware twice": (["arrival", CLEAN, CLEAN, THREATS, THREATS], "malware:Test.Threat"),
    "not supported": (["arrival", "UNSUPPORTED"], "not_scanned"),
    "not supported, then clean": (["arrival", "UNSUPPORTED", CLEAN], "not_scanned"),
    "access denied": (["arrival", "ACCESS_DENIED"], "not_scanned"),
    "failed": (["arrival", "FAILED"], "not_scanned"),
    "a word nobody knows": (["arrival", "PROBABLY_FINE"], "not_scanned"),
    "clean, then a scan of what we have deleted": (["arrival", CLEAN, "ACCESS_DENIED"], "ready"),
}


@pytest.mark.parametrize(("told", "outcome"), ORDERS.values(), ids=ORDERS.keys())
def test_the_worst_verdict_wins_in_whatever_order(
    rock: Upload, alice: User, cloud: Cloud, told: list[str], outcome: str
) -> None:
    rock.deliver(*(rock.arrived if each == "arrival" else rock.event(each) for each in told))
    media = rock.media
    if outcome == "ready":
        assert (media["status"], media["rejection"]) == ("ready", None)
        assert quota(cloud, alice) == (len(TEXT), 1)
    else:
        assert (media["status"], media["rejection"]["code"]) == ("rejected", outcome)
        assert rock.url_status() == 409
        assert quota(cloud, alice) == (0, 0)
        assert keys(cloud, "incoming") == set()


def test_what_was_accepted_and_is_malware_after_all_is_taken_back_with_its_bytes(
    rock: Upload, alice: User, cloud: Cloud, platform: Platform, sweeping: Sweeping
) -> None:
    rock.deliver(rock.arrived, rock.event(CLEAN))
    assert keys(cloud, "library") != set()
    rock.deliver(rock.event(THREATS))
    assert (rock.status, rock.url_status()) == ("rejected", 409)
    search = platform.client.http.get("/v1/search?q=lighthouse", headers=alice.headers).json_body
    assert search["items"] == []
    cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
    with sweeping():
        assert object_deletions.process(limit=100) > 0
    assert keys(cloud, "library") == set()
    trail = platform.client.http.get("/v1/account/audit", headers=alice.headers).json_body["items"]
    assert {"upload.accepted", "upload.rejected"} <= {event["action"] for event in trail}


def test_what_lies_in_the_trash_is_taken_back_too(rock: Upload, platform: Platform, alice: User) -> None:
    rock.deliver(rock.arrived, rock.event(CLEAN))
    platform.client.http.delete(f"/v1/media/{rock.id}", headers=alice.headers)
    rock.deliver(rock.event(THREATS))
    assert rock.status == "rejected"
    restored = platform.client.http.post(f"/v1/media/{rock.id}/restore", headers=alice.headers, body=b"")
    assert restored.status_code == 409


def test_a_verdict_counts_for_its_version_only(rock: Upload) -> None:
    second = rock.put(TEXT[::-1])
    rock.deliver(rock.arrived, rock.event(CLEAN))
    assert rock.status == "inspecting", "what is there now is another version"
    rock.deliver(rock.event(CLEAN, {**second, "ETag": rock.version["ETag"]}))
    assert rock.status == "inspecting", "the ETag is another's"
    rock.deliver(rock.event(CLEAN, second))
    assert rock.status == "ready"
    rock.deliver(rock.event(THREATS, {**rock.version, "VersionId": "another"}))
    assert rock.status == "ready", "nobody called that version clean"


def test_malware_that_is_told_while_we_inspect_wins(rock: Upload, cloud: Cloud, alice: User) -> None:
    def tell(**_: object) -> None:
        cloud.owner.execute(
            "INSERT INTO scan_results VALUES (%s, %s, %s, %s, %s, 'infected', 'Test.Threat')",
            [rock.id, alice.id, rock.key, rock.version["VersionId"], rock.version["ETag"].strip('"')],
        )

    with at_storage("CopyObject", tell):
        rock.deliver(rock.event(CLEAN))
    assert rock.media["rejection"]["code"] == "malware:Test.Threat"
    assert quota(cloud, alice) == (0, 0)


def test_a_lost_event_is_made_up_for_by_the_tag(
    rock: Upload, platform: Platform, cloud: Cloud, sweeping: Sweeping
) -> None:
    rock.deliver(rock.arrived)
    rock.tag(CLEAN)
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 hour'")
    with sweeping():
        assert reconcile.reconcile().requeued == 1
    platform.run()
    assert rock.status == "ready"
    original = f"media/{rock.user.id}/{rock.id}/original"
    assert cloud.s3.get_object_tagging(Bucket="library", Key=original)["TagSet"] == []


def test_a_tag_that_says_malware_wins_over_an_event_that_says_clean(rock: Upload) -> None:
    rock.tag(THREATS)
    rock.deliver(rock.event(CLEAN))
    assert rock.media["rejection"]["code"] == f"malware:{THREATS}"


def test_without_any_verdict_the_sweep_asks_again_and_gives_up_in_the_end(
    rock: Upload, platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    rock.deliver(rock.arrived)
    for _ in range(2):
        cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 hour'")
        with sweeping():
            assert reconcile.reconcile().requeued == 1
        platform.run()
        assert rock.status == "inspecting"
    cloud.owner.execute(
        "UPDATE media SET created_at = now() - interval '25 hours', lease_until = now() - interval '1 hour'"
    )
    with sweeping():
        assert reconcile.reconcile().given_up == 1
    assert rock.media["rejection"]["code"] == "inspection_failed"
    assert (keys(cloud, "incoming"), quota(cloud, alice)) == (set(), (0, 0))
    rock.deliver(rock.event(CLEAN))
    assert rock.status == "rejected", "too late"


def test_a_clean_word_from_guardduty_is_not_enough(platform: Platform, alice: User) -> None:
    program = Upload(platform, alice, PROGRAM)
    program.deliver(program.arrived, program.event(CLEAN))
    assert program.media["rejection"]["code"] == "type_mismatch"


def test_a_worker_that_dies_between_the_verdict_and_the_end_is_replaced(rock: Upload, cloud: Cloud) -> None:
    with at_storage("CopyObject", die), pytest.raises(WorkerDied):
        rock.deliver(rock.event(CLEAN))
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 s'")
    rock.deliver(rock.event(CLEAN))
    assert rock.status == "ready"


def test_events_about_what_is_not_ours_are_acknowledged(rock: Upload, cloud: Cloud, alice: User, bob: User) -> None:
    told = json.loads(rock.event(THREATS))
    for key in ("", "elsewhere", f"uploads/{bob.id}/{rock.id}", f"uploads/{alice.id}/{alice.id}", "uploads/../x"):
        told["detail"]["s3ObjectDetails"]["objectKey"] = key
        rock.deliver(json.dumps(told))
    rock.deliver(json.dumps({**told, "detail-type": "GuardDuty Malware Protection Post Scan Action Failed"}))
    row = cloud.owner.execute("SELECT count(*) FROM scan_results").fetchone()
    assert row == (0,)
    rock.deliver(rock.arrived, rock.event(CLEAN))
    assert rock.status == "ready"


def test_health_says_that_the_scanner_is_elsewhere(platform: Platform) -> None:
    health = platform.client.http.get("/health").json_body
    assert (health["status"], health["services"]["antivirus"]["status"]) == ("healthy", "external")


def test_an_erased_media_takes_its_scan_results_along(
    rock: Upload, platform: Platform, cloud: Cloud, alice: User, logged: Callable[[], str]
) -> None:
    rock.deliver(rock.arrived, rock.event(CLEAN))
    platform.client.http.delete(f"/v1/media/{rock.id}?permanent=true", headers=alice.headers)
    assert cloud.owner.execute("SELECT count(*) FROM scan_results").fetchone() == (0,)
    rock.deliver(rock.event(THREATS))
    assert "failed" not in logged()
