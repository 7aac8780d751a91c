"""Exports of an account: their content, resuming after crashes, expiry."""

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
from chalicelib.library.object_keys import view_key
from chalicelib.maintenance import object_deletions
from chalicelib.platform.db.owned_tables import list_owned_tables
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, die, intercept_s3, on_call
from tests.integration.speech.test_speech import start as ask_for_speech
from tests.integration.uploads.test_uploads import TEXT, upload

MIB = 1024 * 1024


def request_export(client: Client, user: User, **headers: str) -> Any:
    return client.http.post("/v1/account/export", headers={**user.headers, **headers}, body=b"")


def get_export(client: Client, user: User, export_id: str) -> dict[str, Any]:
    export: dict[str, Any] = client.http.get(f"/v1/account/export/{export_id}", headers=user.headers).json_body
    return export


def open_archive(cloud: Cloud, user: User, export_id: str) -> zipfile.ZipFile:
    body = cloud.s3.get_object(Bucket="library", Key=f"exports/{user.id}/{export_id}.zip")["Body"].read()
    return zipfile.ZipFile(io.BytesIO(body))


def verified_files(opened: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the files of an export once all checksums and the manifest match."""
    assert opened.testzip() is None
    files = {name: opened.read(name) for name in opened.namelist()}
    assert len(files) == len(opened.namelist())
    manifest = json.loads(files.pop("manifest.json"))
    listed = {file["name"]: (file["size_bytes"], file["sha256"]) for file in manifest["files"]}
    assert listed == {name: (len(body), hashlib.sha256(body).hexdigest()) for name, body in files.items()}
    return files


def rows(files: dict[str, bytes], table: str) -> list[dict[str, Any]]:
    exported: list[dict[str, Any]] = json.loads(files[f"rows/{table}.json"])
    return exported


def enlarge(cloud: Cloud, user: User, media_id: str, size_bytes: int = 6 * MIB) -> bytes:
    """Replace the object of a media by a large one, so that its export takes more than one part."""
    content = os.urandom(size_bytes)
    cloud.s3.put_object(Bucket="library", Key=f"media/{user.id}/{media_id}/original", Body=content)
    return content


def expire_lease(cloud: Cloud) -> None:
    """End the lease of a worker that died."""
    cloud.owner.execute("UPDATE exports SET lease_until = now() - interval '1 second'")


def test_an_export_contains_everything_with_its_checksums(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    media = upload(platform, alice, TEXT, filename="my rock?.txt")
    theirs = upload(platform, bob, TEXT)
    platform.client.http.post("/v1/collections", headers=alice.headers, body=b'{"name":"Sea"}')
    job = ask_for_speech(platform.client, alice, media["id"], end=40).json_body["id"]
    platform.run()
    accepted = request_export(platform.client, alice)
    assert (accepted.status_code, accepted.json_body["status"]) == (202, "queued")
    export_id = accepted.json_body["id"]
    assert accepted.headers["Location"] == f"/v1/account/export/{export_id}"
    assert get_export(platform.client, alice, export_id)["url"] is None
    platform.run()

    done = get_export(platform.client, alice, export_id)
    assert (done["status"], done["error"]) == ("done", None)
    assert done["expires_at"] > done["finished_at"]
    assert re.search(r"filename=\"visionary-\d{4}-\d\d-\d\d.zip\"", unquote(done["url"]))
    opened = open_archive(cloud, alice, export_id)
    files = verified_files(opened)
    assert done["files"] == len(files) + 1
    assert {info.date_time[:3] for info in opened.infolist()} == {
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


def test_every_owned_table_is_exported_or_omitted_for_a_reason(platform: Platform, cloud: Cloud, alice: User) -> None:
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    exported = {
        name[5:-5] for name in verified_files(open_archive(cloud, alice, export_id)) if name.startswith("rows/")
    }
    owned = {table.name for table in list_owned_tables(cloud.owner)}
    assert exported == owned - set(contents.OMITTED_TABLES)
    assert set(contents.OMITTED_TABLES) <= owned
    assert len(exported) >= 10


def test_a_withheld_original_is_not_exported(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename="form.pdf.txt")
    cloud.owner.execute("UPDATE media SET original_withheld = true")
    cloud.s3.put_object(
        Bucket="library", Key=f"withheld/{alice.id}/{media['id']}/original", Body=b"the withheld original"
    )
    view = view_key(alice.id, UUID(media["id"]), media["media_type"])
    cloud.s3.put_object(Bucket="library", Key=view, Body=b"the view copy")
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    files = verified_files(open_archive(cloud, alice, export_id))
    assert files[f"media/{media['id']}/form.pdf.txt"] == b"the view copy"
    assert b"the withheld original" not in b"".join(files.values())


def test_a_missing_object_becomes_a_note_in_the_archive(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    cloud.s3.delete_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/original")
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    assert f"media/{media['id']}/MISSING.txt" in verified_files(open_archive(cloud, alice, export_id))


def test_exports_are_limited_to_one_at_a_time_and_three_a_day(platform: Platform, alice: User, bob: User) -> None:
    first = request_export(platform.client, alice).json_body["id"]
    assert request_export(platform.client, alice).json_body["id"] == first
    for _ in range(2):
        platform.run()
        assert request_export(platform.client, alice).status_code == 202
    platform.run()
    rejected = request_export(platform.client, alice)
    assert (rejected.status_code, problem(rejected)["code"]) == (429, "rate_limited")
    assert request_export(platform.client, bob).status_code == 202


def test_a_repeated_request_creates_one_export(platform: Platform, cloud: Cloud, alice: User) -> None:
    headers = {"Idempotency-Key": "mine"}
    first = request_export(platform.client, alice, **headers).json_body["id"]
    platform.run()
    assert request_export(platform.client, alice, **headers).json_body["id"] == first
    assert cloud.owner.execute("SELECT count(*) FROM exports").fetchone() == (1,)


def test_an_export_is_hidden_from_other_owners(platform: Platform, alice: User, bob: User) -> None:
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    assert platform.client.http.get(f"/v1/account/export/{export_id}", headers=bob.headers).status_code == 404
    assert platform.client.http.get("/v1/account/export", headers=bob.headers).json_body["items"] == []
    mine = platform.client.http.get("/v1/account/export", headers=alice.headers).json_body["items"]
    assert [export["id"] for export in mine] == [export_id]


def test_a_message_for_another_owners_export_does_nothing(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    export_id = request_export(platform.client, alice).json_body["id"]
    cloud.messages("account")
    forged = AccountExportMessage(owner_id=bob.id, export_id=UUID(export_id)).model_dump_json()
    assert platform.deliver("run_account_job", [forged]) == []
    assert get_export(platform.client, alice, export_id)["status"] == "queued"


def test_an_export_resumes_in_as_many_runs_as_it_takes(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = [upload(platform, alice, TEXT, filename=f"{number}.txt") for number in range(4)]
    content = {row["id"]: enlarge(cloud, alice, row["id"]) for row in media}
    export_id = request_export(platform.client, alice).json_body["id"]
    runs = 0
    while bodies := [message["Body"] for message in cloud.messages("account")]:
        for body in bodies:
            build(AccountExportMessage.model_validate_json(body), work_s=0)
            runs += 1
    assert runs == 5
    assert get_export(platform.client, alice, export_id)["status"] == "done"
    files = verified_files(open_archive(cloud, alice, export_id))
    for number, row in enumerate(media):
        assert files[f"media/{row['id']}/{number}.txt"] == content[row["id"]]


CRASHES = [
    ("CreateMultipartUpload", "before-call", 1), ("CreateMultipartUpload", "after-call", 1),
    ("GetObject", "before-call", 1), ("GetObject", "after-call", 2), ("GetObject", "after-call", 3),
    ("UploadPart", "before-call", 1), ("UploadPart", "after-call", 1), ("UploadPart", "before-call", 2),
    ("UploadPart", "after-call", 2), ("UploadPart", "before-call", 4), ("UploadPart", "after-call", 4),
    ("CompleteMultipartUpload", "before-call", 1), ("CompleteMultipartUpload", "after-call", 1),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "moment", "call_number"), CRASHES)
def test_an_export_is_finished_by_the_next_worker_when_one_dies(
    platform: Platform, cloud: Cloud, alice: User, operation: str, moment: str, call_number: int
) -> None:
    media = [upload(platform, alice, TEXT, filename=f"{number}.txt") for number in range(3)]
    content = {row["id"]: enlarge(cloud, alice, row["id"]) for row in media}
    export_id = request_export(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    with intercept_s3(operation, on_call(call_number), moment=moment), pytest.raises(WorkerDiedError):
        platform.deliver("run_account_job", [message["Body"]])
    assert platform.deliver("run_account_job", [message["Body"]]) == []  # the dead worker's lease still runs
    assert get_export(platform.client, alice, export_id)["status"] == "running"
    expire_lease(cloud)
    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert get_export(platform.client, alice, export_id)["status"] == "done"
    files = verified_files(open_archive(cloud, alice, export_id))
    for number, row in enumerate(media):
        assert files[f"media/{row['id']}/{number}.txt"] == content[row["id"]]
    assert cloud.owner.execute("SELECT count(*) FROM export_entries").fetchone() == (0,)
    versions = cloud.s3.list_object_versions(Bucket="library", Prefix=f"exports/{alice.id}/")["Versions"]
    assert len(versions) == 1


def test_a_failed_run_is_retried_at_once(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    export_id = request_export(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")

    def disk_full() -> None:
        raise OSError("no space left on device")

    with intercept_s3("UploadPart", on_call(1, disk_full)):
        assert platform.deliver("run_account_job", [message["Body"]]) == [message["Body"]]
    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert get_export(platform.client, alice, export_id)["status"] == "done"


def test_an_export_with_missing_parts_starts_anew(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename="rock.txt")
    content = enlarge(cloud, alice, media["id"])
    export_id = request_export(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    with intercept_s3("CompleteMultipartUpload", die), pytest.raises(WorkerDiedError):
        platform.deliver("run_account_job", [message["Body"]])
    (orphaned,) = cloud.s3.list_multipart_uploads(Bucket="library")["Uploads"]
    cloud.s3.abort_multipart_upload(Bucket="library", Key=orphaned["Key"], UploadId=orphaned["UploadId"])
    expire_lease(cloud)
    assert platform.deliver("run_account_job", [message["Body"]]) == [message["Body"]]
    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert verified_files(open_archive(cloud, alice, export_id))[f"media/{media['id']}/rock.txt"] == content


def test_an_archive_that_the_release_before_started_is_resumed(platform: Platform, cloud: Cloud, alice: User) -> None:
    """Release 0.1 let zipfile write the archive and recorded this checkpoint."""
    media = [upload(platform, alice, TEXT, filename=f"{number}.txt") for number in range(2)]
    content = enlarge(cloud, alice, media[0]["id"])
    export_id = request_export(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    key, name = f"exports/{alice.id}/{export_id}.zip", f"media/{media[0]['id']}/0.txt"

    part, made_at = io.BytesIO(), datetime.fromisoformat(get_export(platform.client, alice, export_id)["created_at"])
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as opened:
        info = zipfile.ZipInfo(name, made_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        opened.writestr(info, content)
        written = opened.filelist[0]
        size = opened.start_dir
    upload_id = cloud.s3.create_multipart_upload(Bucket="library", Key=key)["UploadId"]
    etag = cloud.s3.upload_part(
        Bucket="library", Key=key, UploadId=upload_id, PartNumber=1, Body=part.getvalue()[:size]
    )["ETag"]
    cloud.owner.execute(
        """UPDATE exports SET status = 'running', fence = 1, upload_id = %s, source = 'media', place = %s, byte_count = %s,
                              file_count = 1""",
        [upload_id, json.dumps({"after": media[0]["id"]}), size],
    )
    cloud.owner.execute(
        """INSERT INTO export_entries (export_id, owner_id, number, name, header_offset, flags, crc, size_bytes, stored_bytes,
                                       sha256) VALUES (%s, %s, 1, %s, 0, %s, %s, %s, %s, %s)""",
        [export_id, alice.id, name, written.flag_bits, written.CRC, written.file_size, written.compress_size,
         hashlib.sha256(content).hexdigest()],
    )  # fmt: skip
    cloud.owner.execute(
        "INSERT INTO export_parts (export_id, owner_id, number, etag) VALUES (%s, %s, 1, %s)",
        [export_id, alice.id, etag],
    )

    assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert get_export(platform.client, alice, export_id)["status"] == "done"
    files = verified_files(open_archive(cloud, alice, export_id))
    assert files == {name: content, f"media/{media[1]['id']}/1.txt": TEXT}
    assert cloud.s3.list_multipart_uploads(Bucket="library").get("Uploads", []) == []


def test_an_export_already_completed_in_storage_is_not_written_again(
    platform: Platform, cloud: Cloud, alice: User
) -> None:
    upload(platform, alice, TEXT)
    export_id = request_export(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    with intercept_s3("CompleteMultipartUpload", die, moment="after-call"), pytest.raises(WorkerDiedError):
        platform.deliver("run_account_job", [message["Body"]])
    expire_lease(cloud)

    def upload_unknown(**_: object) -> None:  # what S3 returns some time after an upload was completed
        raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "CompleteMultipartUpload")

    with intercept_s3("CompleteMultipartUpload", upload_unknown):
        assert platform.deliver("run_account_job", [message["Body"]]) == []
    assert get_export(platform.client, alice, export_id)["status"] == "done"
    assert len(cloud.s3.list_object_versions(Bucket="library", Prefix=f"exports/{alice.id}/")["Versions"]) == 1
    verified_files(open_archive(cloud, alice, export_id))


def test_a_worker_without_its_lease_writes_nothing(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename="rock.txt")
    content = enlarge(cloud, alice, media["id"])
    export_id = request_export(platform.client, alice).json_body["id"]
    (message,) = cloud.messages("account")
    overtaken: list[str] = []

    def overtake(**_: object) -> None:
        if not overtaken:
            overtaken.append(export_id)
            expire_lease(cloud)
            build(AccountExportMessage.model_validate_json(message["Body"]))

    with intercept_s3("UploadPart", overtake):
        platform.deliver("run_account_job", [message["Body"]])
    assert overtaken
    assert get_export(platform.client, alice, export_id)["status"] == "done"
    assert verified_files(open_archive(cloud, alice, export_id))[f"media/{media['id']}/rock.txt"] == content
    finished = cloud.owner.execute("SELECT count(*) FROM audit_events WHERE action = 'export.finished'").fetchone()
    assert finished == (1,)


def test_an_export_not_finished_in_a_day_fails(platform: Platform, cloud: Cloud, alice: User) -> None:
    upload(platform, alice, TEXT)
    export_id = request_export(platform.client, alice).json_body["id"]
    cloud.owner.execute("UPDATE exports SET created_at = now() - interval '25 hours'")
    platform.run()
    failed = get_export(platform.client, alice, export_id)
    assert (failed["status"], failed["url"]) == ("failed", None)
    assert "Request a new one" in failed["error"]
    assert request_export(platform.client, alice).status_code == 202


def test_the_sweep_resumes_stalled_exports_and_deletes_expired_ones(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    upload(platform, alice, TEXT)
    export_id = request_export(platform.client, alice).json_body["id"]
    cloud.messages("account")  # lost
    cloud.owner.execute("UPDATE exports SET updated_at = now() - interval '1 hour'")
    with sweeping():
        assert reconcile.reconcile_account_exports() == reconcile.ReconcileCounts(resent=1, expired=0)
    platform.run()
    assert get_export(platform.client, alice, export_id)["status"] == "done"
    cloud.owner.execute("UPDATE exports SET expires_at = now() - interval '1 second'")
    with sweeping():
        assert reconcile.reconcile_account_exports() == reconcile.ReconcileCounts(resent=0, expired=1)
        cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
        assert object_deletions.process(limit=100) == 1
    assert platform.client.http.get(f"/v1/account/export/{export_id}", headers=alice.headers).status_code == 404
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="library", Prefix=f"exports/{alice.id}/")


def test_long_tables_are_split_into_files(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    more = 2 * contents.ROWS_PER_FILE + 5
    cloud.owner.execute(
        """INSERT INTO media_passages (media_id, owner_id, number, page, text_start, text_end, body)
           SELECT %s, %s, 100 + n, 1, 0, 0, 'x' FROM generate_series(1, %s) AS n""",
        [media["id"], alice.id, more - 1],
    )
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    files = verified_files(open_archive(cloud, alice, export_id))
    names = sorted(name for name in files if name.startswith("rows/media_passages"))
    assert names == ["rows/media_passages-2.json", "rows/media_passages-3.json", "rows/media_passages.json"]
    numbers = [row["number"] for name in names for row in json.loads(files[name])]
    assert len(numbers) == len(set(numbers)) == more
