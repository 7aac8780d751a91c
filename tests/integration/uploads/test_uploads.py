"""Uploads from the first request to the result, with every way in which they can fail."""

import base64
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from chalice.test import Client
from reportlab.pdfgen.canvas import Canvas

from chalicelib.platform import config
from chalicelib.platform.db import database
from chalicelib.uploads import ingest, reconcile
from tests.integration.api.test_middleware import problem
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
from tests.support import sample_files

PROGRAM = b"MZ\x90\x00" + bytes(60) + b"This program cannot be run in DOS mode."
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)

TEXT = b"A lighthouse stands where the land ends. It says one thing only: here is the rock.\n\nShips believe it.\n"


def essay(pages: int) -> bytes:
    """Make a PDF with a sentence on each page."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(1, pages + 1):
        canvas.drawString(72, 700, f"This is what stands on page {number} of the essay about lighthouses.")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def start(client: Client, user: User, content: bytes, **changes: Any) -> Any:
    body = {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": len(content), **changes}
    return client.http.post("/v1/uploads", headers=user.headers, body=json.dumps(body).encode())


def upload(platform: Platform, user: User, content: bytes, **changes: Any) -> dict[str, Any]:
    """Upload and inspect a file; return the media."""
    started = start(platform.client, user, content, **changes)
    assert started.status_code == 201, started.body
    media_id = started.json_body["media"]["id"]
    assert platform.upload_object(f"uploads/{user.id}/{media_id}", content) == []
    return get(platform.client, user, media_id)


def get(client: Client, user: User, media_id: str) -> dict[str, Any]:
    media: dict[str, Any] = client.http.get(f"/v1/media/{media_id}", headers=user.headers).json_body
    return media


def quota(cloud: Cloud, user: User) -> tuple[int, int]:
    row = cloud.owner.execute(
        "SELECT stored_bytes, stored_items FROM accounts WHERE owner_id = %s", [user.id]
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def keys(cloud: Cloud, bucket: str) -> set[str]:
    return {entry["Key"] for entry in cloud.s3.list_objects_v2(Bucket=bucket).get("Contents", ())}


def test_a_text_becomes_ready_and_can_be_read(platform: Platform, alice: User, cloud: Cloud) -> None:
    media = upload(platform, alice, TEXT)
    assert (media["status"], media["language"], media["rejection"]) == ("ready", "en", None)
    assert media["title"] == "rock"
    assert media["word_count"] == 19
    text = platform.client.http.get(f"/v1/media/{media['id']}/text", headers=alice.headers).json_body
    assert text["text"].startswith("A lighthouse stands")
    assert (text["start"], text["end"]) == (0, len(text["text"]))
    assert keys(cloud, "incoming") == set()
    assert keys(cloud, "library") == {f"media/{alice.id}/{media['id']}/original"}


def test_a_pdf_becomes_ready_with_its_pages_and_a_view_copy(platform: Platform, alice: User, cloud: Cloud) -> None:
    content = essay(pages=3)
    media = upload(platform, alice, content, filename="essay.pdf", media_type="application/pdf")
    assert (media["status"], media["page_count"]) == ("ready", 3)
    view = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/view.pdf")["Body"].read()
    assert view.startswith(b"%PDF-")
    page = platform.client.http.get(f"/v1/media/{media['id']}/text?page=2", headers=alice.headers).json_body
    whole = platform.client.http.get(f"/v1/media/{media['id']}/text", headers=alice.headers).json_body
    assert whole["text"][page["start"] : page["end"]] == page["text"]
    assert whole["pages"] == 3


REJECTED = {
    "a PNG named .pdf": (PNG, "picture.pdf", "application/pdf", "type_mismatch"),
    "a truncated PDF": (sample_files.one_page()[:300], "half.pdf", "application/pdf", "malformed"),
    "an encrypted PDF": (
        sample_files.encrypted(sample_files.one_page(), user="secret"),
        "secret.pdf",
        "application/pdf",
        "encrypted",
    ),
    "EICAR in a text": (b"hello\n" + sample_files.EICAR, "hello.txt", "text/plain", "pattern:eicar"),
    "a program named .txt": (
        b"MZ\x90\x00" + bytes(60) + b"This program cannot be run in DOS mode.",
        "setup.txt",
        "text/plain",
        "type_mismatch",
    ),
}


@pytest.mark.parametrize(("content", "filename", "media_type", "code"), REJECTED.values(), ids=REJECTED.keys())
def test_a_bad_file_is_rejected_with_its_reason_and_never_readable(
    platform: Platform, alice: User, cloud: Cloud, content: bytes, filename: str, media_type: str, code: str
) -> None:
    media = upload(platform, alice, content, filename=filename, media_type=media_type)
    assert (media["status"], media["rejection"]["code"]) == ("rejected", code), media["rejection"]
    assert len(media["rejection"]["detail"]) > 30
    for path in (f"/v1/media/{media['id']}/url", f"/v1/media/stream/{media['id']}", f"/v1/media/{media['id']}/text"):
        response = platform.client.http.get(path, headers=alice.headers)
        assert (response.status_code, problem(response)["code"]) == (409, "not_ready")
    assert keys(cloud, "library") == set() == keys(cloud, "incoming")
    assert quota(cloud, alice) == (0, 0)


REJECTED_DECLARATIONS = [
    ({"size_bytes": 101 * 1024 * 1024}, 413, "too_large"),
    ({"size_bytes": 0}, 422, "invalid"),
    ({"media_type": "application/x-msdownload", "filename": "setup.exe"}, 415, "type_not_allowed"),
    ({"media_type": "", "filename": "README"}, 415, "type_not_allowed"),
    ({"media_type": "image/svg+xml", "filename": "x.svg"}, 415, "type_not_allowed"),
    ({"filename": "essay.pdf"}, 415, "type_mismatch"),
    ({"filename": "a\u0000b.txt"}, 422, "invalid"),
    ({"filename": "../.."}, 422, "invalid"),
    ({"media_type": "text/plain; x=\u0000"}, 422, "invalid"),
    ({"media_type": "text/plain\r\nX-Other: y"}, 422, "invalid"),
    ({"filename": "x" * 300 + ".txt"}, 422, "invalid"),
    ({"sha256": "not a digest"}, 422, "invalid"),
]


@pytest.mark.parametrize(("changes", "status", "code"), REJECTED_DECLARATIONS)
def test_a_bad_declaration_is_rejected_before_quota_is_reserved(
    client: Client, alice: User, cloud: Cloud, changes: dict[str, Any], status: int, code: str
) -> None:
    response = start(client, alice, TEXT, **changes)
    assert (response.status_code, problem(response)["code"]) == (status, code)
    assert quota(cloud, alice) == (0, 0)


@pytest.mark.parametrize(
    "media_type", ["", "application/octet-stream", "text/x-unheard-of", "application/x-msdownload"]
)
def test_a_type_that_says_nothing_is_replaced_and_the_bytes_decide(
    platform: Platform, alice: User, media_type: str
) -> None:
    declared = {"media_type": media_type, "filename": "notes.markdown"}
    started = start(platform.client, alice, TEXT, **declared).json_body
    assert started["upload"]["headers"]["Content-Type"] == started["media"]["media_type"] == "text/markdown"
    good = upload(platform, alice, TEXT, **declared)
    assert (good["status"], good["media_type"]) == ("ready", "text/markdown")
    bad = upload(platform, alice, PROGRAM, **declared)
    assert (bad["status"], bad["rejection"]["code"]) == ("rejected", "type_mismatch")


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd.txt", "C:\\fakepath\\notes.txt", "r\u202etxt.exe.txt", "é“x”.txt"]
)
def test_a_filename_never_reaches_a_key_or_a_header_unescaped(platform: Platform, alice: User, filename: str) -> None:
    media = upload(platform, alice, TEXT, filename=filename)
    assert "/" not in media["filename"]
    response = platform.client.http.get(f"/v1/media/{media['id']}/url?disposition=attachment", headers=alice.headers)
    url = response.json_body["url"]
    assert "attachment" in url
    assert url.isascii()
    assert f"/media/{alice.id}/{media['id']}/original" in url


def test_another_users_media_does_not_exist(platform: Platform, alice: User, bob: User) -> None:
    media = upload(platform, alice, TEXT)
    for path in ("", "/url", "/text"):
        assert platform.client.http.get(f"/v1/media/{media['id']}{path}", headers=bob.headers).status_code == 404
    assert platform.client.http.get(f"/v1/media/stream/{media['id']}", headers=bob.headers).status_code == 404
    assert platform.client.http.get("/v1/media", headers=bob.headers).json_body == {"items": [], "next_cursor": None}


def test_fifty_concurrent_uploads_never_exceed_the_quota(
    client: Client, alice: User, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.library import quota as library_quota
    from chalicelib.platform.errors import ForbiddenError

    monkeypatch.setenv("QUOTA_ITEMS", "7")
    config.settings.cache_clear()

    def reserve(_: int) -> bool:
        connection = database.connect()
        try:
            with connection.transaction():
                connection.execute("SELECT app.set_current_owner(%s)", [alice.id])
                library_quota.reserve(connection, alice.id, 1_000)
        except ForbiddenError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(16) as pool:
        reserved = sum(pool.map(reserve, range(50)))
    assert reserved == 7
    assert quota(cloud, alice) == (7_000, 7)
    response = start(client, alice, TEXT)
    assert (response.status_code, problem(response)["code"]) == (403, "quota_exceeded")


def test_a_repeated_or_late_event_changes_nothing(platform: Platform, alice: User, cloud: Cloud) -> None:
    media = upload(platform, alice, TEXT)
    key = f"uploads/{alice.id}/{media['id']}"
    assert platform.deliver("ingest", [object_created_event(key), object_created_event(key)]) == []
    assert platform.upload_object(key, TEXT) == []  # a retry of a client that lost the response
    assert keys(cloud, "incoming") == set()
    assert get(platform.client, alice, media["id"]) == media
    original = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/original")["Body"].read()
    assert original == TEXT


def note_codes(media: dict[str, Any]) -> list[str]:
    return [note["code"] for note in media["notes"]]


def actions(client: Client, user: User) -> list[str]:
    events = client.http.get("/v1/account/audit", headers=user.headers).json_body["items"]
    return [event["action"] for event in events]


@pytest.mark.parametrize(("content", "status"), [(TEXT, "ready"), (PROGRAM, "rejected")], ids=["accepted", "rejected"])
def test_other_bytes_after_the_outcome_are_deleted_unread_and_told_once(
    platform: Platform, alice: User, cloud: Cloud, content: bytes, status: str
) -> None:
    media = upload(platform, alice, content)
    key = f"uploads/{alice.id}/{media['id']}"
    assert platform.upload_object(key, content) == []
    assert get(platform.client, alice, media["id"]) == media
    for other in (sample_files.EICAR, b"x" * len(content)):
        assert platform.upload_object(key, other) == []
        told = get(platform.client, alice, media["id"])
        assert (told["status"], note_codes(told)) == (status, ["other_bytes_removed"])
        assert keys(cloud, "incoming") == set()
    assert actions(platform.client, alice).count("upload.bytes_discarded") == 1
    if status == "ready":
        original = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/original")["Body"].read()
        assert original == content


def test_other_bytes_during_the_inspection_are_told(platform: Platform, alice: User, cloud: Cloud) -> None:
    media_id = start(platform.client, alice, TEXT, method="POST").json_body["media"]["id"]
    key = f"uploads/{alice.id}/{media_id}"
    versions = [TEXT, b"y" * len(TEXT)]

    def send_again(**_: object) -> None:  # a form has no condition: storage makes a second version
        if len(versions) == 2:
            cloud.s3.put_object(Bucket="incoming", Key=key, Body=versions.pop())

    cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
    with intercept_s3("GetObject", send_again, moment="after-call"):
        assert platform.deliver("ingest", [object_created_event(key)]) == []
    assert note_codes(get(platform.client, alice, media_id)) == ["other_bytes_removed"]
    assert platform.deliver("ingest", [object_created_event(key)]) == []
    assert keys(cloud, "incoming") == set()


def test_bytes_for_an_expired_upload_are_told_and_for_an_aborted_one_deleted(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    expired, aborted = (start(platform.client, alice, TEXT).json_body["media"]["id"] for _ in range(2))
    platform.client.http.delete(f"/v1/uploads/{aborted}", headers=alice.headers)
    cloud.owner.execute(
        "UPDATE media SET created_at = now() - interval '2 hours', upload_expires_at = now() - interval '105 minutes'"
    )
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(expired=1)
    for media_id in (expired, aborted):
        assert platform.upload_object(f"uploads/{alice.id}/{media_id}", TEXT) == []
    assert note_codes(get(platform.client, alice, expired)) == ["other_bytes_removed"]
    assert keys(cloud, "incoming") == set()


def test_unknown_events_are_acknowledged(platform: Platform, alice: User) -> None:
    events = [
        json.dumps({"Event": "s3:TestEvent", "Bucket": "incoming"}),
        object_created_event("uploads/nobody/knows"),
        object_created_event("other/place"),
        object_created_event(f"uploads/{alice.id}/{UUID(int=7)}"),
    ]
    assert platform.deliver("ingest", events) == []


def test_a_poison_message_does_not_block_its_batch(platform: Platform, alice: User) -> None:
    media_id = start(platform.client, alice, TEXT).json_body["media"]["id"]
    key = f"uploads/{alice.id}/{media_id}"
    platform.cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
    assert platform.deliver("ingest", ["{not json", object_created_event(key)]) == ["{not json"]
    assert get(platform.client, alice, media_id)["status"] == "ready"


CRASH_POINTS = {
    "before download": ("GetObject", "before-call"),
    "before promotion": ("CopyObject", "before-call"),
    "between promotion and completion": ("CopyObject", "after-call"),
    "between completion and clean-up": ("ListObjectVersions", "before-call"),
    "during clean-up": ("DeleteObject", "before-call"),
}


@pytest.mark.parametrize(("operation", "moment"), CRASH_POINTS.values(), ids=CRASH_POINTS.keys())
def test_the_next_delivery_continues_after_a_crash_at_any_point(
    platform: Platform, alice: User, cloud: Cloud, operation: str, moment: str
) -> None:
    media_id = start(platform.client, alice, TEXT).json_body["media"]["id"]
    key = f"uploads/{alice.id}/{media_id}"
    cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
    with intercept_s3(operation, die, moment=moment), pytest.raises(WorkerDiedError):
        platform.deliver("ingest", [object_created_event(key)])
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 second' WHERE status = 'inspecting'")
    assert platform.deliver("ingest", [object_created_event(key)]) == []
    assert get(platform.client, alice, media_id)["status"] == "ready"
    assert keys(cloud, "incoming") == set()
    assert quota(cloud, alice) == (len(TEXT), 1)


def test_a_worker_that_lost_its_lease_writes_nothing(platform: Platform, alice: User, cloud: Cloud) -> None:
    media_id = start(platform.client, alice, TEXT).json_body["media"]["id"]
    key = f"uploads/{alice.id}/{media_id}"
    overtaken: list[ingest.IngestOutcome] = []

    def overtake(**_: object) -> None:
        if not overtaken:
            cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 second'")
            overtaken.append(ingest.IngestOutcome.CLAIMED_ELSEWHERE)
            overtaken[0] = ingest.ingest(key)

    cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
    with intercept_s3("CopyObject", overtake, moment="after-call"):
        assert ingest.ingest(key) is ingest.IngestOutcome.LEASE_LOST
    assert overtaken == [ingest.IngestOutcome.READY]
    assert get(platform.client, alice, media_id)["status"] == "ready"


def test_a_failure_leaves_the_upload_unreadable_and_the_message_in_the_queue(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    media_id = start(platform.client, alice, TEXT).json_body["media"]["id"]
    key = f"uploads/{alice.id}/{media_id}"

    def disk_full(**_: object) -> None:
        raise OSError("no space left on device")

    with intercept_s3("GetObject", disk_full):
        assert platform.upload_object(key, TEXT) == [object_created_event(key)]
    assert get(platform.client, alice, media_id)["status"] == "inspecting"
    assert platform.client.http.get(f"/v1/media/{media_id}/url", headers=alice.headers).status_code == 409
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 second'")
    assert platform.deliver("ingest", [object_created_event(key)]) == []
    assert get(platform.client, alice, media_id)["status"] == "ready"


def test_the_sweep_requeues_lost_events_and_expires_uploads_that_never_arrived(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    event_lost, never_sent = (start(platform.client, alice, TEXT).json_body["media"]["id"] for _ in range(2))
    cloud.s3.put_object(Bucket="incoming", Key=f"uploads/{alice.id}/{event_lost}", Body=TEXT)
    cloud.owner.execute(
        "UPDATE media SET created_at = now() - interval '2 hours', upload_expires_at = now() - interval '105 minutes'"
    )
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(requeued=1, expired=1, given_up=0)
    platform.run()
    assert get(platform.client, alice, event_lost)["status"] == "ready"
    assert get(platform.client, alice, never_sent)["status"] == "expired"
    assert quota(cloud, alice) == (len(TEXT), 1)


def test_a_repeated_request_with_one_idempotency_key_starts_one_upload(
    client: Client, alice: User, cloud: Cloud
) -> None:
    body = {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": 10}
    headers = {**alice.headers, "Idempotency-Key": "first"}
    first, again = (client.http.post("/v1/uploads", headers=headers, body=json.dumps(body).encode()) for _ in range(2))
    assert (first.status_code, first.json_body["media"]) == (201, again.json_body["media"])
    assert first.headers["Location"] == again.headers["Location"]
    other = client.http.post("/v1/uploads", headers=headers, body=json.dumps({**body, "size_bytes": 11}).encode())
    assert (other.status_code, problem(other)["code"]) == (422, "idempotency_key_reused")
    assert quota(cloud, alice) == (10, 1)


def test_a_repeated_request_gets_urls_that_are_signed_anew(
    client: Client, alice: User, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**alice.headers, "Idempotency-Key": "later"}
    for method in ("PUT", "POST", "MULTIPART"):
        body = json.dumps(
            {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": 10, "method": method}
        ).encode()
        monkeypatch.setenv("UPLOAD_URL_VALID_S", "60")
        config.settings.cache_clear()
        headers["Idempotency-Key"] = method
        first = client.http.post("/v1/uploads", headers=headers, body=body).json_body
        cloud.owner.execute("UPDATE media SET upload_expires_at = now() - interval '55 minutes'")
        monkeypatch.setenv("UPLOAD_URL_VALID_S", "900")
        config.settings.cache_clear()
        again = client.http.post("/v1/uploads", headers=headers, body=body)
        assert (again.status_code, again.json_body["media"]["id"]) == (201, first["media"]["id"])
        assert again.json_body["upload"]["expires_at"] > first["upload"]["expires_at"]
        assert again.json_body["upload"].keys() == first["upload"].keys()
        row = cloud.owner.execute(
            "SELECT upload_expires_at > now() + interval '14 minutes' FROM media WHERE id = %s", [first["media"]["id"]]
        ).fetchone()
        assert row == (True,), "the sweep would expire it under the new URL"


@pytest.mark.parametrize("path", ["/v1/s3/params?filename=rock.txt&type=text%2Fplain", "/v1/s3/sign"])
def test_a_repeated_form_of_uppy_is_signed_anew(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    headers, policies, ids = {**alice.headers, "Idempotency-Key": "uppy"}, [], set()
    for valid_s in ("60", "900"):
        monkeypatch.setenv("UPLOAD_URL_VALID_S", valid_s)
        config.settings.cache_clear()
        if path.endswith("sign"):
            body = json.dumps({"method": "PUT", "key": "rock.txt", "contentType": "text/plain"}).encode()
            response = client.http.post(path, headers=headers, body=body)
        else:
            response = client.http.get(path, headers=headers)
        fields = response.json_body["fields"]
        ids.add(fields["key"])
        policies.append(json.loads(base64.b64decode(fields["policy"]))["expiration"])
    assert (len(ids), policies[0] < policies[1]) == (1, True)


def test_a_repeated_request_for_a_sent_or_aborted_upload_gets_the_first_response(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    body = json.dumps({"filename": "rock.txt", "media_type": "text/plain", "size_bytes": len(TEXT)}).encode()
    for number, finish in enumerate(("send", "abort")):
        headers = {**alice.headers, "Idempotency-Key": finish}
        first = platform.client.http.post("/v1/uploads", headers=headers, body=body).json_body
        media_id = first["media"]["id"]
        if finish == "send":
            assert platform.upload_object(f"uploads/{alice.id}/{media_id}", TEXT) == []
        else:
            platform.client.http.delete(f"/v1/uploads/{media_id}", headers=alice.headers)
        again = platform.client.http.post("/v1/uploads", headers=headers, body=body)
        assert (again.status_code, again.json_body) == (201, first)
        assert quota(cloud, alice)[1] == 1, number


def test_a_retry_after_a_crash_returns_the_upload_of_the_first_attempt(
    client: Client, alice: User, cloud: Cloud
) -> None:
    body = json.dumps({"filename": "rock.txt", "media_type": "text/plain", "size_bytes": 10}).encode()
    headers = {**alice.headers, "Idempotency-Key": "crash"}
    first = client.http.post("/v1/uploads", headers=headers, body=body).json_body
    # As if the process had crashed after inserting the row, before storing the response.
    cloud.owner.execute(
        "UPDATE idempotency_keys SET status = NULL, body = NULL, lease_until = now() - interval '1 second'"
    )
    again = client.http.post("/v1/uploads", headers=headers, body=body)
    assert (again.status_code, again.json_body["media"]["id"]) == (201, first["media"]["id"])
    assert quota(cloud, alice) == (10, 1)


def test_a_list_continues_after_its_last_page_while_uploads_are_added(client: Client, alice: User) -> None:
    made = [start(client, alice, TEXT).json_body["media"]["id"] for _ in range(5)]
    first = client.http.get("/v1/media?limit=2", headers=alice.headers).json_body
    start(client, alice, TEXT)
    listed = [item["id"] for item in first["items"]]
    cursor = first["next_cursor"]
    while cursor:
        page = client.http.get(f"/v1/media?limit=2&cursor={cursor}", headers=alice.headers).json_body
        listed += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert listed == made[::-1]


def test_a_stream_redirects_get_and_head_to_urls_signed_for_them(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    path = f"/v1/media/stream/{media['id']}"
    response = platform.client.http.get(path, headers=alice.headers)
    assert response.status_code == 302
    assert "X-Amz-Signature=" in response.headers["Location"]
    assert response.headers["Cache-Control"].startswith("private, max-age=")
    redirected = platform.client.http.request("HEAD", path, headers=alice.headers)
    assert (redirected.status_code, redirected.headers["Cache-Control"]) == (302, "no-store")
    urls = [urlsplit(answer.headers["Location"]) for answer in (response, redirected)]
    assert urls[0].path == urls[1].path
    assert parse_qs(urls[0].query)["X-Amz-Signature"] != parse_qs(urls[1].query)["X-Amz-Signature"]
    events = platform.client.http.get("/v1/account/audit", headers=alice.headers).json_body["items"]
    assert [event["action"] for event in events].count("media.downloaded") == 1, "HEAD is no download"


def test_nothing_secret_or_personal_is_logged(platform: Platform, alice: User, logged: Callable[[], str]) -> None:
    media = upload(platform, alice, TEXT, filename="my private diary.txt")
    platform.client.http.get(f"/v1/media/{media['id']}/url", headers=alice.headers)
    lines = logged()
    assert "upload finished" in lines
    for secret in ("X-Amz-Signature", "Bearer", "diary", "lighthouse"):
        assert secret not in lines


def test_ingest_leaves_no_file_behind(
    platform: Platform, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    upload(platform, alice, TEXT)
    assert list(tmp_path.iterdir()) == []
