"""What an account holds and may, and taking everything along."""

import hashlib
import io
import json
import os
import re
import zipfile
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from botocore.exceptions import ClientError
from chalice.test import Client

from chalicelib.exports import reconcile
from chalicelib.exports.build import build
from chalicelib.exports.content import account as contents
from chalicelib.exports.messages import AccountExportMessage
from chalicelib.library.model import view_key
from chalicelib.maintenance import object_deletions
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDied, at_storage, die, nth
from tests.integration.speech.test_speech import start as ask_for_speech
from tests.integration.uploads.test_uploads import TEXT, start, upload

MIB = 1024 * 1024


def ask(client: Client, user: User, **headers: str) -> Any:
    return client.http.post("/v1/account/export", headers={**user.headers, **headers}, body=b"")


def look(client: Client, user: User, export_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.http.get(f"/v1/account/export/{export_id}", headers=user.headers).json_body
    return found


def account(client: Client, user: User) -> dict[str, Any]:
    found: dict[str, Any] = client.http.get("/v1/account", headers=user.headers).json_body
    return found


def archive(cloud: Cloud, user: User, export_id: str) -> zipfile.ZipFile:
    body = cloud.s3.get_object(Bucket="library", Key=f"exports/{user.id}/{export_id}.zip")["Body"].read()
    return zipfile.ZipFile(io.BytesIO(body))


def verified(found: zipfile.ZipFile) -> dict[str, bytes]:
    """The files of an export, after every checksum was compared and nothing was found that the manifest does not list."""
    assert found.testzip() is None
    files = {name: found.read(name) for name in found.namelist()}
    assert len(files) == len(found.namelist())
    manifest = json.loads(files.pop("manifest.json"))
    listed = {each["name"]: (each["size_bytes"], each["sha256"]) for each in manifest["files"]}
    assert listed == {name: (len(body), hashlib.sha256(body).hexdigest()) for name, body in files.items()}
    return files


def rows(files: dict[str, bytes], table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files[f"rows/{table}.json"])
    return found


def enlarge(cloud: Cloud, user: User, media_id: str, size_bytes: int = 6 * MIB) -> bytes:
    """Let the object of a media be large, so that an export of it takes more than one part."""
    content = os.urandom(size_bytes)
    cloud.s3.put_object(Bucket="library", Key=f"media/{user.id}/{media_id}/original", Body=content)
    return content


def release(cloud: Cloud) -> None:
    """The lease of a worker that died runs out."""
    cloud.owner.execute("UPDATE exports SET lease_until = now() - interval '1 second'")


# ---- usage and limits ----------------------------------------------------------------------------------------------------


def test_a_new_account_holds_nothing_and_knows_its_limits(client: Client, alice: User) -> None:
    found = account(client, alice)
    assert (found["id"], found["created_at"]) == (str(alice.id), None)
    assert (found["usage"]["stored_bytes"], found["usage"]["stored_items"], found["usage"]["collections"]) == (0, 0, 0)
    assert set(found["usage"]["media"].values()) == {0}
    promised = {"file_bytes": 104_857_600, "speech_requests_per_minute": 10, "page_rows": 100, "pdf_pages": 2_000,
                "speech_characters_per_job": 5_000_000, "upload_url_valid_s": 900, "trash_days": 30}  # fmt: skip
    assert found["limits"].items() >= promised.items()


def test_usage_counts_what_is_there_and_nothing_of_others(platform: Platform, alice: User, bob: User) -> None:
    media = upload(platform, alice, TEXT)
    upload(platform, alice, b"\x00\x01" * 50)
    start(platform.client, alice, TEXT)
    upload(platform, bob, TEXT)
    platform.client.http.post("/v1/collections", headers=alice.headers, body=b'{"name":"Sea"}')
    ask_for_speech(platform.client, alice, media["id"], end=19)
    usage = account(platform.client, alice)["usage"]
    assert (usage["stored_bytes"], usage["stored_items"]) == (2 * len(TEXT), 2)
    assert {status: number for status, number in usage["media"].items() if number} == {
        "ready": 1, "rejected": 1, "pending": 1,
    }  # fmt: skip
    assert (usage["collections"], usage["speech_jobs"], usage["speech_jobs_unfinished"]) == (1, 1, 1)
    platform.run()
    usage = account(platform.client, alice)["usage"]
    assert (usage["speech_jobs_unfinished"], usage["spoken_characters"]) == (0, 19)


# ---- export ----------------------------------------------------------------------------------------------------------------


def test_an_export_holds_everything_with_its_checksums(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    media = upload(platform, alice, TEXT, filename="my rock?.txt")
    theirs = upload(platform, bob, TEXT)
    platform.client.http.post("/v1/collections", headers=alice.headers, body=b'{"name":"Sea"}')
    job = ask_for_speech(platform.client, alice, media["id"], end=40).json_body["id"]
    platform.run()
    accepted = ask(platform.client, alice)
    assert (accepted.status_code, accepted.json_body["status"]) == (202, "queued")
    export_id = accepted.json_body["id"]
    assert accepted.headers["Location"] == f"/v1/account/export/{export_id}"
    assert look(platform.client, alice, export_id)["url"] is None
    platform.run()

    done = look(platform.client, alice, export_id)
    assert (done["status"], done["error"]) == ("done", None)
    assert done["expires_at"] > done["finished_at"]
    assert re.search(r"filename=\"visionary-\d{4}-\d\d-\d\d.zip\"", unquote(done["url"]))
    found = archive(cloud, alice, export_id)
    files = verified(found)
    assert done["files"] == len(files) + 1
    assert {info.date_time[:3] for info in found.infolist()} == {
        datetime.fromisoformat(done["created_at"]).timetuple()[:3]
    }
    assert (
        done["size_bytes"]
        == cloud.s3.head_object(Bucket="library", Key=f"exports/{alice.id}/{export_id}.zip")["ContentLength"]
    )
    assert files[f"media/{media['id']}/my rock_.txt"] == TEXT
    for name in ("audio.mp3", "marks.json"):
        key = f"speech/{alice.id}/{job}/{name}"
        assert files[f"recordings/{job}/{name}"] == cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()
    assert [row["id"] for row in rows(files, "media")] == [media["id"]]
    assert [row["name"] for row in rows(files, "collections")] == ["Sea"]
    assert "".join(row["body"] for row in rows(files, "media_passages")) == TEXT.decode().strip()
    assert [row["action"] for row in rows(files, "audit_events")][:2] == ["upload.started", "upload.accepted"]
    everything = b"".join(files.values())
    for foreign in (str(bob.id), theirs["id"], "X-Amz-Signature"):
        assert foreign.encode() not in everything


def test_every_owned_table_is_exported_or_left_out_for_a_reason(platform: Platform, cloud: Cloud, alice: User) -> None:
    export_id = ask(platform.client, alice).json_body["id"]
    platform.run()
    exported = {name[5:-5] for name in verified(archive(cloud, alice, export_id)) if name.startswith("rows/")}
    owned = {
        row[0]
        for row in cloud.owner.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'owner_id'"
        )
    }
    assert exported == owned - set(contents.OMITTED_TABLES)
    assert set(contents.OMITTED_TABLES) <= owned
    assert len(exported) >= 10


def test_the_original_of_a_disarmed_document_is_not_in_it(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename="form.pdf.txt")
    cloud.owner.execute("UPDATE media SET original_withheld = true")
    cloud.s3.put_object(
        Bucket="library", Key=f"withheld/{alice.id}/{media['id']}/original", Body=b"the withheld original"
    )
    view = view_key(alice.id, UUID(media["id"]), media["media_type"])
    cloud.s3.put_object(Bucket="library", Key=view, Body=b"the view copy")
    export_id = ask(platform.client, alice).json_body["id"]
    platform.run()
    files = verified(archive(cloud, alice, export_id))
    assert files[f"media/{media['id']}/form.pdf.txt"] == b"the view copy"
    assert b"the withheld original" not in b"".join(files.values())


def test_an_object_that_is_gone_leaves_a_note_and_no_failure(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    cloud.s3.delete_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/original")
    export_id = ask(platform.client, alice).json_body["id"]
    platform.run()
    assert f"media/{media['id']}/MISSING.txt" in verified(archive(cloud, alice, export_id))


def test_one_export_at_a_time_and_three_a_day(platform: Platform, alice: User, bob: User) -> None:
    first = ask(platform.client, alice).json_body["id"]
    assert ask(platform.client, alice).json_body["id"] == first
    for _ in range(2):
        platform.run()
        assert ask(platform.client, alice).status_code == 202
    platform.run()
    refused = ask(platform.client, alice)
    assert (refused.status_code, problem(refused)["code"]) == (429, "rate_limited")
    assert ask(platform.client, bob).status_code == 202


def test_the_same_request_makes_one_export(platform: Platform, cloud: Cloud, alice: User) -> None:
    headers = {"Idempotency-Key": "mine"}
    first = ask(platform.client, alice, **headers).json_body["id"]
    platform.run()
    assert ask(platform.client, alice, **headers).json_body["id"] == first
    assert cloud.owner.execute("SELECT count(*) FROM exports").fetchone() == (1,)


def test_nobody_gets_anothers_export(platform: Platform, alice: User, bob: User) -> None:
    export_id = ask(platform.client, alice).json_body["id"]
    platform.run()
    assert platform.client.http.get(f"/v1/account/export/{export_id}", headers=bob.headers).status_code == 404
    assert platform.client.http.get("/v1/account/export", headers=bob.headers).json_body["items"] == []
    mine = platform.client.http.get("/v1/account/export", headers=alice.headers).json_body["items"]
    assert [each["id"] for each in mine] == [export_id]


def test_an_order_for_anothers_export_does_nothing(platform: Platform, cloud: Cloud, alice: User, bob: User) -> None:
    export_id = ask(platform.client, alice).json_body["id"]
    cloud.messages("account")
    forged = AccountExportMessage(owner_id=bob.id, export_id=UUID(export_id)).model_dump_json()
    assert platform.deliver("run_account_job", [forged]) == []
    assert look(platform.client, alice, export_id)["status"] == "queued"


def test_an_export_goes_on_in_as_many_visits_as_it_takes(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = [upload(platform, alice, TEXT, filename=f"{number}.txt") for number in range(4)]
    content = {each["id"]: enlarge(cloud, alice, each["id"]) for each in media}
    export_id = ask(platform.client, alice).json_body["id"]
    visits = 0
    while bodies := [message["Body"] for message in cloud.messages("account")]:
        for body in bodies:
            build(AccountExportMessage.model_validate_json(body), work_s=0)
            visits += 1
    assert visits == 5
    assert look(platform.client, alice, export_id)["status"] == "done"
    files = verified(archive(cloud, alice, export_id))
    for number, each in enumerate(media):
        assert files[f"media/{each['id']}/{number}.txt"] == content[each["id"]]


CRASHES = [
    ("CreateMultipartUpload", "before-call", 1), ("CreateMultipartUpload", "after-call", 1),
    ("GetObject", "before-call", 1), ("GetObject", "after-call", 2), ("GetObject", "after-call", 3),
    ("UploadPart", "before-call", 1), ("UploadPart", "after-call", 1), ("UploadPart", "before-call", 2),
    ("UploadPart", "after-call", 2), ("UploadPart", "before-call", 4), ("UploadPart", "after-call", 4),
    ("CompleteMultipartUpload", "before-call", 1), ("CompleteMultipartUpload", "after-call", 1),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "moment", "number"), CRASHES)
def test_an_export_whose_worker_died_is_finished_by_the_next(
    platform: Platform, cloud: Cloud, alice: User, operation: str, moment: str, number: int
) -> None:
    media = [upload(platform, alice, TEXT, filename=f"{each}.txt") for each in range(3)]
    content = {each["id"]: enlarge(cloud, alice, each["id"]) for each in media}
    export_id = ask(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    with at_storage(operation, nth(number), moment=moment), pytest.raises(WorkerDied):
        platform.deliver("run_account_job", [message["Body"]])
    assert platform.deliver("run_account_job", [message["Body"]]) == []  # the dead worker's lease still runs
    assert look(platform.client, alice, export_id)["status"] == "running"
    release(cloud)
    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert look(platform.client, alice, export_id)["status"] == "done"
    files = verified(archive(cloud, alice, export_id))
    for name, each in enumerate(media):
        assert files[f"media/{each['id']}/{name}.txt"] == content[each["id"]]
    assert cloud.owner.execute("SELECT count(*) FROM export_entries").fetchone() == (0,)
    versions = cloud.s3.list_object_versions(Bucket="library", Prefix=f"exports/{alice.id}/")["Versions"]
    assert len(versions) == 1


def test_a_failure_is_tried_again_at_once(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    export_id = ask(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")

    def disk_full() -> None:
        raise OSError("no space left on device")

    with at_storage("UploadPart", nth(1, disk_full)):
        assert platform.deliver("run_account_job", [message["Body"]]) == [message["Body"]]
    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert look(platform.client, alice, export_id)["status"] == "done"


def test_an_export_whose_parts_are_gone_begins_anew(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename="rock.txt")
    content = enlarge(cloud, alice, media["id"])
    export_id = ask(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    with at_storage("CompleteMultipartUpload", die), pytest.raises(WorkerDied):
        platform.deliver("run_account_job", [message["Body"]])
    (lost,) = cloud.s3.list_multipart_uploads(Bucket="library")["Uploads"]
    cloud.s3.abort_multipart_upload(Bucket="library", Key=lost["Key"], UploadId=lost["UploadId"])
    release(cloud)
    assert platform.deliver("run_account_job", [message["Body"]]) == [message["Body"]]
    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert verified(archive(cloud, alice, export_id))[f"media/{media['id']}/rock.txt"] == content


def test_an_export_that_storage_completed_already_is_not_made_twice(
    platform: Platform, cloud: Cloud, alice: User
) -> None:
    upload(platform, alice, TEXT)
    export_id = ask(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    with at_storage("CompleteMultipartUpload", die, moment="after-call"), pytest.raises(WorkerDied):
        platform.deliver("run_account_job", [message["Body"]])
    release(cloud)

    def forgotten(**_: object) -> None:  # what S3 answers some time after an upload was completed
        raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "CompleteMultipartUpload")

    with at_storage("CompleteMultipartUpload", forgotten):
        assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert look(platform.client, alice, export_id)["status"] == "done"
    assert len(cloud.s3.list_object_versions(Bucket="library", Prefix=f"exports/{alice.id}/")["Versions"]) == 1
    verified(archive(cloud, alice, export_id))


def test_a_worker_that_lost_its_lease_writes_nothing(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename="rock.txt")
    content = enlarge(cloud, alice, media["id"])
    export_id = ask(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    overtaken: list[str] = []

    def overtake(**_: object) -> None:
        if not overtaken:
            overtaken.append(export_id)
            release(cloud)
            build(AccountExportMessage.model_validate_json(message["Body"]))

    with at_storage("UploadPart", overtake):
        platform.deliver("run_account_job", [message["Body"]])
    assert overtaken
    assert look(platform.client, alice, export_id)["status"] == "done"
    assert verified(archive(cloud, alice, export_id))[f"media/{media['id']}/rock.txt"] == content
    finished = cloud.owner.execute("SELECT count(*) FROM audit_events WHERE action = 'export.finished'").fetchone()
    assert finished == (1,)


def test_what_cannot_be_finished_in_a_day_is_given_up(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    export_id = ask(platform.client, alice).json_body["id"]
    cloud.owner.execute("UPDATE exports SET created_at = now() - interval '25 hours'")
    platform.run()
    given_up = look(platform.client, alice, export_id)
    assert (given_up["status"], given_up["url"]) == ("failed", None)
    assert "Request a new one" in given_up["error"]
    assert ask(platform.client, alice).status_code == 202


def test_the_sweep_goes_on_with_lost_exports_and_removes_expired_ones(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    upload(platform, alice, TEXT)
    export_id = ask(platform.client, alice).json_body["id"]
    cloud.messages("account")  # lost
    cloud.owner.execute("UPDATE exports SET updated_at = now() - interval '1 hour'")
    with sweeping():
        assert reconcile.reconcile_account_exports() == reconcile.ReconcileCounts(resent=1, expired=0)
    platform.run()
    assert look(platform.client, alice, export_id)["status"] == "done"
    cloud.owner.execute("UPDATE exports SET expires_at = now() - interval '1 second'")
    with sweeping():
        assert reconcile.reconcile_account_exports() == reconcile.ReconcileCounts(resent=0, expired=1)
        cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
        assert object_deletions.process(limit=100) == 1
    assert platform.client.http.get(f"/v1/account/export/{export_id}", headers=alice.headers).status_code == 404
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="library", Prefix=f"exports/{alice.id}/")


def test_long_tables_are_cut_into_files(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    more = 2 * contents.ROWS_PER_FILE + 5
    cloud.owner.execute(
        """INSERT INTO media_passages (media_id, owner_id, number, page, text_start, text_end, body)
           SELECT %s, %s, 100 + n, 1, 0, 0, 'x' FROM generate_series(1, %s) AS n""",
        [media["id"], alice.id, more - 1],
    )
    export_id = ask(platform.client, alice).json_body["id"]
    platform.run()
    files = verified(archive(cloud, alice, export_id))
    names = sorted(name for name in files if name.startswith("rows/media_passages"))
    assert names == ["rows/media_passages-2.json", "rows/media_passages-3.json", "rows/media_passages.json"]
    numbers = [row["number"] for name in names for row in json.loads(files[name])]
    assert len(numbers) == len(set(numbers)) == more


@pytest.mark.parametrize(
    ("filename", "safe"),
    [
        ("book.pdf", "book.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c*d?.txt", "a_b_c_d_.txt"),
        ("...", "file"),
        ("ünï.pdf", "ünï.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_in_the_archive_lead_nowhere_else(filename: str, safe: str) -> None:
    assert contents.safe_name(filename) == safe
