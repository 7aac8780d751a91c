"""Leaving: everything of one account goes and stays gone, nothing of anybody else's does, and a receipt says so."""

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
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDied, arrival, at_storage, nth
from tests.integration.exports.test_account_exports import request_export
from tests.integration.speech.test_speech import start as ask_for_speech
from tests.integration.uploads.test_resumed_uploads import LONG, begin, send
from tests.integration.uploads.test_uploads import TEXT, start, upload
from tests.support import owner_rows
from tests.support.media_rows import ask

NOBODY = audit.PLATFORM_ID


def leave(client: Client, user: User) -> dict[str, Any]:
    accepted = client.http.delete(f"/v1/account?confirm={user.id}", headers=user.headers)
    assert accepted.status_code == 202, accepted.body
    erasure: dict[str, Any] = accepted.json_body
    assert accepted.headers["Location"] == erasure["path"]
    return erasure


def look(client: Client, erasure: dict[str, Any]) -> dict[str, Any]:
    """As anybody who has the path: there may be nobody to sign in any more."""
    response = client.http.get(erasure["path"])
    assert response.status_code == 200, response.body
    found: dict[str, Any] = response.json_body
    return found


def order(user: User, erasure: dict[str, Any]) -> str:
    return ErasureMessage(owner_id=user.id, erasure_id=UUID(erasure["id"])).model_dump_json()


def be_quiet(cloud: Cloud) -> None:
    """The time in which workers end has passed, and the lease of one that died."""
    cloud.owner.execute("UPDATE erasures SET due_at = now(), lease_until = NULL WHERE status <> 'done'")


def finish(platform: Platform, user: User, erasure: dict[str, Any], *, visits: int = 6) -> dict[str, Any]:
    """Visit until there is a receipt; answers it."""
    for _ in range(visits):
        be_quiet(platform.cloud)
        assert platform.deliver("run_account_job", [order(user, erasure)]) == []
        found = look(platform.client, erasure)
        if found["status"] == "done":
            receipt: dict[str, Any] = found["receipt"]
            return receipt
    raise AssertionError(found)


def everything_of(cloud: Cloud, user: User) -> list[Any]:
    """What storage and database keep of a user."""
    kept: list[Any] = []
    for bucket in ("incoming", "library"):
        listed = cloud.s3.list_object_versions(Bucket=bucket)
        found = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
        found += cloud.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        kept += [(bucket, each["Key"]) for each in found if str(user.id) in each["Key"]]
    kept += [row for table in owner_rows.owned(cloud) for row in owner_rows.rows(cloud, user, table)]
    return kept


def live(platform: Platform, cloud: Cloud, user: User) -> dict[str, Any]:
    """Have a bit of everything: also what was thrown away, and what never ended."""
    client = platform.client
    media = upload(platform, user, TEXT)
    upload(platform, user, b"\x00\x01" * 50)
    purged = upload(platform, user, TEXT)
    ask(client, user, "POST", "/v1/collections", {"name": "Sea"})
    ask_for_speech(client, user, media["id"], end=40)
    platform.run()
    exported = request_export(client, user).json_body["id"]
    platform.run()
    ask(client, user, "DELETE", f"/v1/media/{purged['id']}?permanent=true")
    original = f"media/{user.id}/{media['id']}/original"
    cloud.s3.put_object(Bucket="library", Key=original, Body=b"a newer version")
    cloud.s3.delete_object(Bucket="library", Key=original)
    cloud.s3.put_object(Bucket="library", Key=f"withheld/{user.id}/{media['id']}/original", Body=b"%PDF")
    cloud.s3.create_multipart_upload(Bucket="library", Key=f"exports/{user.id}/{uuid4()}.zip")
    send(begin(client, user)["upload"], LONG, only={1})
    pending = start(client, user, TEXT).json_body["media"]["id"]
    cloud.s3.put_object(Bucket="incoming", Key=f"uploads/{user.id}/{pending}", Body=TEXT)
    owner_rows.fill(cloud, user)
    cloud.messages("account")
    return {"media": media["id"], "pending": pending, "export": exported}


