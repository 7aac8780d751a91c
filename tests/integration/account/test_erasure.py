"""Erasure of an account: everything of its owner is deleted and nothing of others, and a receipt proves it."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from chalice.test import Client

from chalicelib import audit
from chalicelib.account.erasure import reconcile
from chalicelib.account.erasure.erase import erase, order_children_first
from chalicelib.account.erasure.model import list_prefixes
from chalicelib.account.messages import ErasureMessage
from chalicelib.platform.aws import buckets, s3
from localstack.postgres import Postgres
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import (
    Cloud,
    Platform,
    Sweeping,
    User,
    WorkerDiedError,
    intercept_s3,
    object_created_event,
    on_call,
)
from tests.integration.exports.test_account_exports import request_export
from tests.integration.speech.test_speech import start as ask_for_speech
from tests.integration.uploads.test_resumed_uploads import LONG, send, start_multipart
from tests.integration.uploads.test_uploads import TEXT, start, upload
from tests.support import owner_rows, pdf_books, scans
from tests.support.media_rows import request
from tests.support.scans import Scanner

SCAN = scans.scan(pdf_books.prose_page("The harbour master counted the lanterns along the embankment."), Scanner(150))

PLATFORM = audit.PLATFORM_ID


def erase_account(client: Client, user: User) -> dict[str, Any]:
    accepted = client.http.delete(f"/v1/account?confirm={user.id}", headers=user.headers)
    assert accepted.status_code == 202, accepted.body
    erasure: dict[str, Any] = accepted.json_body
    assert accepted.headers["Location"] == erasure["path"]
    return erasure


def get_erasure(client: Client, erasure: dict[str, Any]) -> dict[str, Any]:
    """Get an erasure by its path, without signing in."""
    response = client.http.get(erasure["path"])
    assert response.status_code == 200, response.body
    current: dict[str, Any] = response.json_body
    return current


def message_body(user: User, erasure: dict[str, Any]) -> str:
    return ErasureMessage(owner_id=user.id, erasure_id=UUID(erasure["id"])).model_dump_json()


def make_due(cloud: Cloud) -> None:
    """End the quiet time before the verification, and the lease of a worker that died."""
    cloud.owner.execute("UPDATE erasures SET due_at = now(), lease_until = NULL WHERE status <> 'done'")


def finish(platform: Platform, user: User, erasure: dict[str, Any], *, max_runs: int = 6) -> dict[str, Any]:
    """Run the erasure until it has a receipt, and return that."""
    for _ in range(max_runs):
        make_due(platform.cloud)
        assert platform.deliver("run_account_job", [message_body(user, erasure)]) == []
        current = get_erasure(platform.client, erasure)
        if current["status"] == "done":
            receipt: dict[str, Any] = current["receipt"]
            return receipt
    raise AssertionError(current)


def list_everything(cloud: Cloud, user: User) -> list[Any]:
    """List a user's objects, unfinished uploads and rows."""
    kept: list[Any] = []
    for bucket in ("incoming", "library"):
        listed = cloud.s3.list_object_versions(Bucket=bucket)
        objects = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
        objects += cloud.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        kept += [(bucket, entry["Key"]) for entry in objects if str(user.id) in entry["Key"]]
    kept += [row for table in owner_rows.list_tables(cloud) for row in owner_rows.list_rows(cloud, user, table)]
    return kept


