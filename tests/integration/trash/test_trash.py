"""The trash: moving media there, restoring them, and deleting them permanently with their objects."""

import pytest
from chalice.test import Client

from chalicelib.maintenance import object_deletions
from chalicelib.platform.db import database
from chalicelib.platform.db import object_deletions as deletions
from chalicelib.trash import empty, trash
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, die, intercept_s3
from tests.integration.speech.test_speech import start as start_speech
from tests.integration.uploads.test_uploads import TEXT, get, keys, quota, upload
from tests.support.media_rows import create_collection, insert_media, minutes_later, request


def test_a_trashed_media_has_no_url_and_is_restored_unchanged(platform: Platform, alice: User, cloud: Cloud) -> None:
    client = platform.client
    media = upload(platform, alice, TEXT)
    shelf = create_collection(client, alice, "Shelf", media["id"])
    before = get(client, alice, media["id"])
    for _ in range(2):
        response = request(client, alice, "DELETE", f"/v1/media/{media['id']}")
        assert (response.status_code, response.body) == (204, b"")
    trashed = get(client, alice, media["id"])
    assert (trashed["status"], trashed["trashed_at"] is not None) == ("trashed", True)
    for path in ("url", "text"):
        response = request(client, alice, "GET", f"/v1/media/{media['id']}/{path}")
        assert (response.status_code, problem(response)["code"]) == (409, "not_ready")
    for method in ("GET", "HEAD"):
        assert request(client, alice, method, f"/v1/media/stream/{media['id']}").status_code == 409
    assert start_speech(client, alice, media["id"]).status_code == 409
    assert quota(cloud, alice) == (len(TEXT), 1)

    restored = request(client, alice, "POST", f"/v1/media/{media['id']}/restore")
    assert restored.status_code == 200
    changed = {"updated_at"}
    assert {k: v for k, v in restored.json_body.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert restored.json_body["collection_ids"] == [shelf]
    assert request(client, alice, "GET", f"/v1/media/{media['id']}/url").status_code == 200


def test_only_what_is_in_the_trash_can_be_restored(client: Client, alice: User, cloud: Cloud) -> None:
    for status in ("ready", "rejected", "expired"):
        response = request(client, alice, "POST", f"/v1/media/{insert_media(cloud, alice, status=status)}/restore")
        assert (response.status_code, problem(response)["code"]) == (409, "not_trashed")


@pytest.mark.parametrize("permanent", ["true", "false"])
@pytest.mark.parametrize("status", ["pending", "inspecting"])
def test_an_upload_in_progress_cannot_be_deleted(
    client: Client, alice: User, cloud: Cloud, status: str, permanent: str
) -> None:
    media_id = insert_media(cloud, alice, status=status)
    response = request(client, alice, "DELETE", f"/v1/media/{media_id}?permanent={permanent}")
    assert (response.status_code, problem(response)["code"]) == (409, "upload_unfinished")
    assert get(client, alice, media_id)["status"] == status


@pytest.mark.parametrize("status", ["rejected", "expired"])
def test_media_that_were_never_ready_are_deleted_at_once_and_release_no_quota(
    client: Client, alice: User, cloud: Cloud, status: str
) -> None:
    insert_media(cloud, alice)
    media_id = insert_media(cloud, alice, status=status)
    before = quota(cloud, alice)
    assert request(client, alice, "DELETE", f"/v1/media/{media_id}").status_code == 204
    assert request(client, alice, "GET", f"/v1/media/{media_id}").status_code == 404
    assert quota(cloud, alice) == before


def later(cloud: Cloud) -> None:
    """Pass the delay after which no worker can still be writing."""
    cloud.owner.execute("UPDATE object_deletions SET created_at = created_at - interval '10 minutes'")


def test_a_purged_media_leaves_no_row_no_object_and_no_quota(
    platform: Platform, alice: User, bob: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    kept = upload(platform, bob, TEXT)
    media = upload(platform, alice, TEXT)
    job = start_speech(platform.client, alice, media["id"]).json_body
    platform.run()
    shelf = create_collection(platform.client, alice, "Shelf", media["id"])
    assert any(key.startswith(f"speech/{alice.id}/{job['id']}/") for key in keys(cloud, "library"))
    assert any(key.startswith(f"speech/{alice.id}/segments/") for key in keys(cloud, "library"))

    assert request(platform.client, alice, "DELETE", f"/v1/media/{media['id']}?permanent=true").status_code == 204
    for path in (f"/v1/media/{media['id']}", f"/v1/speech/{job['id']}"):
        assert request(platform.client, alice, "GET", path).status_code == 404
    assert request(platform.client, alice, "GET", f"/v1/collections/{shelf}").json_body["item_count"] == 0
    assert quota(cloud, alice) == (0, 0)
    remaining = cloud.owner.execute(
        """SELECT (SELECT count(*) FROM media_passages WHERE owner_id = %(id)s) + (SELECT count(*) FROM search_words
           WHERE owner_id = %(id)s) + (SELECT count(*) FROM speech_segments WHERE owner_id = %(id)s)
           + (SELECT count(*) FROM speech_moments WHERE owner_id = %(id)s)""",
        {"id": alice.id},
    ).fetchone()
    assert remaining == (0,)

    with sweeping():
        assert object_deletions.process(limit=1_000) == 0  # a worker might still be writing
        later(cloud)
        assert object_deletions.process(limit=1_000) > 2
        assert object_deletions.process(limit=1_000) == 0
    assert keys(cloud, "library") == {f"media/{bob.id}/{kept['id']}/original"}


def test_audio_shared_with_another_recording_outlives_its_media(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    first, second = upload(platform, alice, TEXT), upload(platform, alice, TEXT, filename="again.txt")
    for media in (first, second):
        job = start_speech(platform.client, alice, media["id"]).json_body
        platform.run()
    shared = {key for key in keys(cloud, "library") if "/segments/" in key}
    request(platform.client, alice, "DELETE", f"/v1/media/{first['id']}?permanent=true")
    later(cloud)
    with sweeping():
        assert object_deletions.process(limit=1_000) > 0
    assert {key for key in keys(cloud, "library") if "/segments/" in key} == shared
    assert not any(first["id"] in key for key in keys(cloud, "library"))
    assert request(platform.client, alice, "GET", f"/v1/speech/{job['id']}").json_body["status"] == "done"

    request(platform.client, alice, "DELETE", f"/v1/media/{second['id']}?permanent=true")
    later(cloud)
    with sweeping():
        object_deletions.process(limit=1_000)
    assert keys(cloud, "library") == set()


def test_audio_is_not_deleted_while_a_speech_job_may_reuse_it(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    first = upload(platform, alice, TEXT)
    start_speech(platform.client, alice, first["id"])
    platform.run()
    request(platform.client, alice, "DELETE", f"/v1/media/{first['id']}?permanent=true")
    later(cloud)
    again = upload(platform, alice, TEXT)
    job = start_speech(platform.client, alice, again["id"]).json_body  # has the same words, and is not finished yet
    with sweeping():
        object_deletions.process(limit=1_000)
    platform.run()
    done = request(platform.client, alice, "GET", f"/v1/speech/{job['id']}").json_body
    assert (done["status"], done["billed_characters"]) == ("done", 0)
    later(cloud)
    with sweeping():
        object_deletions.process(limit=1_000)
        assert object_deletions.process(limit=1_000) == 0
    assert any("/segments/" in key for key in keys(cloud, "library"))


def test_a_sweep_stops_at_its_time_limit_and_the_next_continues(
    cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    for user in (alice, bob):
        with database.transaction(user.id) as connection:
            deletions.enqueue(connection, user.id, [f"media/{user.id}/{number}/" for number in range(3)])
        for number in range(3):
            cloud.s3.put_object(Bucket="library", Key=f"media/{user.id}/{number}/original", Body=b"bytes")
    cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
    with sweeping():
        assert object_deletions.process(limit=100, work_s=0) == 2  # one prefix of each owner
        assert len(keys(cloud, "library")) == 4
        assert object_deletions.process(limit=3) == 3
        assert object_deletions.process(limit=100) == 1
    assert keys(cloud, "library") == set()


@pytest.mark.parametrize(("operation", "moment"), [("ListObjectsV2", "before-call"), ("DeleteObjects", "after-call")])
def test_a_sweep_that_crashes_while_deleting_loses_no_object(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping, operation: str, moment: str
) -> None:
    media = upload(platform, alice, TEXT)
    request(platform.client, alice, "DELETE", f"/v1/media/{media['id']}?permanent=true")
    later(cloud)
    with sweeping():
        with intercept_s3(operation, die, moment=moment), pytest.raises(WorkerDiedError):
            object_deletions.process(limit=1_000)
        assert object_deletions.process(limit=1_000) == 2
    assert keys(cloud, "library") == set()


def test_trashed_media_are_purged_after_thirty_days(
    client: Client, alice: User, bob: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    def trashed(user: User, days: float) -> str:
        media_id = insert_media(cloud, user, status="trashed")
        cloud.owner.execute(
            "UPDATE media SET trashed_at = now() - make_interval(secs => %s) WHERE id = %s", [days * 86_400, media_id]
        )
        return media_id

    old = [trashed(alice, 30.01), trashed(bob, 400)]
    recent = trashed(alice, 29.99)
    kept = insert_media(cloud, alice, created_at=minutes_later(-1_000_000))
    with sweeping():
        assert trash.purge_expired() == 2
        assert trash.purge_expired() == 0
    assert [
        request(client, user, "GET", f"/v1/media/{media_id}").status_code
        for user, media_id in zip((alice, bob), old, strict=True)
    ] == [
        404,
        404,
    ]
    assert {get(client, alice, media_id)["status"] for media_id in (recent, kept)} == {"trashed", "ready"}
    assert quota(cloud, alice) == (2_000, 2)


def test_the_apis_database_role_cannot_purge_other_owners(client: Client, alice: User, cloud: Cloud) -> None:
    media_id = insert_media(cloud, alice, status="trashed")
    assert trash.purge_expired() == 0  # as the API's role, which sees one owner only
    assert get(client, alice, media_id)["status"] == "trashed"


def test_the_trash_is_emptied_of_what_is_in_it_now(platform: Platform, cloud: Cloud, alice: User, bob: User) -> None:
    client = platform.client
    kept = upload(platform, alice, TEXT)
    trashed = [insert_media(cloud, alice, status="trashed") for _ in range(empty.BATCH + 3)]
    of_bob = insert_media(cloud, bob, status="trashed")
    cloud.owner.execute("UPDATE media SET trashed_at = now() - interval '1 minute' WHERE status = 'trashed'")
    cloud.messages("account")
    response = request(client, alice, "DELETE", "/v1/trash")
    assert (response.status_code, response.json_body) == (202, {"items": empty.BATCH + 3})
    restored, *deleted = trashed
    assert request(client, alice, "POST", f"/v1/media/{restored}/restore").status_code == 200
    later = insert_media(cloud, alice, status="trashed")
    cloud.owner.execute("UPDATE media SET trashed_at = now() + interval '1 minute' WHERE id = %s", [later])
    (message,) = [m["Body"] for m in cloud.messages("account") if "empty_trash" in m["Body"]]
    assert platform.deliver("run_account_job", [message, message]) == []

    left = {str(row[0]) for row in cloud.owner.execute("SELECT id FROM media").fetchall()}
    assert left == {kept["id"], str(restored), str(later), str(of_bob)}
    rows = cloud.owner.execute("SELECT action, count(*) FROM audit_events WHERE owner_id = %s GROUP BY 1", [alice.id])
    events = dict(rows.fetchall())
    assert (events["media.purged"], events["trash.emptied"]) == (len(deleted), 1)


def test_an_empty_trash_is_emptied_without_a_job(platform: Platform, cloud: Cloud, alice: User) -> None:
    cloud.messages("account")
    response = request(platform.client, alice, "DELETE", "/v1/trash")
    assert (response.status_code, response.json_body) == (202, {"items": 0})
    assert not [m for m in cloud.messages("account") if "empty_trash" in m["Body"]]