def live_a_little(platform: Platform, cloud: Cloud, user: User) -> None:
    """Have rows in every table, objects in both buckets and uploads under way in both."""
    media = upload(platform, user, TEXT)
    pending = start(platform.client, user, TEXT).json_body["media"]["id"]
    for bucket, key in (("library", f"exports/{user.id}/{uuid4()}.zip"), ("incoming", f"uploads/{user.id}/{pending}")):
        cloud.s3.create_multipart_upload(Bucket=bucket, Key=key)
        cloud.s3.put_object(Bucket=bucket, Key=key, Body=TEXT)
    cloud.s3.delete_object(Bucket="library", Key=f"media/{user.id}/{media['id']}/original")
    owner_rows.fill(cloud, user)


# ---- asking for it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"), [("", "invalid"), ("?confirm=yes", "invalid"), (f"?confirm={UUID(int=7)}", "not_confirmed")]
)
def test_nothing_is_erased_unless_the_account_is_named(platform: Platform, alice: User, query: str, code: str) -> None:
    media = upload(platform, alice, TEXT)
    refused = ask(platform.client, alice, "DELETE", f"/v1/account{query}")
    assert (refused.status_code, problem(refused)["code"]) == (422, code)
    platform.run()
    assert ask(platform.client, alice, "GET", f"/v1/media/{media['id']}").json_body["status"] == "ready"


def test_nobody_erases_another(platform: Platform, alice: User, bob: User) -> None:
    media = upload(platform, bob, TEXT)
    refused = ask(platform.client, alice, "DELETE", f"/v1/account?confirm={bob.id}")
    assert problem(refused)["code"] == "not_confirmed"
    platform.run()
    assert ask(platform.client, bob, "GET", f"/v1/media/{media['id']}").status_code == 200


def test_asking_twice_is_one_erasure(platform: Platform, cloud: Cloud, alice: User) -> None:
    first, second = leave(platform.client, alice), leave(platform.client, alice)
    assert first["id"] == second["id"]
    assert cloud.owner.execute("SELECT count(*) FROM erasures").fetchone() == (1,)


def test_its_path_opens_it_and_nothing_else_does(client: Client, alice: User, bob: User) -> None:
    path = leave(client, alice)["path"]
    changed = path[:-2] + ("AA" if path[-2:] != "AA" else "BB")
    assert client.http.get(path).json_body["status"] == "queued"
    assert problem(client.http.get(changed))["status"] == 401
    other = ask(client, bob, "POST", "/v1/uploads/capability").json_body["token"]
    assert client.http.get(f"/v1/erasures/{other}").status_code == 401


def test_an_order_for_anothers_erasure_does_nothing(platform: Platform, cloud: Cloud, alice: User, bob: User) -> None:
    erasure = leave(platform.client, alice)
    assert platform.deliver("run_account_job", [order(bob, erasure)]) == []
    made_up = ErasureMessage(owner_id=bob.id, erasure_id=uuid4()).model_dump_json()
    assert platform.deliver("run_account_job", [made_up]) == []
    assert look(platform.client, erasure)["status"] == "queued"
    assert cloud.owner.execute("SELECT fence FROM erasures").fetchone() == (0,)


@pytest.mark.parametrize("table", ["media", "erasures"])
def test_the_database_erases_nothing_of_who_did_not_ask(
    platform: Platform, migrated: Postgres, alice: User, bob: User, table: str
) -> None:
    upload(platform, alice, TEXT)
    leave(platform.client, bob)
    with psycopg.connect(migrated.url("visionary_app")) as connection:
        connection.execute("SELECT app.set_current_owner(%s)", [alice.id])
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT app.delete_owner_rows(%s, 100)", [table])


# ---- what goes ------------------------------------------------------------------------------------------------------------