def fill_account(platform: Platform, cloud: Cloud, user: User) -> dict[str, Any]:
    """Give a user a bit of everything, also deleted media and unfinished uploads."""
    client = platform.client
    media = upload(platform, user, TEXT)
    upload(platform, user, b"\x00\x01" * 50)
    purged = upload(platform, user, TEXT)
    request(client, user, "POST", "/v1/collections", {"name": "Sea"})
    ask_for_speech(client, user, media["id"], end=40)
    platform.run()
    exported = request_export(client, user).json_body["id"]
    platform.run()
    request(client, user, "DELETE", f"/v1/media/{purged['id']}?permanent=true")
    original = f"media/{user.id}/{media['id']}/original"
    cloud.s3.put_object(Bucket="library", Key=original, Body=b"a newer version")
    cloud.s3.delete_object(Bucket="library", Key=original)
    cloud.s3.put_object(Bucket="library", Key=f"withheld/{user.id}/{media['id']}/original", Body=b"%PDF")
    cloud.s3.create_multipart_upload(Bucket="library", Key=f"exports/{user.id}/{uuid4()}.zip")
    send(start_multipart(client, user)["upload"], LONG, only={1})
    pending = start(client, user, TEXT).json_body["media"]["id"]
    cloud.s3.put_object(Bucket="incoming", Key=f"uploads/{user.id}/{pending}", Body=TEXT)
    owner_rows.insert_rows(cloud, user)
    cloud.messages("account")
    return {"media": media["id"], "pending": pending, "export": exported}


def fill_account_a_little(platform: Platform, cloud: Cloud, user: User) -> None:
    """Give a user rows in every table, and objects and unfinished uploads in both buckets."""
    media = upload(platform, user, TEXT)
    pending = start(platform.client, user, TEXT).json_body["media"]["id"]
    for bucket, key in (("library", f"exports/{user.id}/{uuid4()}.zip"), ("incoming", f"uploads/{user.id}/{pending}")):
        cloud.s3.create_multipart_upload(Bucket=bucket, Key=key)
        cloud.s3.put_object(Bucket=bucket, Key=key, Body=TEXT)
    cloud.s3.delete_object(Bucket="library", Key=f"media/{user.id}/{media['id']}/original")
    owner_rows.insert_rows(cloud, user)


# ---- requests -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"), [("", "invalid"), ("?confirm=yes", "invalid"), (f"?confirm={UUID(int=7)}", "not_confirmed")]
)
def test_nothing_is_erased_unless_the_account_is_confirmed(
    platform: Platform, alice: User, query: str, code: str
) -> None:
    media = upload(platform, alice, TEXT)
    rejected = request(platform.client, alice, "DELETE", f"/v1/account{query}")
    assert (rejected.status_code, problem(rejected)["code"]) == (422, code)
    platform.run()
    assert request(platform.client, alice, "GET", f"/v1/media/{media['id']}").json_body["status"] == "ready"


def test_an_owner_cannot_erase_another_account(platform: Platform, alice: User, bob: User) -> None:
    media = upload(platform, bob, TEXT)
    rejected = request(platform.client, alice, "DELETE", f"/v1/account?confirm={bob.id}")
    assert problem(rejected)["code"] == "not_confirmed"
    platform.run()
    assert request(platform.client, bob, "GET", f"/v1/media/{media['id']}").status_code == 200


def test_two_requests_are_one_erasure(platform: Platform, cloud: Cloud, alice: User) -> None:
    first, second = erase_account(platform.client, alice), erase_account(platform.client, alice)
    assert first["id"] == second["id"]
    assert cloud.owner.execute("SELECT count(*) FROM erasures").fetchone() == (1,)


def test_only_its_own_link_token_shows_an_erasure(client: Client, alice: User, bob: User) -> None:
    path = erase_account(client, alice)["path"]
    changed = path[:-2] + ("AA" if path[-2:] != "AA" else "BB")
    assert client.http.get(path).json_body["status"] == "queued"
    assert problem(client.http.get(changed))["status"] == 401
    other = request(client, bob, "POST", "/v1/uploads/capability").json_body["token"]
    assert client.http.get(f"/v1/erasures/{other}").status_code == 401


