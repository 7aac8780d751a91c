"""The account: usage and limits, audit trail, data export, erasure."""

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
RECEIPT_WITHIN_S = 30  # a deployment that waits longer for its workers issues the receipt after this run
NOTE = b"The reader of this note owns a lighthouse."


def test_usage_and_limits_describe_the_account(
    alice: Api, book: Json, collection_with_book: Json, recording: Json
) -> None:
    account = alice.get("/v1/account")
    usage, limits = account["usage"], account["limits"]
    assert book["size_bytes"] <= usage["stored_bytes"] <= limits["quota_bytes"]
    assert 1 <= usage["stored_items"] <= limits["quota_items"]
    assert usage["media"]["ready"] >= 1
    assert usage["collections"] >= 1
    assert usage["speech_jobs"] >= 1
    assert usage["spoken_characters"] >= recording["characters"] > 0
    assert (limits["file_bytes"], limits["page_rows"], limits["speech_requests_per_minute"]) == (104_857_600, 100, 10)
    assert collection_with_book["id"] in {item["id"] for item in alice.get("/v1/collections", limit=100)["items"]}


def test_preferences_are_saved_for_their_owner(alice: Api, bob: Api) -> None:
    path, before = "/v1/account/preferences", bob.get("/v1/account/preferences")
    saved = alice.get(path)
    try:
        changed = {"skip": ["code", "table", "toc"], "voices": {}, "pause_scale": 1.25}
        assert alice.call("PUT", path, changed, expect=200).json() == changed == alice.get(path)
        assert "adverts" in alice.expect_problem("PUT", path, 422, {"skip": ["adverts"]})["detail"]
        assert bob.get(path) == before
    finally:
        assert alice.call("PUT", path, saved, expect=200).json() == saved


def test_the_play_queue_keeps_its_order_for_its_owner(alice: Api, bob: Api, book: Json) -> None:
    path, before = "/v1/account/queue", alice.get("/v1/account/queue")["media_ids"]
    other = alice.start_upload(NOTE, filename="note.txt")["media"]["id"]
    try:
        queued = [other, book["id"]]
        saved = alice.call("PUT", path, {"media_ids": queued}, expect=200).json()
        assert saved == alice.get(path)
        assert saved["media_ids"] == queued == [media["id"] for media in saved["media"]]
        assert bob.get(path)["media_ids"] == []
        assert book["id"] in bob.expect_problem("PUT", path, 404, {"media_ids": [book["id"]]})["detail"]
    finally:
        assert alice.call("PUT", path, {"media_ids": before}, expect=200).json()["media_ids"] == before
        alice.call("DELETE", f"/v1/uploads/{other}", expect=204)


def test_the_audit_trail_records_actor_address_and_agent(alice: Api, bob: Api) -> None:
    media_id = alice.start_upload(NOTE, filename="note.txt")["media"]["id"]
    alice.call("DELETE", f"/v1/uploads/{media_id}", expect=204)
    events = [item for item in trail(alice) if item["subject_id"] == media_id]
    assert [item["action"] for item in events] == ["upload.aborted", "upload.started"]
    for event in events:
        assert event["actor"] == "owner"
        assert event["address"]
        assert "python-requests" in event["agent"]
        assert event["request_id"]
    assert media_id not in {item["subject_id"] for item in trail(bob)}


def test_the_audit_trail_is_intact(alice: Api) -> None:
    check = alice.get("/v1/account/audit/check")
    assert (check["intact"], check["fault"]) == (True, None)
    assert check["first"] <= check["last"]
    assert len(check["hash"]) == 64


def trail(user: Api) -> list[Json]:
    """Return the newest events."""
    events: list[Json] = user.get("/v1/account/audit", limit=100)["items"]
    numbers = [event["number"] for event in events]
    assert numbers == sorted(numbers, reverse=True)
    return events


@pytest.fixture(scope="module")
def note(leaving_user: Api) -> Json:
    media = leaving_user.upload(NOTE, filename="note.txt")
    assert media["status"] == "ready"
    leaving_user.create_collection("drawer")
    return media


