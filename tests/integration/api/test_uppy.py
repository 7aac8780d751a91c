"""The contract of Uppy Companion in its versions, and the requests that are never signed. (tests/browser runs Uppy itself.)"""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

import pytest
import requests
from chalice.test import Client

from app import app
from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import Purpose
from chalicelib.inspection import types
from chalicelib.platform import config
from chalicelib.platform.db import sweep_schedule
from chalicelib.uploads import reconcile
from chalicelib.uploads.parts import MAX_PARTS, PART_BYTES
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, object_created_event
from tests.integration.maintenance.test_sweep_schedule import delayed_messages
from tests.integration.uploads.test_resumed_uploads import LONG, arrive, open_parts
from tests.integration.uploads.test_uploads import TEXT, get, keys, quota

MAX_FILE_BYTES = types.MAX_FILE_BYTES


def params(client: Client, user: User, base: str = "/v1/s3", **metadata: object) -> Any:
    """Send a request as Uppy does: every field of the file's metadata is in the query."""
    query = {"filename": "rock.txt", "type": "text/plain"}
    query |= {f"metadata[{name}]": str(value) for name, value in {"name": "rock.txt", **metadata}.items()}
    return client.http.get(f"{base}/params?{urlencode(query)}", headers=user.headers)


def create(client: Client, user: User, **metadata: object) -> dict[str, Any]:
    file = {"filename": "log.txt", "type": "text/plain", "metadata": {"name": "log.txt", **metadata}}
    response = client.http.post("/v1/s3/multipart", headers=user.headers, body=json.dumps(file).encode())
    assert response.status_code == 200, response.body
    created: dict[str, Any] = response.json_body
    return created


def call(
    client: Client, user: User, created: dict[str, Any], subpath: str = "", method: str = "GET", **changes: Any
) -> Any:
    values = {**created, **changes}
    separator = "&" if "?" in subpath else "?"
    path = f"/v1/s3/multipart/{values['uploadId']}{subpath}{separator}key={quote(values['key'], safe='')}"
    body = json.dumps(changes["body"]).encode() if "body" in changes else b""
    return client.http.request(method, path, headers=user.headers, body=body)


def send(client: Client, user: User, created: dict[str, Any], content: bytes) -> list[dict[str, Any]]:
    parts = []
    for number, first in enumerate(range(0, len(content), PART_BYTES), 1):
        url = call(client, user, created, f"/{number}").json_body["url"]
        response = requests.put(url, data=content[first : first + PART_BYTES], timeout=10)
        parts.append({"PartNumber": number, "ETag": response.headers["ETag"]})
    return parts


def media_of(created: dict[str, Any]) -> str:
    return str(created["key"]).rsplit("/", 1)[-1]


def length_range(fields: dict[str, str]) -> list[Any]:
    conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    return next(c for c in conditions if isinstance(c, list) and c[0] == "content-length-range")


def test_a_form_reserves_the_maximum_and_keeps_the_real_size(platform: Platform, alice: User, cloud: Cloud) -> None:
    form = params(platform.client, alice).json_body
    assert (form["method"], form["expires"]) == ("POST", 900)
    assert length_range(form["fields"]) == ["content-length-range", 1, MAX_FILE_BYTES]
    assert quota(cloud, alice) == (MAX_FILE_BYTES, 1)
    assert platform.upload_object(form["fields"]["key"], TEXT) == []
    media = get(platform.client, alice, media_of(form["fields"]))
    assert (media["status"], media["size_bytes"], media["filename"]) == ("ready", len(TEXT), "rock.txt")
    assert quota(cloud, alice) == (len(TEXT), 1)


def test_a_size_in_the_metadata_is_reserved(client: Client, alice: User, cloud: Cloud) -> None:
    form = params(client, alice, size=len(TEXT)).json_body
    assert length_range(form["fields"]) == ["content-length-range", len(TEXT), len(TEXT)]
    assert quota(cloud, alice) == (len(TEXT), 1)
    too_large = params(client, alice, size=MAX_FILE_BYTES + 1)
    assert (too_large.status_code, problem(too_large)["code"]) == (413, "too_large")