def test_a_message_for_another_owners_erasure_does_nothing(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    erasure = erase_account(platform.client, alice)
    assert platform.deliver("run_account_job", [message_body(bob, erasure)]) == []
    unknown_erasure = ErasureMessage(owner_id=bob.id, erasure_id=uuid4()).model_dump_json()
    assert platform.deliver("run_account_job", [unknown_erasure]) == []
    assert get_erasure(platform.client, erasure)["status"] == "queued"
    assert cloud.owner.execute("SELECT fence FROM erasures").fetchone() == (0,)


@pytest.mark.parametrize("table", ["media", "erasures"])
def test_the_database_deletes_no_rows_of_an_owner_without_an_erasure(
    platform: Platform, migrated: Postgres, alice: User, bob: User, table: str
) -> None:
    upload(platform, alice, TEXT)
    erase_account(platform.client, bob)
    with psycopg.connect(migrated.url("visionary_app")) as connection:
        connection.execute("SELECT app.set_current_owner(%s)", [alice.id])
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT app.delete_owner_rows(%s, 100)", [table])


# ---- deletion -------------------------------------------------------------------------------------------------------------


def test_everything_of_the_owner_is_deleted_and_nothing_of_others(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    fill_account(platform, cloud, alice)
    fill_account(platform, cloud, bob)
    counts, content_of_bob = owner_rows.count_rows(cloud, alice), list_everything(cloud, bob)
    assert 0 not in counts.values()
    last = cloud.owner.execute(
        "SELECT number, encode(hash, 'hex') FROM audit_heads WHERE owner_id = %s", [alice.id]
    ).fetchone()
    assert last is not None
    erasure = erase_account(platform.client, alice)
    receipt = finish(platform, alice, erasure)

    assert list_everything(cloud, alice) == []
    assert list_everything(cloud, bob) == content_of_bob
    assert receipt["left"] == {"rows": 0, "versions": 0, "uploads": 0}
    assert set(receipt["removed"]["rows"]) == set(counts)
    counts["audit_events"] += 1  # the request itself
    assert (
        receipt["removed"]["rows"].items()
        >= {name: counts[name] for name in ("media", "audit_events", "accounts")}.items()
    )
    assert receipt["removed"]["versions"]["library"] >= 10
    assert receipt["removed"]["versions"]["incoming"] >= 1
    assert receipt["removed"]["uploads"] == {"incoming": 1, "library": 1}
    assert receipt["audit"]["number"] == last[0] + 1


def test_a_receipt_can_be_verified_and_contains_no_names(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    receipt = finish(platform, alice, erasure)
    sha256 = receipt.pop("sha256")
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == sha256
    assert receipt["account"] == hashlib.sha256(f"{erasure['id']}:{alice.id}".encode()).hexdigest()
    assert str(alice.id) not in text
    kept = cloud.owner.execute(
        "SELECT action, subject_id::text, detail->>'receipt_sha256' FROM audit_events WHERE owner_id = %s", [PLATFORM]
    ).fetchone()
    assert kept == ("account.erased", erasure["id"], sha256)
    assert audit.check(PLATFORM).intact


def test_no_row_contains_the_erased_owners_id(platform: Platform, cloud: Cloud, alice: User) -> None:
    fill_account(platform, cloud, alice)
    finish(platform, alice, erase_account(platform.client, alice))
    for (table,) in cloud.owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        rows = cloud.owner.execute(f"SELECT t::text FROM {table} AS t").fetchall()  # noqa: S608 - the catalogue's names
        assert [row for (row,) in rows if str(alice.id) in row] == [], table


def test_an_erasure_is_not_done_while_storage_refuses_to_delete(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    message = message_body(alice, erasure)

    def denied(**_: object) -> tuple[Any, dict[str, Any]]:
        response = type("Response", (), {"status_code": 200})()
        return response, {"Errors": [{"Key": "k", "Code": "AccessDenied"}], "ResponseMetadata": {"HTTPStatusCode": 200}}

    with intercept_s3("DeleteObjects", denied):
        for _ in range(3):
            make_due(cloud)
            assert platform.deliver("run_account_job", [message]) == [message]
    assert get_erasure(platform.client, erasure)["status"] == "erasing"
    assert finish(platform, alice, erasure)["left"]["versions"] == 0


def test_rows_are_deleted_before_those_that_they_reference() -> None:
    ordered = order_children_first(
        ["accounts", "media", "tags", "loner"], [("media", "accounts"), ("tags", "media"), ("tags", "unknown")]
    )
    assert ordered.index("tags") < ordered.index("media") < ordered.index("accounts")
    assert sorted(ordered) == ["accounts", "loner", "media", "tags"]


def test_every_object_is_stored_under_a_prefix_that_is_deleted(cloud: Cloud, platform: Platform) -> None:
    user = User(uuid4())
    fill_account(platform, cloud, user)
    prefixes = {(bucket.value, prefix) for bucket, prefix in list_prefixes(user.id)}
    for bucket in ("incoming", "library"):
        for version in cloud.s3.list_object_versions(Bucket=bucket).get("Versions", []):
            key = version["Key"]
            assert any(bucket == name and key.startswith(prefix) for name, prefix in prefixes), key


# ---- late writes -----------------------------------------------------------------------------------------------------------


def collect_messages(platform: Platform, cloud: Cloud, user: User, content: dict[str, Any]) -> list[tuple[str, str]]:
    """Collect every message that may still arrive for a user, with the function that receives it."""
    new = {"url": "https://hooks.invalid/", "events": ["media.ready", "speech.done"]}
    webhook = request(platform.client, user, "POST", "/v1/webhooks", new)
    assert webhook.status_code == 201, webhook.body
    upload(platform, user, SCAN, filename="scan.pdf", media_type="application/pdf")
    job = ask_for_speech(platform.client, user, content["media"], end=90)
    assert job.status_code == 202, job.body
    page = request(platform.client, user, "POST", "/v1/imports", {"url": "http://page.invalid/"})
    assert page.status_code == 202, page.body
    late_messages = [("ingest", object_created_event(f"uploads/{user.id}/{content['pending']}"))]
    moved = True
    while moved:  # copy each message, deliver it, continue with the messages that it caused
        moved = False
        for queue, function in platform.FUNCTIONS[1:]:
            for message in cloud.messages(queue):
                late_messages.append((function, message["Body"]))
                moved = True
                assert platform.deliver(function, [message["Body"]]) == []
    late_messages.append(
        ("run_account_job", f'{{"kind":"export","owner_id":"{user.id}","export_id":"{content["export"]}"}}')
    )
    due = {"kind": "webhook_due", "owner_id": str(user.id), "webhook_id": webhook.json_body["id"]}
    late_messages.append(("ingest", json.dumps(due)))
    # the function of the built-in voice gets the same messages as that of the others
    late_messages += [("synthesize_built_in", body) for function, body in late_messages if function == "synthesize"]
    assert {function for function, _ in late_messages} == {function for _, function in platform.FUNCTIONS}
    return late_messages


def test_late_messages_bring_nothing_back(platform: Platform, cloud: Cloud, alice: User) -> None:
    content = fill_account(platform, cloud, alice)
    late_messages = collect_messages(platform, cloud, alice, content)
    erasure = erase_account(platform.client, alice)
    assert platform.deliver("run_account_job", [message_body(alice, erasure)]) == []
    assert get_erasure(platform.client, erasure)["status"] == "verifying"
    for function, body in late_messages:
        platform.deliver(function, [body])
    cloud.s3.put_object(Bucket="incoming", Key=f"uploads/{alice.id}/{content['pending']}", Body=TEXT)
    receipt = finish(platform, alice, erasure)
    assert receipt["removed"]["versions"]["incoming"] >= 2
    assert list_everything(cloud, alice) == []

    for function, body in late_messages:
        platform.deliver(function, [body])
        platform.run()
    assert owner_rows.count_rows(cloud, alice) == dict.fromkeys(owner_rows.list_tables(cloud), 0)
    # The one function without a database may still write audio: an object without a row, which the sweep deletes.
    assert {entry[1].split("/")[0] for entry in list_everything(cloud, alice)} <= {"speech"}


def test_new_rows_are_rejected_during_an_erasure(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    erase_account(platform.client, alice)
    client = platform.client
    new_upload = {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": 9}
    for method, path, body in (
        ("POST", "/v1/uploads", new_upload),
        ("POST", "/v1/collections", {"name": "Sea"}),
        ("POST", f"/v1/media/{media['id']}/speech", {}),
        ("POST", "/v1/account/export", None),
        ("PATCH", f"/v1/media/{media['id']}", {"tags": ["sea"]}),
        ("GET", f"/v1/media/{media['id']}/url", None),
    ):
        rejected = request(client, alice, method, path, body)
        assert (rejected.status_code, problem(rejected)["code"]) == (409, "account_erasing"), path


def test_an_erased_account_can_start_anew(platform: Platform, alice: User) -> None:
    upload(platform, alice, TEXT)
    first = erase_account(platform.client, alice)
    finish(platform, alice, first)
    media = upload(platform, alice, TEXT)
    account = request(platform.client, alice, "GET", "/v1/account").json_body
    assert (account["usage"]["stored_items"], media["status"]) == (1, "ready")
    events = request(platform.client, alice, "GET", "/v1/account/audit").json_body["items"]
    assert [event["number"] for event in events] == [2, 1]
    second = erase_account(platform.client, alice)
    assert second["id"] != first["id"]
    assert get_erasure(platform.client, first)["receipt"]["erasure_id"] == first["id"]
    assert finish(platform, alice, second)["account"] != get_erasure(platform.client, first)["receipt"]["account"]


# ---- crashes ---------------------------------------------------------------------------------------------------------------

CRASHES = [
    ("ListMultipartUploads", "before-call", 1), ("AbortMultipartUpload", "before-call", 1),
    ("AbortMultipartUpload", "after-call", 1), ("AbortMultipartUpload", "after-call", 2),
    ("ListObjectVersions", "before-call", 1), ("ListObjectVersions", "after-call", 2),
    ("DeleteObjects", "before-call", 1), ("DeleteObjects", "after-call", 1),
    ("DeleteObjects", "before-call", 2), ("DeleteObjects", "after-call", 3),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "moment", "number"), CRASHES)
def test_an_erasure_is_finished_by_the_next_worker_when_one_dies(
    platform: Platform, cloud: Cloud, alice: User, operation: str, moment: str, number: int
) -> None:
    fill_account_a_little(platform, cloud, alice)
    erasure = erase_account(platform.client, alice)
    message = message_body(alice, erasure)
    with intercept_s3(operation, on_call(number), moment=moment), pytest.raises(WorkerDiedError):
        platform.deliver("run_account_job", [message])
    assert platform.deliver("run_account_job", [message]) == []  # the dead worker's lease still runs
    assert get_erasure(platform.client, erasure)["status"] == "erasing"
    receipt = finish(platform, alice, erasure)
    assert list_everything(cloud, alice) == []
    assert receipt["removed"]["rows"]["media"] == 2


@pytest.mark.parametrize(
    ("operation", "moment"), [("ListObjectVersions", "before-call"), ("ListMultipartUploads", "after-call")]
)
def test_a_verification_is_repeated_when_its_worker_dies(
    platform: Platform, cloud: Cloud, alice: User, operation: str, moment: str
) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    message = message_body(alice, erasure)
    assert platform.deliver("run_account_job", [message]) == []
    for number in range(1, 2 * len(list_prefixes(alice.id)) + 1):
        make_due(cloud)
        with intercept_s3(operation, on_call(number), moment=moment), pytest.raises(WorkerDiedError):
            platform.deliver("run_account_job", [message])
        assert get_erasure(platform.client, erasure)["status"] == "verifying"
    assert finish(platform, alice, erasure, max_runs=1)["left"] == {"rows": 0, "versions": 0, "uploads": 0}


def test_a_failed_run_is_retried_at_once(platform: Platform, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    message = message_body(alice, erasure)

    def broken() -> None:
        raise OSError("no route to host")

    with intercept_s3("DeleteObjects", on_call(1, broken)):
        assert platform.deliver("run_account_job", [message]) == [message]
    assert platform.deliver("run_account_job", [message]) == []
    assert get_erasure(platform.client, erasure)["status"] == "verifying"


def test_a_worker_without_its_lease_writes_nothing(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    overtaken: list[str] = []

    def overtake(**_: object) -> None:
        if not overtaken:
            overtaken.append("once")
            make_due(cloud)
            erase(ErasureMessage(owner_id=alice.id, erasure_id=UUID(erasure["id"])))

    with intercept_s3("DeleteObjects", overtake):
        assert platform.deliver("run_account_job", [message_body(alice, erasure)]) == []
    assert overtaken
    assert cloud.owner.execute("SELECT fence FROM erasures").fetchone() == (2,)
    assert finish(platform, alice, erasure)["left"]["rows"] == 0
    events = cloud.owner.execute("SELECT count(*) FROM audit_events WHERE action = 'account.erased'").fetchone()
    assert events == (1,)


def test_an_erasure_resumes_in_as_many_runs_as_it_takes(platform: Platform, cloud: Cloud, alice: User) -> None:
    fill_account_a_little(platform, cloud, alice)
    erasure = erase_account(platform.client, alice)
    runs = 0
    while get_erasure(platform.client, erasure)["status"] != "verifying":
        bodies = [message["Body"] for message in cloud.messages("account")]
        assert bodies
        for body in bodies:
            erase(ErasureMessage.model_validate_json(body), work_s=0)
            runs += 1
    assert runs > 20
    assert finish(platform, alice, erasure)["left"]["rows"] == 0


def test_the_verification_waits_until_every_worker_has_ended(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    assert platform.deliver("run_account_job", [message_body(alice, erasure)]) == []
    (row,) = cloud.owner.execute("SELECT due_at > now() + interval '14 minutes' FROM erasures").fetchall()
    assert row == (True,)
    assert platform.deliver("run_account_job", [message_body(alice, erasure)]) == []  # a message that came too early
    assert get_erasure(platform.client, erasure)["status"] == "verifying"


def test_the_sweep_resumes_erasures_with_a_lost_message(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    cloud.messages("account")  # lost
    with sweeping():
        assert reconcile.reconcile() == 0  # not yet late
    cloud.owner.execute("UPDATE erasures SET due_at = now() - interval '2 minutes'")
    with sweeping():
        assert reconcile.reconcile() == 1
    platform.run()
    assert get_erasure(platform.client, erasure)["status"] == "verifying"


def test_thousands_of_versions_are_deleted_page_by_page(cloud: Cloud, alice: User) -> None:
    for number in range(1_003):
        cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{number}", Body=b"")
    s3.client.cache_clear()
    assert list(buckets.delete_prefix(s3.Bucket.LIBRARY, f"media/{alice.id}/")) == [1_000, 3]
    assert buckets.count_prefix(s3.Bucket.LIBRARY, f"media/{alice.id}/") == (0, 0)


def test_an_erasure_is_logged_without_the_accounts_id(
    platform: Platform, alice: User, logged: Callable[[], str]
) -> None:
    upload(platform, alice, TEXT)
    erasure = erase_account(platform.client, alice)
    finish(platform, alice, erasure)
    (line,) = [line for line in logged().splitlines() if '"account erased"' in line]
    assert not re.search(str(alice.id), line)
    assert json.loads(line)["erasure_id"] == erasure["id"]