def test_everything_goes_from_everywhere_and_nothing_of_others(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    live(platform, cloud, alice)
    live(platform, cloud, bob)
    had, theirs = owner_rows.count(cloud, alice), everything_of(cloud, bob)
    assert 0 not in had.values()
    last = cloud.owner.execute(
        "SELECT number, encode(hash, 'hex') FROM audit_heads WHERE owner_id = %s", [alice.id]
    ).fetchone()
    assert last is not None
    erasure = leave(platform.client, alice)
    receipt = finish(platform, alice, erasure)

    assert everything_of(cloud, alice) == []
    assert everything_of(cloud, bob) == theirs
    assert receipt["left"] == {"rows": 0, "versions": 0, "uploads": 0}
    assert set(receipt["removed"]["rows"]) == set(had)
    had["audit_events"] += 1  # the wish itself
    assert (
        receipt["removed"]["rows"].items()
        >= {name: had[name] for name in ("media", "audit_events", "accounts")}.items()
    )
    assert receipt["removed"]["versions"]["library"] >= 10
    assert receipt["removed"]["versions"]["incoming"] >= 1
    assert receipt["removed"]["uploads"] == {"incoming": 1, "library": 1}
    assert receipt["audit"]["number"] == last[0] + 1


def test_the_receipt_can_be_checked_by_who_has_it_and_names_nobody(
    platform: Platform, cloud: Cloud, alice: User
) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    receipt = finish(platform, alice, erasure)
    stated = receipt.pop("sha256")
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == stated
    assert receipt["account"] == hashlib.sha256(f"{erasure['id']}:{alice.id}".encode()).hexdigest()
    assert str(alice.id) not in text
    kept = cloud.owner.execute(
        "SELECT action, subject_id::text, detail->>'receipt_sha256' FROM audit_events WHERE owner_id = %s", [NOBODY]
    ).fetchone()
    assert kept == ("account.erased", erasure["id"], stated)
    assert audit.check(NOBODY).intact


def test_nothing_in_the_database_names_who_was_erased(platform: Platform, cloud: Cloud, alice: User) -> None:
    live(platform, cloud, alice)
    finish(platform, alice, leave(platform.client, alice))
    for (table,) in cloud.owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        found = cloud.owner.execute(f"SELECT t::text FROM {table} AS t").fetchall()  # noqa: S608 - the catalogue's names
        assert [row for (row,) in found if str(alice.id) in row] == [], table


def test_what_storage_does_not_let_go_is_not_said_to_be_gone(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    message = order(alice, erasure)

    def denied(**_: object) -> tuple[Any, dict[str, Any]]:
        answer = type("Answer", (), {"status_code": 200})()
        return answer, {"Errors": [{"Key": "k", "Code": "AccessDenied"}], "ResponseMetadata": {"HTTPStatusCode": 200}}

    with at_storage("DeleteObjects", denied):
        for _ in range(3):
            be_quiet(cloud)
            assert platform.deliver("run_account_job", [message]) == [message]
    assert look(platform.client, erasure)["status"] == "erasing"
    assert finish(platform, alice, erasure)["left"]["versions"] == 0


def test_rows_go_before_what_they_hang_on() -> None:
    ordered = order_children_first(
        ["accounts", "media", "tags", "loner"], [("media", "accounts"), ("tags", "media"), ("tags", "unknown")]
    )
    assert ordered.index("tags") < ordered.index("media") < ordered.index("accounts")
    assert sorted(ordered) == ["accounts", "loner", "media", "tags"]


def test_whatever_the_code_writes_to_storage_lies_where_it_is_looked_for(cloud: Cloud, platform: Platform) -> None:
    user = User(uuid4())
    live(platform, cloud, user)
    below = {(bucket.value, prefix) for bucket, prefix in list_prefixes(user.id)}
    for bucket in ("incoming", "library"):
        for each in cloud.s3.list_object_versions(Bucket=bucket).get("Versions", []):
            assert any(bucket == where and each["Key"].startswith(prefix) for where, prefix in below), each["Key"]


# ---- nothing comes back ----------------------------------------------------------------------------------------------------


def late(platform: Platform, cloud: Cloud, user: User, had: dict[str, Any]) -> list[tuple[str, str]]:
    """Every message that may still be on its way for a user: to which function, and what."""
    job = ask_for_speech(platform.client, user, had["media"], end=90)
    assert job.status_code == 202, job.body
    on_their_way = [("ingest", arrival(f"uploads/{user.id}/{had['pending']}"))]
    moved = True
    while moved:  # keep a copy of each message, deliver it, go on with what it brought about
        moved = False
        for queue, function in platform.FUNCTIONS[1:]:
            for message in cloud.messages(queue):
                on_their_way.append((function, message["Body"]))
                moved = True
                assert platform.deliver(function, [message["Body"]]) == []
    on_their_way.append(
        ("run_account_job", f'{{"kind":"export","owner_id":"{user.id}","export_id":"{had["export"]}"}}')
    )
    assert {function for function, _ in on_their_way} == {function for _, function in platform.FUNCTIONS}
    return on_their_way


def test_what_is_late_brings_nothing_back(platform: Platform, cloud: Cloud, alice: User) -> None:
    had = live(platform, cloud, alice)
    on_their_way = late(platform, cloud, alice, had)
    erasure = leave(platform.client, alice)
    assert platform.deliver("run_account_job", [order(alice, erasure)]) == []
    assert look(platform.client, erasure)["status"] == "verifying"
    for function, body in on_their_way:
        platform.deliver(function, [body])
    cloud.s3.put_object(Bucket="incoming", Key=f"uploads/{alice.id}/{had['pending']}", Body=TEXT)
    receipt = finish(platform, alice, erasure)
    assert receipt["removed"]["versions"]["incoming"] >= 2
    assert everything_of(cloud, alice) == []

    for function, body in on_their_way:
        platform.deliver(function, [body])
        platform.run()
    assert owner_rows.count(cloud, alice) == dict.fromkeys(owner_rows.owned(cloud), 0)
    # The one function without a database may still write sound: that is an object without a row, and the sweep's.
    assert {kept[1].split("/")[0] for kept in everything_of(cloud, alice)} <= {"speech"}


def test_nothing_new_is_taken_while_it_goes_on(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    leave(platform.client, alice)
    client = platform.client
    wanted = {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": 9}
    for method, path, body in (
        ("POST", "/v1/uploads", wanted),
        ("POST", "/v1/collections", {"name": "Sea"}),
        ("POST", f"/v1/media/{media['id']}/speech", {}),
        ("POST", "/v1/account/export", None),
        ("PATCH", f"/v1/media/{media['id']}", {"tags": ["sea"]}),
        ("GET", f"/v1/media/{media['id']}/url", None),
    ):
        refused = ask(client, alice, method, path, body)
        assert (refused.status_code, problem(refused)["code"]) == (409, "account_erasing"), path


def test_the_account_begins_anew_once_it_is_gone(platform: Platform, alice: User) -> None:
    upload(platform, alice, TEXT)
    first = leave(platform.client, alice)
    finish(platform, alice, first)
    media = upload(platform, alice, TEXT)
    found = ask(platform.client, alice, "GET", "/v1/account").json_body
    assert (found["usage"]["stored_items"], media["status"]) == (1, "ready")
    events = ask(platform.client, alice, "GET", "/v1/account/audit").json_body["items"]
    assert [event["number"] for event in events] == [2, 1]
    second = leave(platform.client, alice)
    assert second["id"] != first["id"]
    assert look(platform.client, first)["receipt"]["erasure_id"] == first["id"]
    assert finish(platform, alice, second)["account"] != look(platform.client, first)["receipt"]["account"]


# ---- every crash can be replayed -------------------------------------------------------------------------------------------

CRASHES = [
    ("ListMultipartUploads", "before-call", 1), ("AbortMultipartUpload", "before-call", 1),
    ("AbortMultipartUpload", "after-call", 1), ("AbortMultipartUpload", "after-call", 2),
    ("ListObjectVersions", "before-call", 1), ("ListObjectVersions", "after-call", 2),
    ("DeleteObjects", "before-call", 1), ("DeleteObjects", "after-call", 1),
    ("DeleteObjects", "before-call", 2), ("DeleteObjects", "after-call", 3),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "moment", "number"), CRASHES)
def test_an_erasure_whose_worker_died_ends_with_its_receipt(
    platform: Platform, cloud: Cloud, alice: User, operation: str, moment: str, number: int
) -> None:
    live_a_little(platform, cloud, alice)
    erasure = leave(platform.client, alice)
    message = order(alice, erasure)
    with at_storage(operation, nth(number), moment=moment), pytest.raises(WorkerDied):
        platform.deliver("run_account_job", [message])
    assert platform.deliver("run_account_job", [message]) == []  # the dead worker's lease still runs
    assert look(platform.client, erasure)["status"] == "erasing"
    receipt = finish(platform, alice, erasure)
    assert everything_of(cloud, alice) == []
    assert receipt["removed"]["rows"]["media"] == 2


@pytest.mark.parametrize(
    ("operation", "moment"), [("ListObjectVersions", "before-call"), ("ListMultipartUploads", "after-call")]
)
def test_a_proof_whose_worker_died_is_made_again(
    platform: Platform, cloud: Cloud, alice: User, operation: str, moment: str
) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    message = order(alice, erasure)
    assert platform.deliver("run_account_job", [message]) == []
    for number in range(1, 2 * len(list_prefixes(alice.id)) + 1):
        be_quiet(cloud)
        with at_storage(operation, nth(number), moment=moment), pytest.raises(WorkerDied):
            platform.deliver("run_account_job", [message])
        assert look(platform.client, erasure)["status"] == "verifying"
    assert finish(platform, alice, erasure, visits=1)["left"] == {"rows": 0, "versions": 0, "uploads": 0}


def test_a_failure_is_tried_again_at_once(platform: Platform, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    message = order(alice, erasure)

    def broken() -> None:
        raise OSError("no route to host")

    with at_storage("DeleteObjects", nth(1, broken)):
        assert platform.deliver("run_account_job", [message]) == [message]
    assert platform.deliver("run_account_job", [message]) == []
    assert look(platform.client, erasure)["status"] == "verifying"


def test_a_worker_that_lost_its_lease_says_nothing(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    overtaken: list[str] = []

    def overtake(**_: object) -> None:
        if not overtaken:
            overtaken.append("once")
            be_quiet(cloud)
            erase(ErasureMessage(owner_id=alice.id, erasure_id=UUID(erasure["id"])))

    with at_storage("DeleteObjects", overtake):
        assert platform.deliver("run_account_job", [order(alice, erasure)]) == []
    assert overtaken
    assert cloud.owner.execute("SELECT fence FROM erasures").fetchone() == (2,)
    assert finish(platform, alice, erasure)["left"]["rows"] == 0
    told = cloud.owner.execute("SELECT count(*) FROM audit_events WHERE action = 'account.erased'").fetchone()
    assert told == (1,)


def test_it_goes_on_in_as_many_visits_as_it_takes(platform: Platform, cloud: Cloud, alice: User) -> None:
    live_a_little(platform, cloud, alice)
    erasure = leave(platform.client, alice)
    visits = 0
    while look(platform.client, erasure)["status"] != "verifying":
        bodies = [message["Body"] for message in cloud.messages("account")]
        assert bodies
        for body in bodies:
            erase(ErasureMessage.model_validate_json(body), work_s=0)
            visits += 1
    assert visits > 20
    assert finish(platform, alice, erasure)["left"]["rows"] == 0


def test_its_proof_waits_until_every_worker_has_ended(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    assert platform.deliver("run_account_job", [order(alice, erasure)]) == []
    (row,) = cloud.owner.execute("SELECT due_at > now() + interval '14 minutes' FROM erasures").fetchall()
    assert row == (True,)
    assert platform.deliver("run_account_job", [order(alice, erasure)]) == []  # a message that came too early
    assert look(platform.client, erasure)["status"] == "verifying"


def test_the_sweep_goes_on_with_erasures_whose_message_was_lost(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    cloud.messages("account")  # lost
    with sweeping():
        assert reconcile.reconcile() == 0  # not yet late
    cloud.owner.execute("UPDATE erasures SET due_at = now() - interval '2 minutes'")
    with sweeping():
        assert reconcile.reconcile() == 1
    platform.run()
    assert look(platform.client, erasure)["status"] == "verifying"


def test_thousands_of_versions_take_as_many_pages(cloud: Cloud, alice: User) -> None:
    for number in range(1_003):
        cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{number}", Body=b"")
    s3.client.cache_clear()
    assert list(buckets.delete_prefix(s3.Bucket.LIBRARY, f"media/{alice.id}/")) == [1_000, 3]
    assert buckets.count_prefix(s3.Bucket.LIBRARY, f"media/{alice.id}/") == (0, 0)


def test_what_happened_to_the_account_is_logged_without_its_name(
    platform: Platform, alice: User, logged: Callable[[], str]
) -> None:
    upload(platform, alice, TEXT)
    erasure = leave(platform.client, alice)
    finish(platform, alice, erasure)
    (line,) = [line for line in logged().splitlines() if '"account erased"' in line]
    assert not re.search(str(alice.id), line)
    assert json.loads(line)["erasure_id"] == erasure["id"]
