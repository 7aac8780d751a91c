"""Orphans: objects without rows are deleted, and rows without objects are reported."""

import json
import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from chalicelib.maintenance import orphans
from chalicelib.maintenance.orphans import SweepResult
from chalicelib.platform.aws.s3 import Bucket
from tests.integration.audit.test_audit import record
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, intercept_s3, on_call
from tests.integration.exports.test_account_exports import request_export
from tests.integration.maintenance.test_maintenance import put, start_scans_again
from tests.integration.speech.test_speech import start as request_speech
from tests.integration.uploads.test_uploads import TEXT, get, keys, start, upload
from tests.support.media_rows import insert_media, request

# ---- objects without rows --------------------------------------------------------------------------------------------------


def test_objects_without_rows_are_deleted_and_all_others_stay(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    media = upload(platform, alice, TEXT)
    trashed = upload(platform, alice, TEXT)
    request(platform.client, alice, "DELETE", f"/v1/media/{trashed['id']}")
    request_speech(platform.client, alice, media["id"], end=40)
    request_export(platform.client, alice)
    platform.run()
    put(cloud, "library", f"withheld/{alice.id}/{media['id']}/original")
    put(cloud, "library", f"media/{alice.id}/{media['id']}/view.pdf")
    pending = start(platform.client, alice, TEXT).json_body["media"]["id"]
    put(cloud, "incoming", f"uploads/{alice.id}/{pending}")
    needed = {bucket: keys(cloud, bucket) for bucket in ("incoming", "library")}
    assert len(needed["library"]) >= 8

    deleted, stranger = uuid4(), uuid4()
    rejected = upload(platform, alice, b"\x00\x01" * 50)["id"]
    orphaned = {
        "library": {
            f"media/{alice.id}/{deleted}/original", f"media/{alice.id}/{deleted}/thumbnail.webp",
            f"media/{stranger}/{deleted}/view.pdf",
            f"media/{stranger}/{media['id']}/original", f"media/{alice.id}/{rejected}/original",
            f"withheld/{alice.id}/{deleted}/original", f"speech/{alice.id}/{deleted}/audio.mp3",
            f"speech/{alice.id}/segments/ab/{'c' * 64}.mp3", f"exports/{alice.id}/{deleted}.zip",
        },
        "incoming": {f"uploads/{alice.id}/{deleted}", f"uploads/{alice.id}/{media['id']}", f"uploads/{alice.id}/{rejected}"},
    }  # fmt: skip
    unknown = {"favicon.ico", f"media/{alice.id}/original", "media/x/y/z"}
    for bucket, orphaned_keys in orphaned.items():
        for key in orphaned_keys:
            put(cloud, bucket, key)
    for key in unknown:
        put(cloud, "library", key)
    with sweeping():
        library, incoming = orphans.delete_orphans(Bucket.LIBRARY), orphans.delete_orphans(Bucket.INCOMING)
    assert (library.removed, library.unknown) == (len(orphaned["library"]), 3)
    assert (incoming.removed, incoming.unknown) == (len(orphaned["incoming"]), 0)
    assert keys(cloud, "library") == needed["library"] | unknown
    assert keys(cloud, "incoming") == needed["incoming"]


def test_young_objects_are_not_touched(platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping) -> None:
    young = put(cloud, "library", f"media/{alice.id}/{uuid4()}/original", days=0.9)
    with sweeping():
        assert orphans.delete_orphans(Bucket.LIBRARY) == SweepResult(looked_at=1)
    media = upload(platform, alice, TEXT)
    request_speech(platform.client, alice, media["id"], end=40)
    cloud.owner.execute("UPDATE sweep_rounds SET began_at = now() - interval '31 days'")
    segment = put(cloud, "library", f"speech/{alice.id}/segments/ab/{'c' * 64}.mp3")  # a job may use it any moment
    with sweeping():
        assert orphans.delete_orphans(Bucket.LIBRARY).removed == 1
    assert segment in keys(cloud, "library")
    assert young not in keys(cloud, "library")


def test_an_orphan_of_the_library_can_be_restored_and_an_upload_cannot(
    cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    put(cloud, "library", f"media/{alice.id}/{uuid4()}/original")
    put(cloud, "incoming", f"uploads/{alice.id}/{uuid4()}")
    with sweeping():
        orphans.delete_orphans(Bucket.LIBRARY)
        orphans.delete_orphans(Bucket.INCOMING)
    assert len(cloud.s3.list_object_versions(Bucket="library")["Versions"]) == 1
    assert "Versions" not in cloud.s3.list_object_versions(Bucket="incoming")


def test_a_scan_takes_as_many_runs_as_it_needs_and_starts_again_after_a_month(
    cloud: Cloud, alice: User, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page takes ten seconds of the thirty that a run has."""
    clock = iter(range(0, 100_000, 10))
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for _ in range(9):
        put(cloud, "library", f"media/{alice.id}/{uuid4()}/original")
    with sweeping():
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: next(clock))
            removed = [orphans.delete_orphans(Bucket.LIBRARY).removed for _ in range(3)]
        assert removed[0] < sum(removed) == 9
        put(cloud, "library", f"media/{alice.id}/{uuid4()}/original")
        start_scans_again(cloud, days=29)
        assert orphans.delete_orphans(Bucket.LIBRARY) == SweepResult()
        start_scans_again(cloud, days=2)
        assert orphans.delete_orphans(Bucket.LIBRARY) == SweepResult(looked_at=1, removed=1)


def test_orphans_of_owners_with_changes_are_deleted_a_day_after_the_last_one(
    cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    for user in (alice, bob):
        record(user)
        for kind in ("media", "withheld", "speech", "exports"):
            put(cloud, "library", f"{kind}/{user.id}/{uuid4()}/original")
    media_id = insert_media(cloud, alice)
    kept = put(cloud, "library", f"media/{alice.id}/{media_id}/original")
    with sweeping():
        assert orphans.delete_orphans_of_changed_owners().found == 0
    cloud.owner.execute(
        "UPDATE audit_heads SET changed_at = now() - interval '25 hours' WHERE owner_id = %s", [alice.id]
    )
    with sweeping():
        assert [orphans.delete_orphans_of_changed_owners().found for _ in range(2)] == [4, 0]
    assert {key for key in keys(cloud, "library") if str(bob.id) not in key} == {kept}
    assert len(keys(cloud, "library")) == 5


@pytest.mark.parametrize(
    ("moment", "number"), [("before-call", 1), ("after-call", 1), ("before-call", 3), ("after-call", 3)]
)
def test_a_scan_with_a_crashed_worker_skips_nothing(
    cloud: Cloud, alice: User, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch, moment: str, number: int
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for _ in range(9):
        put(cloud, "library", f"media/{alice.id}/{uuid4()}/original")
    with sweeping():
        with intercept_s3("DeleteObjects", on_call(number), moment=moment), pytest.raises(WorkerDiedError):
            orphans.delete_orphans(Bucket.LIBRARY)
        orphans.delete_orphans(Bucket.LIBRARY)
    assert keys(cloud, "library") == set()


# ---- rows without objects --------------------------------------------------------------------------------------------------


def test_rows_with_missing_objects_are_reported_and_kept(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, logged: Callable[[], str]
) -> None:
    whole, damaged = upload(platform, alice, TEXT), upload(platform, alice, TEXT)
    withheld = insert_media(cloud, alice, original_withheld=True)
    put(cloud, "library", f"withheld/{alice.id}/{withheld}/original")
    trashed = insert_media(cloud, alice, status="trashed")
    insert_media(cloud, alice, status="rejected")
    job = request_speech(platform.client, alice, whole["id"], end=40).json_body["id"]
    platform.run()
    with sweeping():
        assert orphans.count_missing() == 1
    cloud.s3.delete_object(Bucket="library", Key=f"media/{alice.id}/{damaged['id']}/original")
    cloud.s3.delete_object(Bucket="library", Key=f"speech/{alice.id}/{job}/audio.mp3")
    with sweeping():
        assert orphans.count_missing() == 0  # objects do not vanish: once a month is enough
        start_scans_again(cloud, days=31)
        assert orphans.count_missing() == 3
    reported = [json.loads(line) for line in logged().splitlines() if '"object missing"' in line]
    assert {line["subject_id"] for line in reported} == {trashed, damaged["id"], job}
    assert get(platform.client, alice, damaged["id"])["status"] == "ready"


def test_a_media_purged_during_the_scan_is_not_reported(cloud: Cloud, alice: User, sweeping: Sweeping) -> None:
    media_id = insert_media(cloud, alice)

    def purge(**_: object) -> None:
        cloud.owner.execute("DELETE FROM media WHERE id = %s", [media_id])

    with sweeping(), intercept_s3("ListObjectsV2", purge):
        assert orphans.count_missing() == 0


def test_unknown_keys_are_recognized() -> None:
    owner_id, media_id = uuid4(), uuid4()
    parsed = orphans.parse(f"media/{owner_id}/{media_id}/view.pdf")
    assert parsed is not None
    assert (parsed.kind, parsed.owner_id, parsed.subject_id) == ("media", owner_id, media_id)
    segment = orphans.parse(f"speech/{owner_id}/segments/ab/{'0' * 64}.json")
    assert segment is not None
    assert (segment.kind, segment.subject_id) == ("segment", None)
    for strange in ("", "media", f"media/{owner_id}", f"media/{owner_id}/", f"Media/{owner_id}/{media_id}/x",
                    f"media/{str(owner_id).upper()}/{media_id}/x", f"secrets/{owner_id}/{media_id}/x",
                    f"/media/{owner_id}/{media_id}"):  # fmt: skip
        assert orphans.parse(strange) is None, strange
