"""Presigned requests against storage: the emulator enforces signatures, policies and rights."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
import pytest
import requests

from tests.support.api_uploader import Uploader, limit_url_validity
from tests.support.local_stack import LIBRARY, DeployedStack

TEXT = b"The lighthouse keeper counts the waves. There are always more of them.\n"
PART = 5 * 1024 * 1024
LONG = (b"Every night the keeper wrote down what the sea did to the rock.\n" * 200_000)[: 2 * PART + 12_345]
SHORT_S = 5


@pytest.fixture(scope="module")
def alice(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "alice")


def put(upload: dict[str, Any], content: bytes, **headers: str | None) -> requests.Response:
    """Send the PUT of an upload; a header that is None is omitted."""
    all_headers = {**upload["headers"], **{name.replace("_", "-"): value for name, value in headers.items()}}
    return requests.put(upload["url"], data=content, headers=all_headers, timeout=30)


def post(upload: dict[str, Any], content: bytes, **fields: str) -> requests.Response:
    """Send the POST of an upload as a form, with the file last."""
    all_fields = {**upload["fields"], **{name.replace("_", "-"): value for name, value in fields.items()}}
    return requests.post(upload["url"], data=all_fields, files={"file": ("a.txt", content)}, timeout=30)


def changed(url: str, **values: str) -> str:
    """Return the URL with other values in its query, and the old signature."""
    parts = urlsplit(url)
    query = {
        **dict(parse_qsl(parts.query, keep_blank_values=True)),
        **{k.replace("_", "-"): v for k, v in values.items()},
    }
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def storage_error_code(response: requests.Response) -> str:
    return response.text.partition("<Code>")[2].partition("</Code>")[0]


def rejection_of(response: requests.Response) -> tuple[int, str]:
    assert response.status_code >= 400, f"accepted: {response.status_code}"
    return response.status_code, storage_error_code(response)


# ---- one PUT ---------------------------------------------------------------------------------------------------------


def test_a_declared_upload_is_accepted_and_inspected(alice: Uploader) -> None:
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    started = alice.start_upload(TEXT, sha256=digest)
    response = put(started["upload"], TEXT)
    assert response.status_code == 200, response.text
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"


def test_a_put_that_differs_from_its_declaration_is_rejected(alice: Uploader) -> None:
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    started = alice.start_upload(TEXT, sha256=digest)
    upload = started["upload"]
    assert rejection_of(put(upload, TEXT + b"!")) == (403, "SignatureDoesNotMatch")
    assert rejection_of(put(upload, TEXT[:-1])) == (403, "SignatureDoesNotMatch")
    assert rejection_of(put(upload, TEXT, Content_Type="text/html")) == (403, "SignatureDoesNotMatch")
    assert rejection_of(put(upload, TEXT, If_None_Match=None)) == (403, "SignatureDoesNotMatch")
    assert rejection_of(put(upload, TEXT, x_amz_checksum_sha256=None)) == (403, "SignatureDoesNotMatch")
    assert rejection_of(put(upload, bytes(reversed(TEXT)))) == (400, "BadDigest")
    other_key = upload["url"].replace(started["media"]["id"], "0192f000-0000-7000-8000-000000000000")
    assert rejection_of(put({**upload, "url": other_key}, TEXT)) == (403, "SignatureDoesNotMatch")
    later = changed(upload["url"], X_Amz_Expires="86400")
    assert rejection_of(put({**upload, "url": later}, TEXT)) == (403, "SignatureDoesNotMatch")
    assert requests.get(upload["url"], timeout=10).status_code == 403
    assert requests.delete(upload["url"], timeout=10).status_code == 403
    assert put(upload, TEXT).status_code == 200  # the URL itself is valid


def test_nothing_is_overwritten(alice: Uploader) -> None:
    upload = alice.start_upload(TEXT)["upload"]
    assert put(upload, TEXT).status_code == 200
    assert rejection_of(put(upload, bytes(reversed(TEXT)))) == (412, "PreconditionFailed")


def test_presigned_requests_expire_and_can_be_renewed(alice: Uploader, stack: DeployedStack) -> None:
    with limit_url_validity(stack, SHORT_S):
        single = alice.start_upload(TEXT)
        form = alice.start_upload(TEXT, method="POST")
        many = alice.start_upload(LONG, method="MULTIPART")
        first, second = (many["upload"]["parts"][index]["url"] for index in (0, 1))
        assert requests.put(first, data=LONG[:PART], timeout=30).status_code == 200
        time.sleep(SHORT_S + 1)
        assert rejection_of(put(single["upload"], TEXT)) == (403, "AccessDenied")
        assert rejection_of(post(form["upload"], TEXT)) == (403, "AccessDenied")
        assert rejection_of(requests.put(second, data=LONG[PART : 2 * PART], timeout=30)) == (403, "AccessDenied")
        renewed = [
            alice.call("GET", f"/v1/uploads/{started['media']['id']}")["upload"] for started in (single, form, many)
        ]
        assert put(renewed[0], TEXT).status_code == 200
        assert post(renewed[1], TEXT).status_code == 201
        assert [part["url"] is None for part in renewed[2]["parts"]] == [True, False, False]


# ---- a form ----------------------------------------------------------------------------------------------------------


def test_a_declared_form_upload_is_accepted_and_inspected(alice: Uploader) -> None:
    started = alice.start_upload(TEXT, method="POST")
    response = post(started["upload"], TEXT)
    assert (response.status_code, started["upload"]["fields"]["key"] in response.text) == (201, True), response.text
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"


def test_a_form_that_differs_from_its_declaration_is_rejected(alice: Uploader) -> None:
    started = alice.start_upload(TEXT, method="POST")
    upload = started["upload"]
    assert rejection_of(post(upload, TEXT + b"!")) == (400, "EntityTooLarge")
    assert rejection_of(post(upload, TEXT[:-1])) == (400, "EntityTooSmall")
    assert rejection_of(post(upload, TEXT, Content_Type="text/html"))[0] == 403
    assert rejection_of(post(upload, TEXT, key=upload["fields"]["key"] + "x"))[0] == 403
    assert rejection_of(post(upload, TEXT, key="media/elsewhere"))[0] == 403
    assert rejection_of(post(upload, TEXT, success_action_redirect="https://evil.example/"))[0] == 403
    assert rejection_of(post(upload, TEXT, Cache_Control="public"))[0] == 403
    policy = base64.b64decode(upload["fields"]["policy"]).decode()
    wider = base64.b64encode(policy.replace(f"{len(TEXT)}]", "99999999]").encode()).decode()
    assert policy.encode() != base64.b64decode(wider)
    assert rejection_of(post(upload, TEXT + b"!", policy=wider)) == (403, "SignatureDoesNotMatch")
    assert post(upload, TEXT).status_code == 201


# ---- parts -----------------------------------------------------------------------------------------------------------


def send(upload: dict[str, Any], *, only: set[int]) -> list[dict[str, Any]]:
    listed_parts = []
    for part in upload["parts"]:
        if part["number"] in only:
            first = (part["number"] - 1) * upload["part_size_bytes"]
            response = requests.put(part["url"], data=LONG[first : first + part["size_bytes"]], timeout=30)
            assert response.status_code == 200, response.text
            listed_parts.append({"number": part["number"], "etag": response.headers["ETag"]})
    return listed_parts


def test_an_interrupted_upload_is_resumed(alice: Uploader) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    listed_parts = send(started["upload"], only={1, 3})
    alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": listed_parts}, expect=409)
    upload = alice.call("GET", f"/v1/uploads/{media_id}")["upload"]
    assert [part["number"] for part in upload["parts"] if part["url"]] == [2]
    listed_parts += send(upload, only={2})
    alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": listed_parts})
    alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": listed_parts})
    assert alice.wait_until_inspected(media_id)["status"] == "ready"
    original = alice.call("GET", f"/v1/media/{media_id}/url?variant=original")
    assert requests.get(original["url"], timeout=30).content == LONG


def test_a_part_that_differs_from_its_declaration_is_rejected(alice: Uploader) -> None:
    upload = alice.start_upload(LONG, method="MULTIPART")["upload"]
    first, second = (upload["parts"][index]["url"] for index in (0, 1))
    for wrong in (LONG[: PART + 1], LONG[: PART - 1], b""):
        assert rejection_of(requests.put(first, data=wrong, timeout=30)) == (403, "SignatureDoesNotMatch")
    for url in (changed(first, partNumber="2"), changed(first, partNumber="4"), changed(first, uploadId="another")):
        assert rejection_of(requests.put(url, data=LONG[:PART], timeout=30)) == (403, "SignatureDoesNotMatch")
    assert requests.get(changed(first, partNumber=""), timeout=10).status_code == 403
    assert requests.put(second, data=LONG[PART : 2 * PART], timeout=30).status_code == 200


def test_a_part_that_is_sent_again_replaces_only_itself(alice: Uploader) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    listed_parts = send(started["upload"], only={1, 2, 3})
    response = requests.put(started["upload"]["parts"][1]["url"], data=bytes(PART), timeout=30)
    problem = alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": listed_parts}, expect=409)
    assert (problem["code"], response.headers["ETag"] != listed_parts[1]["etag"]) == ("parts_mismatch", True)


def test_an_aborted_upload_leaves_nothing_in_storage(alice: Uploader) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    send(started["upload"], only={1})
    alice.call("DELETE", f"/v1/uploads/{media_id}", expect=204)
    alice.call("GET", f"/v1/uploads/{media_id}", expect=404)
    response = requests.put(started["upload"]["parts"][1]["url"], data=LONG[PART : 2 * PART], timeout=30)
    assert rejection_of(response) == (404, "NoSuchUpload")


def test_abandoned_parts_are_deleted(alice: Uploader, stack: DeployedStack) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    send(started["upload"], only={1})
    with psycopg.connect(stack.postgres().url("postgres"), autocommit=True) as database:
        database.execute(
            """UPDATE media SET created_at = now() - interval '26 hours', upload_expires_at = now() - interval '2 hours'
               WHERE id = %s""",
            [media_id],
        )
    sweep(stack)
    assert alice.call("GET", f"/v1/media/{media_id}")["status"] == "expired"
    response = requests.put(started["upload"]["parts"][1]["url"], data=LONG[PART : 2 * PART], timeout=30)
    assert rejection_of(response) == (404, "NoSuchUpload")


def sweep(stack: DeployedStack) -> None:
    """Run the scheduled sweep now."""
    event = dict.fromkeys(("version", "account", "region", "detail-type", "source", "time", "id"), "")
    payload = json.dumps({**event, "detail": {}, "resources": []})
    response = stack.aws("lambda").invoke(FunctionName="visionary-local-sweep", Payload=payload)
    assert "FunctionError" not in response, response["Payload"].read()


def test_a_signature_to_complete_covers_only_the_verified_parts(alice: Uploader) -> None:
    """A browser that completes the upload itself (Uppy 6 with signRequest) cannot add parts after their verification."""
    created = alice.call("POST", "/v1/s3/sign", {"method": "POST", "key": "0192f000-0000-7000-8000-000000000000-a.txt"})
    key = created["key"]
    response = requests.post(created["url"], headers=created["headers"], timeout=30)
    upload_id = response.text.partition("<UploadId>")[2].partition("</UploadId>")[0]
    assert upload_id, response.text
    wrong_type = requests.post(created["url"], headers={"Content-Type": "text/html"}, timeout=30)
    assert rejection_of(wrong_type) == (403, "SignatureDoesNotMatch")

    def part(number: int, content: bytes) -> str:
        signed = alice.call(
            "POST", "/v1/s3/sign", {"method": "PUT", "key": key, "uploadId": upload_id, "partNumber": number}
        )
        response = requests.put(signed["url"], data=content, timeout=30)
        assert response.status_code == 200, response.text
        return f"<Part><PartNumber>{number}</PartNumber><ETag>{response.headers['ETag']}</ETag></Part>"

    def complete(signed: dict[str, Any], parts: str, **headers: str) -> requests.Response:
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        return requests.post(signed["url"], data=body, headers={**signed["headers"], **headers}, timeout=30)

    verified_parts = part(1, LONG[:PART]) + part(2, LONG[PART : PART + 9])
    signed = alice.call("POST", "/v1/s3/sign", {"method": "POST", "key": key, "uploadId": upload_id})
    extended_parts = verified_parts + part(3, b"more than was verified")
    assert rejection_of(complete(signed, extended_parts))[0] == 400
    assert rejection_of(complete(signed, extended_parts, **{"x-amz-mp-object-size": "99"})) == (
        403,
        "SignatureDoesNotMatch",
    )
    assert complete(signed, verified_parts).status_code == 200
    assert alice.wait_until_inspected(key.rsplit("/", 1)[-1])["status"] == "ready"


# ---- Uppy's contract through the real gateway ---------------------------------------------------------------------


def test_uppys_contract_with_a_link_token_in_the_path(alice: Uploader) -> None:
    """Requests as Uppy 6 sends them: no header, brackets in the query, slashes in the key."""
    base = alice.call("POST", "/v1/uploads/capability")["path"] + "/s3"
    form = alice.call(
        "GET", f"{base}/params?filename=a.txt&type=text%2Fplain&metadata%5Bsize%5D={len(TEXT)}", bearer=False
    )
    assert rejection_of(post(form, TEXT + b"!")) == (400, "EntityTooLarge")
    assert post(form, TEXT).status_code == 201
    assert alice.wait_until_inspected(form["fields"]["key"].rsplit("/", 1)[-1])["status"] == "ready"

    started = alice.call("POST", f"{base}/multipart", {"filename": "b.txt", "type": "text/plain"}, bearer=False)
    upload, key = f"{base}/multipart/{started['uploadId']}", f"key={quote(started['key'], safe='')}"
    parts = []
    for number in (1, 2, 3):
        signed = alice.call("GET", f"{upload}/{number}?{key}", bearer=False)
        response = requests.put(signed["url"], data=LONG[(number - 1) * PART : number * PART], timeout=30)
        parts.append({"PartNumber": number, "ETag": response.headers["ETag"].strip('"')})
    listed = alice.call("GET", f"{upload}?{key}", bearer=False)
    assert [part["Size"] for part in listed] == [PART, PART, len(LONG) - 2 * PART]
    assert set(alice.call("GET", f"{upload}/batch?{key}&partNumbers=1,2", bearer=False)["presignedUrls"]) == {"1", "2"}
    completed = alice.call("POST", f"{upload}/complete?{key}", {"parts": parts}, bearer=False)
    assert completed["key"] == started["key"]
    media = alice.wait_until_inspected(started["uploadId"])
    assert (media["status"], media["size_bytes"]) == ("ready", len(LONG))

    declared = {"filename": "d.txt", "type": "text/plain", "metadata": {"size": len(LONG)}}
    sized = alice.call("POST", f"{base}/multipart", declared, bearer=False)
    upload, key = f"{base}/multipart/{sized['uploadId']}", f"key={quote(sized['key'], safe='')}"
    last = len(LONG) - 2 * PART
    for number, size in ((1, PART), (3, last)):
        url = alice.call("GET", f"{upload}/{number}?{key}", bearer=False)["url"]
        for wrong in (size + 1, size - 1, 6 * PART):
            assert rejection_of(requests.put(url, data=bytes(wrong), timeout=30)) == (403, "SignatureDoesNotMatch")
        assert requests.put(url, data=bytes(size), timeout=30).status_code == 200

    aborted = alice.call("POST", f"{base}/multipart", {"filename": "c.txt", "type": "text/plain"}, bearer=False)
    path = f"{base}/multipart/{aborted['uploadId']}?key={quote(aborted['key'], safe='')}"
    assert alice.call("DELETE", path, bearer=False) == {}
    alice.call("GET", path, expect=404, bearer=False)


def test_the_gateway_rejects_requests_without_a_token(alice: Uploader) -> None:
    for method, path in (
        ("GET", "/v1/s3/params?filename=a.txt&type=text%2Fplain"),
        ("POST", "/v1/s3/sign"),
        ("POST", "/v1/uploads/capability"),
        ("GET", "/v1/u/forged.token/s3/params?filename=a.txt&type=text%2Fplain"),
    ):
        assert (
            alice.call(method, path, {} if method == "POST" else None, expect=401, bearer=False)["code"]
            == "unauthorized"
        )


# ---- cross-origin access ---------------------------------------------------------------------------------------------


def test_a_page_of_another_origin_cannot_upload(alice: Uploader, stack: DeployedStack) -> None:
    upload = alice.start_upload(TEXT)["upload"]
    for origin, status in (("https://evil.example", 403), ("null", 403), (stack.url, 200)):
        preflight_headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "if-none-match",
        }
        assert requests.options(upload["url"], headers=preflight_headers, timeout=10).status_code == status, origin


def test_no_url_can_read_an_uninspected_upload(alice: Uploader, stack: DeployedStack) -> None:
    started = alice.start_upload(TEXT)
    assert put(started["upload"], TEXT).status_code == 200
    key = urlsplit(started["upload"]["url"]).path.split("/", 2)[2]
    api = stack.aws("s3", stack.role_credentials("api"))
    signed = api.generate_presigned_url(
        "get_object", Params={"Bucket": urlsplit(started["upload"]["url"]).path.split("/")[1], "Key": key}
    )
    assert requests.get(signed, timeout=10).status_code == 403
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"
    listing = stack.aws("s3").list_objects_v2(
        Bucket=LIBRARY, Prefix=f"media/{key.split('/')[1]}/{started['media']['id']}"
    )
    assert listing["KeyCount"] == 1
