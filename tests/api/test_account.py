"""What belongs to the account as a whole: what it holds, what was done, taking it along, and leaving."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from typing import Any

import pytest
import requests

from tests.api.client import Api

Json = Any
RECEIPT_WITHIN_S = 30  # where the deployment waits longer for its workers, the receipt comes after this run
NOTE = b"Whoever reads this owns a lighthouse."


def test_usage_tells_what_is_stored_and_what_may_be(alice: Api, book: Json, shelf: Json, reading: Json) -> None:
    found = alice.get("/v1/account")
    usage, limits = found["usage"], found["limits"]
    assert book["size_bytes"] <= usage["stored_bytes"] <= limits["quota_bytes"]
    assert 1 <= usage["stored_items"] <= limits["quota_items"]
    assert usage["media"]["ready"] >= 1
    assert usage["collections"] >= 1
    assert usage["speech_jobs"] >= 1
    assert usage["spoken_characters"] >= reading["characters"] > 0
    assert (limits["file_bytes"], limits["page_rows"], limits["speech_requests_per_minute"]) == (104_857_600, 100, 10)
    assert shelf["id"] in {each["id"] for each in alice.get("/v1/collections", limit=100)["items"]}


def test_the_audit_trail_tells_of_what_was_done_by_whom_and_from_where(alice: Api, bob: Api) -> None:
    media_id = alice.begin(NOTE, filename="note.txt")["media"]["id"]
    alice.call("DELETE", f"/v1/uploads/{media_id}", expect=204)
    events = [each for each in trail(alice) if each["subject_id"] == media_id]
    assert [each["action"] for each in events] == ["upload.aborted", "upload.started"]
    for event in events:
        assert event["actor"] == "owner"
        assert event["address"]
        assert "python-requests" in event["agent"]
        assert event["request_id"]
    assert media_id not in {each["subject_id"] for each in trail(bob)}


def test_the_audit_trail_is_whole(alice: Api) -> None:
    checked = alice.get("/v1/account/audit/check")
    assert (checked["intact"], checked["fault"]) == (True, None)
    assert checked["first"] <= checked["last"]
    assert len(checked["hash"]) == 64


def trail(user: Api) -> list[Json]:
    """The newest events."""
    events: list[Json] = user.get("/v1/account/audit", limit=100)["items"]
    numbers = [event["number"] for event in events]
    assert numbers == sorted(numbers, reverse=True)
    return events


@pytest.fixture(scope="module")
def note(leaver: Api) -> Json:
    media = leaver.upload(NOTE, filename="note.txt")
    assert media["status"] == "ready"
    leaver.collect("drawer")
    return media


@pytest.fixture(scope="module")
def exported(leaver: Api, note: Json) -> Json:
    """A finished export of an account that holds the note."""
    assert note["id"]
    begun = leaver.call("POST", "/v1/account/export", expect=202)
    export = begun.json()
    assert begun.headers["Location"] == f"/v1/account/export/{export['id']}"
    assert leaver.call("POST", "/v1/account/export", expect=202).json()["id"] == export["id"]  # one at a time
    return leaver.until(f"/v1/account/export/{export['id']}", lambda found: found["status"] in {"done", "failed"})


def test_an_export_is_a_zip_of_everything_with_its_checksums(leaver: Api, note: Json, exported: Json) -> None:
    assert (exported["status"], exported["error"]) == ("done", None)
    answer = requests.get(exported["url"], timeout=60)
    assert answer.headers["Content-Type"] == "application/zip"
    assert len(answer.content) == exported["size_bytes"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    listed = {each["name"]: each["sha256"] for each in json.loads(files.pop("manifest.json"))["files"]}
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert files[f"media/{note['id']}/{note['filename']}"] == NOTE
    assert [row["id"] for row in json.loads(files["rows/media.json"])] == [note["id"]]
    assert exported["id"] in {each["id"] for each in leaver.get("/v1/account/export")["items"]}


def test_nobody_else_gets_the_export(alice: Api, exported: Json) -> None:
    alice.refused("GET", f"/v1/account/export/{exported['id']}", 404)


def test_an_account_is_erased_by_its_owner_and_leaves_a_receipt(
    leaver: Api, alice: Api, nobody: Api, note: Json, exported: Json
) -> None:
    account = leaver.get("/v1/account")["id"]
    leaver.refused("DELETE", "/v1/account", 422)
    other = alice.refused("DELETE", f"/v1/account?confirm={account}", 422)
    assert other["code"] == "not_confirmed"
    erasure = leaver.call("DELETE", f"/v1/account?confirm={account}", expect=202).json()
    assert leaver.refused("POST", "/v1/collections", 409, {"name": "late"})["code"] == "account_erasing"

    nobody.until(erasure["path"], lambda found: found["status"] in {"verifying", "done"})
    for path in (f"/v1/media/{note['id']}", f"/v1/account/export/{exported['id']}"):
        leaver.refused("GET", path, 404)
    usage = leaver.get("/v1/account")["usage"]
    assert (usage["stored_bytes"], usage["collections"], set(usage["media"].values())) == (0, 0, {0})
    assert requests.get(exported["url"], timeout=60).status_code == 404

    deadline = time.monotonic() + RECEIPT_WITHIN_S
    while (found := nobody.get(erasure["path"]))["status"] != "done" and time.monotonic() < deadline:
        time.sleep(1)
    if found["status"] == "done":
        check_receipt(found["receipt"], erasure["id"], account)


def check_receipt(receipt: Json, erasure_id: str, account: str) -> None:
    stated = receipt.pop("sha256")
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == stated
    assert receipt["account"] == hashlib.sha256(f"{erasure_id}:{account}".encode()).hexdigest()
    assert receipt["left"] == {"rows": 0, "versions": 0, "uploads": 0}
    assert receipt["removed"]["rows"]["media"] == 1
    assert receipt["removed"]["versions"]["library"] >= 2