@pytest.mark.parametrize("size", ["XL", "", "-5", "0", "1.5", "٣"])
def test_a_metadata_field_that_is_not_a_size_is_ignored(client: Client, alice: User, cloud: Cloud, size: str) -> None:
    assert params(client, alice, size=size).status_code == 200
    create(client, alice, size=size)
    assert quota(cloud, alice) == (2 * MAX_FILE_BYTES, 2)


def test_a_rejected_upload_releases_its_reservation(platform: Platform, alice: User, cloud: Cloud) -> None:
    form = params(platform.client, alice).json_body
    platform.upload_object(form["fields"]["key"], b"\x89PNG\r\n\x1a\n" + bytes(100))
    media = get(platform.client, alice, media_of(form["fields"]))
    assert (media["status"], media["size_bytes"]) == ("rejected", 108)
    assert quota(cloud, alice) == (0, 0)


def test_a_file_larger_than_its_reservation_is_rejected(platform: Platform, alice: User, cloud: Cloud) -> None:
    form = params(platform.client, alice, size=10).json_body
    platform.upload_object(form["fields"]["key"], TEXT)
    assert get(platform.client, alice, media_of(form["fields"]))["rejection"]["code"] == "checksum_mismatch"
    undeclared = params(platform.client, alice).json_body
    cloud.owner.execute("UPDATE media SET size_bytes = 10 WHERE NOT size_declared")
    cloud.owner.execute("UPDATE accounts SET stored_bytes = 10")
    platform.upload_object(undeclared["fields"]["key"], TEXT)
    assert get(platform.client, alice, media_of(undeclared["fields"]))["status"] == "rejected"
    assert quota(cloud, alice) == (0, 0)


def test_without_room_for_the_maximum_the_error_suggests_a_size(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTA_BYTES", "1000000")
    config.settings.cache_clear()
    rejected = params(client, alice)
    assert (rejected.status_code, problem(rejected)["code"]) == (403, "quota_exceeded")
    assert "setFileMeta" in problem(rejected)["message"]
    assert params(client, alice, size=1000).status_code == 200


@pytest.mark.parametrize("quotes", ["kept", "dropped"])  # Uppy 5 and 6
def test_parts_chosen_by_the_client_become_one_file(platform: Platform, alice: User, cloud: Cloud, quotes: str) -> None:
    created = create(platform.client, alice)
    assert created["bucket"] == "incoming"
    parts = send(platform.client, alice, created, LONG)
    listed = call(platform.client, alice, created).json_body
    assert [(p["PartNumber"], p["ETag"]) for p in listed] == [(p["PartNumber"], p["ETag"]) for p in parts]
    assert sum(p["Size"] for p in listed) == len(LONG)
    if quotes == "dropped":
        parts = [{**part, "ETag": part["ETag"].strip('"')} for part in parts]
    done = call(platform.client, alice, created, "/complete", "POST", body={"parts": parts})
    assert (done.status_code, done.json_body["key"]) == (200, created["key"]), done.body
    assert done.json_body["location"] == f"/v1/media/{media_of(created)}"
    arrive(platform, alice, media_of(created))
    media = get(platform.client, alice, media_of(created))
    assert (media["status"], media["size_bytes"]) == ("ready", len(LONG))
    assert quota(cloud, alice) == (len(LONG), 1)


def test_parts_of_a_declared_size_must_add_up_to_it(client: Client, alice: User) -> None:
    created = create(client, alice, size=len(LONG) + 1)
    parts = send(client, alice, created, LONG)
    rejected = call(client, alice, created, "/complete", "POST", body={"parts": parts})
    assert (rejected.status_code, problem(rejected)["code"]) == (409, "parts_missing")


def signed_headers(url: str) -> set[str]:
    return set(parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0].split(";"))