@pytest.fixture(scope="module")
def exported(leaving_user: Api, note: Json) -> Json:
    """A finished export of an account that contains the note."""
    assert note["id"]
    started = leaving_user.call("POST", "/v1/account/export", expect=202)
    export = started.json()
    assert started.headers["Location"] == f"/v1/account/export/{export['id']}"
    path = f"/v1/account/export/{export['id']}"
    again = leaving_user.call("POST", "/v1/account/export", expect=202).json()
    assert (
        again["id"] == export["id"] or leaving_user.get(path)["status"] == "done"
    )  # one at a time, and this one is fast
    return leaving_user.wait_for(path, lambda state: state["status"] in {"done", "failed"})


def test_capabilities_end_when_their_owner_revokes_them(leaving_user: Api, anonymous: Api, note: Json) -> None:
    def issue() -> str:
        return str(leaving_user.call("POST", f"/v1/media/{note['id']}/capability", expect=200).json()["path"])

    before = issue()
    anonymous.call("GET", before, expect=302)
    leaving_user.call("DELETE", "/v1/account/capabilities", expect=204)
    assert anonymous.expect_problem("GET", before, 401)["code"] == "token_revoked"
    anonymous.call("GET", issue(), expect=302)


def test_emptying_the_trash_deletes_what_is_in_it_permanently(leaving_user: Api) -> None:
    media = leaving_user.upload(b"A note for the bin.", filename="bin.txt")
    leaving_user.call("DELETE", f"/v1/media/{media['id']}", expect=204)
    assert leaving_user.call("DELETE", "/v1/trash", expect=202).json()["items"] == 1
    leaving_user.wait_for("/v1/media?status=trashed", lambda trash: not trash["items"])
    leaving_user.expect_problem("GET", f"/v1/media/{media['id']}", 404)


def test_an_export_is_a_zip_of_all_data_with_checksums(leaving_user: Api, note: Json, exported: Json) -> None:
    assert (exported["status"], exported["error"]) == ("done", None)
    response = requests.get(exported["url"], timeout=60)
    assert response.headers["Content-Type"] == "application/zip"
    assert len(response.content) == exported["size_bytes"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    listed = {item["name"]: item["sha256"] for item in json.loads(files.pop("manifest.json"))["files"]}
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert files[f"media/{note['id']}/{note['filename']}"] == NOTE
    assert [row["id"] for row in json.loads(files["rows/media.json"])] == [note["id"]]
    assert exported["id"] in {item["id"] for item in leaving_user.get("/v1/account/export")["items"]}


def test_other_users_cannot_get_the_export(alice: Api, exported: Json) -> None:
    alice.expect_problem("GET", f"/v1/account/export/{exported['id']}", 404)


def test_an_account_is_erased_by_its_owner_and_leaves_a_receipt(
    leaving_user: Api, alice: Api, anonymous: Api, note: Json, exported: Json
) -> None:
    account = leaving_user.get("/v1/account")["id"]
    leaving_user.expect_problem("DELETE", "/v1/account", 422)
    other = alice.expect_problem("DELETE", f"/v1/account?confirm={account}", 422)
    assert other["code"] == "not_confirmed"
    erasure = leaving_user.call("DELETE", f"/v1/account?confirm={account}", expect=202).json()
    assert leaving_user.expect_problem("POST", "/v1/collections", 409, {"name": "late"})["code"] == "account_erasing"

    anonymous.wait_for(erasure["path"], lambda state: state["status"] in {"verifying", "done"})
    for path in (f"/v1/media/{note['id']}", f"/v1/account/export/{exported['id']}"):
        leaving_user.expect_problem("GET", path, 404)
    usage = leaving_user.get("/v1/account")["usage"]
    assert (usage["stored_bytes"], usage["collections"], set(usage["media"].values())) == (0, 0, {0})
    assert requests.get(exported["url"], timeout=60).status_code == 404

    deadline = time.monotonic() + RECEIPT_WITHIN_S
    while (state := anonymous.get(erasure["path"]))["status"] != "done" and time.monotonic() < deadline:
        time.sleep(1)
    if state["status"] == "done":
        check_receipt(state["receipt"], erasure["id"], account)


def check_receipt(receipt: Json, erasure_id: str, account: str) -> None:
    stated = receipt.pop("sha256")
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == stated
    assert receipt["account"] == hashlib.sha256(f"{erasure_id}:{account}".encode()).hexdigest()
    assert receipt["left"] == {"rows": 0, "versions": 0, "uploads": 0}
    assert receipt["removed"]["rows"]["media"] == 1
    assert receipt["removed"]["versions"]["library"] >= 2