def test_parts_of_a_declared_size_are_signed_with_their_sizes(client: Client, alice: User) -> None:
    declared, undeclared = create(client, alice, size=len(LONG)), create(client, alice)
    for number in range(1, -(-len(LONG) // PART_BYTES) + 1):
        assert "content-length" in signed_headers(call(client, alice, declared, f"/{number}").json_body["url"])
        assert "content-length" not in signed_headers(call(client, alice, undeclared, f"/{number}").json_body["url"])
    for url in call(client, alice, declared, "/batch?partNumbers=1,2").json_body["presignedUrls"].values():
        assert "content-length" in signed_headers(url)


OUTGROWN = {
    "completes": ("/complete", "POST", {"body": {"parts": [{"PartNumber": 1, "ETag": "x"}]}}),
    "asks for another part": ("/1", "GET", {}),
    "asks for several parts": ("/batch?partNumbers=1,2", "GET", {}),
    "lists its parts": ("", "GET", {}),
}


@pytest.mark.parametrize(("subpath", "method", "extra"), OUTGROWN.values(), ids=OUTGROWN.keys())
def test_parts_larger_than_their_reservation_are_deleted_when_a_client(
    platform: Platform, alice: User, cloud: Cloud, subpath: str, method: str, extra: dict[str, Any]
) -> None:
    created = create(platform.client, alice)
    send(platform.client, alice, created, LONG)
    cloud.owner.execute("UPDATE media SET size_bytes = 1000")
    cloud.owner.execute("UPDATE accounts SET stored_bytes = 1000")
    rejected = call(platform.client, alice, created, subpath, method, **extra)
    assert (rejected.status_code, problem(rejected)["code"]) == (413, "too_large")
    assert (open_parts(cloud), quota(cloud, alice)) == ([], (0, 0))
    assert get(platform.client, alice, media_of(created))["rejection"]["code"] == "too_large"
    assert call(platform.client, alice, created, "/1").status_code == 409


def test_parts_larger_than_their_reservation_are_deleted_when_signed_one_by_one(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    key = sign(platform.client, alice, method="POST", key="rock.txt", contentType="text/plain").json_body["key"]
    upload_id = cloud.s3.create_multipart_upload(Bucket="incoming", Key=key, ContentType="text/plain")["UploadId"]
    part = {"method": "PUT", "key": key, "uploadId": upload_id, "partNumber": 1}
    requests.put(sign(platform.client, alice, **part).json_body["url"], data=LONG, timeout=10)
    cloud.owner.execute("UPDATE media SET size_bytes = 1000")
    rejected = sign(platform.client, alice, **{**part, "partNumber": 1})
    assert (rejected.status_code, problem(rejected)["code"]) == (413, "too_large")
    assert open_parts(cloud) == []


def test_a_signature_of_a_part_without_a_size_arms_the_sweep(client: Client, alice: User, cloud: Cloud) -> None:
    sized, unsized = create(client, alice, size=len(LONG)), create(client, alice)
    cloud.owner.execute("DELETE FROM sweep_schedule")
    sweep_schedule._memory.cache_clear()
    before = delayed_messages(cloud)
    call(client, alice, sized, "/1")
    assert delayed_messages(cloud) == before
    call(client, alice, unsized, "/1")
    assert delayed_messages(cloud) == before + 1


def test_the_sweep_deletes_parts_larger_than_their_reservation(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    created = create(platform.client, alice)
    send(platform.client, alice, created, LONG)
    cloud.owner.execute("UPDATE media SET size_bytes = 1000, created_at = now() - interval '20 minutes'")
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(given_up=1)
    assert open_parts(cloud) == []
    media = get(platform.client, alice, media_of(created))
    assert (media["status"], media["rejection"]["code"]) == ("rejected", "too_large")


def test_part_numbers_beyond_the_largest_file_are_not_signed(client: Client, alice: User) -> None:
    created = create(client, alice)
    assert call(client, alice, created, f"/{MAX_PARTS}").status_code == 200
    for number in (0, MAX_PARTS + 1, 9_999):
        assert call(client, alice, created, f"/{number}").status_code == 422
    for text in ("-1", "one", "1.0", "99999999"):
        assert call(client, alice, created, f"/{text}").status_code == 404
    small = create(client, alice, size=PART_BYTES)
    assert call(client, alice, small, "/1").status_code == 200
    assert call(client, alice, small, "/2").status_code == 422


def test_several_parts_can_be_signed_at_once(client: Client, alice: User) -> None:
    created = create(client, alice)
    urls = call(client, alice, created, "/batch?partNumbers=1,3").json_body["presignedUrls"]
    assert [parse_qs(urlsplit(urls[number]).query)["partNumber"] for number in ("1", "3")] == [["1"], ["3"]]
    assert call(client, alice, created, "/batch?partNumbers=one").status_code == 422


def test_an_aborted_upload_is_gone(client: Client, alice: User, cloud: Cloud) -> None:
    created = create(client, alice)
    send(client, alice, created, LONG[:PART_BYTES])
    response = call(client, alice, created, method="DELETE")
    assert (response.status_code, response.json_body) == (200, {})  # Uppy parses the body
    assert (quota(cloud, alice), open_parts(cloud)) == ((0, 0), [])
    assert call(client, alice, created).status_code == 404


def test_parts_that_storage_discarded_are_not_found(client: Client, alice: User, cloud: Cloud) -> None:
    created = create(client, alice)
    (upload,) = open_parts(cloud)
    cloud.s3.abort_multipart_upload(Bucket="incoming", Key=created["key"], UploadId=upload["UploadId"])
    assert call(client, alice, created).status_code == 404


REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("", "GET", {}),
    ("/1", "GET", {}),
    ("/batch?partNumbers=1", "GET", {}),
    ("", "DELETE", {}),
)
COMPLETE = ("/complete", "POST", {"body": {"parts": [{"PartNumber": 1, "ETag": "x"}]}})


@pytest.mark.parametrize(("subpath", "method", "extra"), [*REQUESTS, COMPLETE])
def test_key_and_upload_must_match_and_belong_to_the_owner(
    client: Client, alice: User, bob: User, cloud: Cloud, subpath: str, method: str, extra: dict[str, Any]
) -> None:
    mine, other = create(client, alice), create(client, alice)
    unknown_id = str(uuid4())
    foreign = f"uploads/{bob.id}/{mine['uploadId']}"
    for user, changes in (
        (bob, {}),
        (bob, {"key": foreign}),
        (alice, {"key": other["key"]}),
        (alice, {"key": foreign}),
        (alice, {"key": f"media/{alice.id}/{mine['uploadId']}/original"}),
        (alice, {"key": mine["key"] + "/../x"}),
        (alice, {"uploadId": other["uploadId"]}),
        (alice, {"uploadId": unknown_id, "key": f"uploads/{alice.id}/{unknown_id}"}),
        (alice, {"uploadId": "x"}),
    ):
        assert call(client, user, mine, subpath, method, **extra, **changes).status_code == 404, (user, changes)
    assert len(open_parts(cloud)) == 2


def test_an_upload_started_elsewhere_keeps_its_exact_parts(client: Client, alice: User) -> None:
    upload = {"filename": "a.txt", "media_type": "text/plain", "size_bytes": len(LONG), "method": "MULTIPART"}
    response = client.http.post("/v1/uploads", headers=alice.headers, body=json.dumps(upload).encode())
    media_id = response.json_body["media"]["id"]
    created = {"uploadId": media_id, "key": f"uploads/{alice.id}/{media_id}"}
    url = call(client, alice, created, "/1").json_body["url"]
    assert "content-length" in parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0]


@pytest.mark.parametrize(
    ("filename", "declared", "expected"),
    [
        ("n.md", "", "text/markdown"),
        ("n.md", "application/octet-stream", "text/markdown"),
        ("n.PDF", "", "application/pdf"),
    ],
)
def test_an_unknown_type_is_derived_from_the_filename(
    client: Client, alice: User, filename: str, declared: str, expected: str
) -> None:
    query = urlencode({"filename": filename, "type": declared})
    response = client.http.get(f"/v1/s3/params?{query}", headers=alice.headers)
    assert response.json_body["fields"]["Content-Type"] == expected


def test_an_unsupported_type_is_rejected_with_a_message_for_uppy(client: Client, alice: User) -> None:
    for filename in ("x.svg", "x"):
        response = client.http.get(f"/v1/s3/params?filename={filename}&type=", headers=alice.headers)
        assert response.status_code == 415
        assert len(problem(response)["message"]) > 20


# ---- link tokens in the path ---------------------------------------------------------------------------------------


def issue_token(client: Client, user: User) -> dict[str, Any]:
    response = client.http.post("/v1/uploads/capability", headers=user.headers)
    assert response.status_code == 200, response.body
    issued: dict[str, Any] = response.json_body
    return issued


def test_a_link_token_in_the_path_replaces_the_header(platform: Platform, alice: User) -> None:
    path = issue_token(platform.client, alice)["path"]
    response = platform.client.http.get(f"{path}/s3/params?filename=rock.txt&type=text%2Fplain")
    assert response.status_code == 200, response.body
    assert platform.upload_object(response.json_body["fields"]["key"], TEXT) == []
    assert get(platform.client, alice, media_of(response.json_body["fields"]))["status"] == "ready"
    body = json.dumps({"filename": "log.txt", "type": "text/plain"}).encode()
    created = platform.client.http.post(f"{path}/s3/multipart", headers={"Content-Type": "application/json"}, body=body)
    assert created.json_body["key"].startswith(f"uploads/{alice.id}/")


def test_a_link_token_allows_uploads_of_its_owner_only(client: Client, alice: User, bob: User) -> None:
    created = create(client, alice)
    bobs_path = issue_token(client, bob)["path"]
    path = f"{bobs_path}/s3/multipart/{created['uploadId']}?key={quote(created['key'], safe='')}"
    assert client.http.get(path).status_code == 404
    token_paths = {path for path in app.routes if path.startswith("/v1/u/")}
    assert token_paths == {
        path.replace("/v1/s3", "/v1/u/{token}/s3") for path in app.routes if path.startswith("/v1/s3")
    } - {"/v1/u/{token}/s3/sign"}


def test_a_link_token_for_another_purpose_is_rejected(client: Client, alice: User) -> None:
    for token in (
        "x",
        link_tokens.issue(Purpose.PLAY, alice.id, "", 60),
        link_tokens.issue(Purpose.UPLOADS, alice.id, "", -1),
        issue_token(client, alice)["token"][:-2],
    ):
        response = client.http.get(f"/v1/u/{token}/s3/params?filename=rock.txt&type=text%2Fplain")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert problem(response)["message"]


# ---- single signatures ---------------------------------------------------------------------------------------------


def sign(client: Client, user: User, **request: Any) -> Any:
    return client.http.post("/v1/s3/sign", headers=user.headers, body=json.dumps(request).encode())


def proposed(filename: str) -> str:
    return f"{uuid4()}-{filename}"


def test_a_whole_file_is_signed_as_a_form(platform: Platform, alice: User) -> None:
    form = sign(platform.client, alice, method="PUT", key=proposed("rock.txt"), contentType="text/plain").json_body
    assert length_range(form["fields"]) == ["content-length-range", 1, MAX_FILE_BYTES]
    platform.upload_object(form["fields"]["key"], TEXT)
    media = get(platform.client, alice, media_of(form["fields"]))
    assert (media["status"], media["filename"]) == ("ready", "rock.txt")


def test_a_browser_creates_lists_completes_and_aborts_on_its_own(platform: Platform, alice: User, cloud: Cloud) -> None:
    client = platform.client
    created = sign(client, alice, method="POST", key=proposed("log.txt")).json_body
    key = created["key"]
    response = requests.post(created["url"], headers=created["headers"], timeout=10)
    upload_id = response.text.partition("<UploadId>")[2].partition("</UploadId>")[0]
    for number, first in enumerate(range(0, len(LONG), PART_BYTES), 1):
        url = sign(client, alice, method="PUT", key=key, uploadId=upload_id, partNumber=number).json_body["url"]
        assert requests.put(url, data=LONG[first : first + PART_BYTES], timeout=10).status_code == 200
    listed = requests.get(
        sign(client, alice, method="GET", key=key, uploadId=upload_id).json_body["url"], timeout=10
    ).text
    tags = [text.partition("</ETag>")[0] for text in listed.split("<ETag>")[1:]]
    final = sign(client, alice, method="POST", key=key, uploadId=upload_id).json_body
    assert final["headers"] == {"If-None-Match": "*", "x-amz-mp-object-size": str(len(LONG))}
    signed = parse_qs(urlsplit(final["url"]).query)["X-Amz-SignedHeaders"][0]
    assert {"if-none-match", "x-amz-mp-object-size"} <= set(signed.split(";"))
    parts = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in enumerate(tags, 1))
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    assert requests.post(final["url"], data=body, headers=final["headers"], timeout=10).status_code == 200
    arrive(platform, alice, media_of(created))
    assert get(client, alice, media_of(created))["status"] == "ready"
    assert quota(cloud, alice) == (len(LONG), 1)
    again = sign(client, alice, method="POST", key=key, uploadId=upload_id)
    assert (again.status_code, problem(again)["code"]) == (409, "not_pending")


def test_an_abort_through_s3_aborts_the_upload(client: Client, alice: User, cloud: Cloud) -> None:
    created = sign(client, alice, method="POST", key=proposed("log.txt")).json_body
    response = requests.post(created["url"], headers=created["headers"], timeout=10)
    upload_id = response.text.partition("<UploadId>")[2].partition("</UploadId>")[0]
    assert sign(client, alice, method="DELETE", key=created["key"], uploadId=upload_id).status_code == 200
    assert (quota(cloud, alice), open_parts(cloud)) == ((0, 0), [])


def test_other_requests_are_never_signed(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    created = sign(client, alice, method="POST", key=proposed("log.txt")).json_body
    key = created["key"]
    assert sign(client, alice, method="PUT", key=key, uploadId="first", partNumber=1).status_code == 200
    foreign = f"uploads/{bob.id}/{media_of(created)}"
    for request, status in (
        ({"method": "PUT", "key": key, "uploadId": "second", "partNumber": 1}, 404),  # one upload a row, the first
        ({"method": "PUT", "key": foreign, "uploadId": "first", "partNumber": 1}, 404),
        ({"method": "GET", "key": f"media/{alice.id}/x/original", "uploadId": "first"}, 404),
        ({"method": "GET", "key": f"../{key}", "uploadId": "first"}, 404),
        ({"method": "PUT", "key": key, "uploadId": "first", "partNumber": MAX_PARTS + 1}, 422),
        ({"method": "PUT", "key": key, "uploadId": "first"}, 422),
        ({"method": "GET", "key": key}, 422),
        ({"method": "DELETE", "key": key}, 422),
        ({"method": "HEAD", "key": key}, 422),
        ({"method": "GET", "key": key, "uploadId": "first\u0000"}, 422),
        ({"method": "GET", "key": "\u0000", "uploadId": "first"}, 404),
        ({"method": "PUT", "key": proposed("x.txt"), "contentType": "text/plain; x=\r\nSet-Cookie: y"}, 422),
        ({"method": "PUT", "key": proposed("x.svg"), "contentType": "image/svg+xml"}, 415),
        ({"method": "PUT", "key": proposed("x" * 300 + ".txt"), "contentType": "text/plain"}, 422),
    ):
        assert sign(client, alice, **request).status_code == status, request
    assert sign(client, bob, method="PUT", key=key, uploadId="first", partNumber=1).status_code == 404
    # A proposed key is never used, even if it is the key of another upload, of this user or another.
    for proposed_key in (foreign, key):
        form = sign(client, alice, method="PUT", key=f"{proposed_key}.txt", contentType="text/plain").json_body
        assert form["fields"]["key"].rpartition("/")[0] == f"uploads/{alice.id}"
        assert media_of(form["fields"]) != media_of(created)
    assert keys(cloud, "incoming") == set()


def test_credentials_are_never_issued() -> None:
    assert not [path for path in app.routes if "sts" in path.split("/")]


def test_an_event_for_an_unknown_key_is_discarded(platform: Platform, alice: User, cloud: Cloud) -> None:
    key = f"uploads/{alice.id}/{uuid4()}"
    cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
    assert platform.deliver("ingest", [object_created_event(key)]) == []
    assert keys(cloud, "incoming") == set()
