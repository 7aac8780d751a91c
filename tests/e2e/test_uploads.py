"""What storage enforces of the requests we sign, for real: signatures, policies and rights are checked by the emulator."""

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
    """PUT as told; a header that is None is left out."""
    sent = {**upload["headers"], **{name.replace("_", "-"): value for name, value in headers.items()}}
    return requests.put(upload["url"], data=content, headers=sent, timeout=30)


def post(upload: dict[str, Any], content: bytes, **fields: str) -> requests.Response:
    """POST as a form, the file last."""
    sent = {**upload["fields"], **{name.replace("_", "-"): value for name, value in fields.items()}}
    return requests.post(upload["url"], data=sent, files={"file": ("a.txt", content)}, timeout=30)


def changed(url: str, **values: str) -> str:
    """The same URL with other values in its query, and the old signature."""
    parts = urlsplit(url)
    query = {
        **dict(parse_qsl(parts.query, keep_blank_values=True)),
        **{k.replace("_", "-"): v for k, v in values.items()},
    }
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def refused(answer: requests.Response) -> tuple[int, str]:
    assert answer.status_code >= 400, f"taken: {answer.status_code}"
    return answer.status_code, code(answer)


# ---- one PUT ---------------------------------------------------------------------------------------------------------


def test_what_was_announced_is_taken_and_inspected(alice: Uploader) -> None:
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    started = alice.start_upload(TEXT, sha256=digest)
    answer = put(started["upload"], TEXT)
    assert answer.status_code == 200, answer.text
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"


def test_a_put_of_anything_else_is_refused(alice: Uploader) -> None:
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    started = alice.start_upload(TEXT, sha256=digest)
    upload = started["upload"]
    assert refused(put(upload, TEXT + b"!")) == (403, "SignatureDoesNotMatch")
    assert refused(put(upload, TEXT[:-1])) == (403, "SignatureDoesNotMatch")
    assert refused(put(upload, TEXT, Content_Type="text/html")) == (403, "SignatureDoesNotMatch")
    assert refused(put(upload, TEXT, If_None_Match=None)) == (403, "SignatureDoesNotMatch")
    assert refused(put(upload, TEXT, x_amz_checksum_sha256=None)) == (403, "SignatureDoesNotMatch")
    assert refused(put(upload, bytes(reversed(TEXT)))) == (400, "BadDigest")
    other_key = upload["url"].replace(started["media"]["id"], "0192f000-0000-7000-8000-000000000000")
    assert refused(put({**upload, "url": other_key}, TEXT)) == (403, "SignatureDoesNotMatch")
    later = changed(upload["url"], X_Amz_Expires="86400")
    assert refused(put({**upload, "url": later}, TEXT)) == (403, "SignatureDoesNotMatch")
    assert requests.get(upload["url"], timeout=10).status_code == 403
    assert requests.delete(upload["url"], timeout=10).status_code == 403
    assert put(upload, TEXT).status_code == 200  # it was not the URL that was wrong


def test_nothing_is_overwritten(alice: Uploader) -> None:
    upload = alice.start_upload(TEXT)["upload"]
    assert put(upload, TEXT).status_code == 200
    assert refused(put(upload, bytes(reversed(TEXT)))) == (412, "PreconditionFailed")


def test_requests_run_out_and_are_signed_again(alice: Uploader, stack: DeployedStack) -> None:
    with limit_url_validity(stack, SHORT_S):
        single = alice.start_upload(TEXT)
        form = alice.start_upload(TEXT, method="POST")
        many = alice.start_upload(LONG, method="MULTIPART")
        first, second = (many["upload"]["parts"][index]["url"] for index in (0, 1))
        assert requests.put(first, data=LONG[:PART], timeout=30).status_code == 200
        time.sleep(SHORT_S + 1)
        assert refused(put(single["upload"], TEXT)) == (403, "AccessDenied")
        assert refused(post(form["upload"], TEXT)) == (403, "AccessDenied")
        assert refused(requests.put(second, data=LONG[PART : 2 * PART], timeout=30)) == (403, "AccessDenied")
        again = [alice.call("GET", f"/v1/uploads/{it['media']['id']}")["upload"] for it in (single, form, many)]
        assert put(again[0], TEXT).status_code == 200
        assert post(again[1], TEXT).status_code == 201
        assert [part["url"] is None for part in again[2]["parts"]] == [True, False, False]


# ---- a form ----------------------------------------------------------------------------------------------------------


def test_a_form_of_what_was_announced_is_taken_and_inspected(alice: Uploader) -> None:
    started = alice.start_upload(TEXT, method="POST")
    answer = post(started["upload"], TEXT)
    assert (answer.status_code, started["upload"]["fields"]["key"] in answer.text) == (201, True), answer.text
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"


def test_a_form_with_anything_else_is_refused(alice: Uploader) -> None:
    started = alice.start_upload(TEXT, method="POST")
    upload = started["upload"]
    assert refused(post(upload, TEXT + b"!")) == (400, "EntityTooLarge")
    assert refused(post(upload, TEXT[:-1])) == (400, "EntityTooSmall")
    assert refused(post(upload, TEXT, Content_Type="text/html"))[0] == 403
    assert refused(post(upload, TEXT, key=upload["fields"]["key"] + "x"))[0] == 403
    assert refused(post(upload, TEXT, key="media/elsewhere"))[0] == 403
    assert refused(post(upload, TEXT, success_action_redirect="https://evil.example/"))[0] == 403
    assert refused(post(upload, TEXT, Cache_Control="public"))[0] == 403
    policy = base64.b64decode(upload["fields"]["policy"]).decode()
    wider = base64.b64encode(policy.replace(f"{len(TEXT)}]", "99999999]").encode()).decode()
    assert policy.encode() != base64.b64decode(wider)
    assert refused(post(upload, TEXT + b"!", policy=wider)) == (403, "SignatureDoesNotMatch")
    assert post(upload, TEXT).status_code == 201


# ---- parts -----------------------------------------------------------------------------------------------------------


def send(upload: dict[str, Any], *, only: set[int]) -> list[dict[str, Any]]:
    named = []
    for part in upload["parts"]:
        if part["number"] in only:
            first = (part["number"] - 1) * upload["part_size_bytes"]
            answer = requests.put(part["url"], data=LONG[first : first + part["size_bytes"]], timeout=30)
            assert answer.status_code == 200, answer.text
            named.append({"number": part["number"], "etag": answer.headers["ETag"]})
    return named


def test_an_upload_that_was_interrupted_goes_on_where_it_was(alice: Uploader) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    named = send(started["upload"], only={1, 3})
    alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": named}, expect=409)
    upload = alice.call("GET", f"/v1/uploads/{media_id}")["upload"]
    assert [part["number"] for part in upload["parts"] if part["url"]] == [2]
    named += send(upload, only={2})
    alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": named})
    alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": named})
    assert alice.wait_until_inspected(media_id)["status"] == "ready"
    kept = alice.call("GET", f"/v1/media/{media_id}/url?variant=original")
    assert requests.get(kept["url"], timeout=30).content == LONG


def test_a_part_of_anything_else_is_refused(alice: Uploader) -> None:
    upload = alice.start_upload(LONG, method="MULTIPART")["upload"]
    first, second = (upload["parts"][index]["url"] for index in (0, 1))
    for wrong in (LONG[: PART + 1], LONG[: PART - 1], b""):
        assert refused(requests.put(first, data=wrong, timeout=30)) == (403, "SignatureDoesNotMatch")
    for url in (changed(first, partNumber="2"), changed(first, partNumber="4"), changed(first, uploadId="another")):
        assert refused(requests.put(url, data=LONG[:PART], timeout=30)) == (403, "SignatureDoesNotMatch")
    assert requests.get(changed(first, partNumber=""), timeout=10).status_code == 403
    assert requests.put(second, data=LONG[PART : 2 * PART], timeout=30).status_code == 200


def test_a_part_that_is_sent_again_replaces_itself_only(alice: Uploader) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    named = send(started["upload"], only={1, 2, 3})
    other = bytes(PART)
    answer = requests.put(started["upload"]["parts"][1]["url"], data=other, timeout=30)
    refusal = alice.call("POST", f"/v1/uploads/{media_id}/complete", {"parts": named}, expect=409)
    assert (refusal["code"], answer.headers["ETag"] != named[1]["etag"]) == ("parts_mismatch", True)


def test_giving_up_leaves_nothing_in_storage(alice: Uploader) -> None:
    started = alice.start_upload(LONG, method="MULTIPART")
    media_id = started["media"]["id"]
    send(started["upload"], only={1})
    alice.call("DELETE", f"/v1/uploads/{media_id}", expect=204)
    alice.call("GET", f"/v1/uploads/{media_id}", expect=404)
    answer = requests.put(started["upload"]["parts"][1]["url"], data=LONG[PART : 2 * PART], timeout=30)
    assert refused(answer) == (404, "NoSuchUpload")


def test_parts_that_nobody_finishes_are_thrown_away(alice: Uploader, stack: DeployedStack) -> None:
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
    again = requests.put(started["upload"]["parts"][1]["url"], data=LONG[PART : 2 * PART], timeout=30)
    assert refused(again) == (404, "NoSuchUpload")


def sweep(stack: DeployedStack) -> None:
    """The schedule fires now."""
    event = dict.fromkeys(("version", "account", "region", "detail-type", "source", "time", "id"), "")
    payload = json.dumps({**event, "detail": {}, "resources": []})
    answer = stack.aws("lambda").invoke(FunctionName="visionary-local-sweep", Payload=payload)
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_signature_to_complete_fits_what_was_weighed(alice: Uploader) -> None:
    """The browser itself completes (Uppy 6 with signRequest): it may not add parts after we looked."""
    created = alice.call("POST", "/v1/s3/sign", {"method": "POST", "key": "0192f000-0000-7000-8000-000000000000-a.txt"})
    key = created["key"]
    answer = requests.post(created["url"], headers=created["headers"], timeout=30)
    upload_id = answer.text.partition("<UploadId>")[2].partition("</UploadId>")[0]
    assert upload_id, answer.text
    wrong_type = requests.post(created["url"], headers={"Content-Type": "text/html"}, timeout=30)
    assert refused(wrong_type) == (403, "SignatureDoesNotMatch")

    def part(number: int, content: bytes) -> str:
        signed = alice.call(
            "POST", "/v1/s3/sign", {"method": "PUT", "key": key, "uploadId": upload_id, "partNumber": number}
        )
        sent = requests.put(signed["url"], data=content, timeout=30)
        assert sent.status_code == 200, sent.text
        return f"<Part><PartNumber>{number}</PartNumber><ETag>{sent.headers['ETag']}</ETag></Part>"

    def complete(signed: dict[str, Any], parts: str, **headers: str) -> requests.Response:
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        return requests.post(signed["url"], data=body, headers={**signed["headers"], **headers}, timeout=30)

    both = part(1, LONG[:PART]) + part(2, LONG[PART : PART + 9])
    signed = alice.call("POST", "/v1/s3/sign", {"method": "POST", "key": key, "uploadId": upload_id})
    more = both + part(3, b"more than was weighed")
    assert refused(complete(signed, more))[0] == 400
    assert refused(complete(signed, more, **{"x-amz-mp-object-size": "99"})) == (403, "SignatureDoesNotMatch")
    assert complete(signed, both).status_code == 200
    assert alice.wait_until_inspected(key.rsplit("/", 1)[-1])["status"] == "ready"


# ---- Uppy's contract through the real gateway ---------------------------------------------------------------------


def test_uppys_contract_by_a_capability_in_the_path(alice: Uploader) -> None:
    """No header, brackets in the query, slashes in the key: as Uppy 6 asks."""
    base = alice.call("POST", "/v1/uploads/capability")["path"] + "/s3"
    form = alice.call(
        "GET", f"{base}/params?filename=a.txt&type=text%2Fplain&metadata%5Bsize%5D={len(TEXT)}", bearer=False
    )
    assert refused(post(form, TEXT + b"!")) == (400, "EntityTooLarge")
    assert post(form, TEXT).status_code == 201
    assert alice.wait_until_inspected(form["fields"]["key"].rsplit("/", 1)[-1])["status"] == "ready"

    begun = alice.call("POST", f"{base}/multipart", {"filename": "b.txt", "type": "text/plain"}, bearer=False)
    upload, key = f"{base}/multipart/{begun['uploadId']}", f"key={quote(begun['key'], safe='')}"
    parts = []
    for number in (1, 2, 3):
        signed = alice.call("GET", f"{upload}/{number}?{key}", bearer=False)
        answer = requests.put(signed["url"], data=LONG[(number - 1) * PART : number * PART], timeout=30)
        parts.append({"PartNumber": number, "ETag": answer.headers["ETag"].strip('"')})
    listed = alice.call("GET", f"{upload}?{key}", bearer=False)
    assert [part["Size"] for part in listed] == [PART, PART, len(LONG) - 2 * PART]
    assert set(alice.call("GET", f"{upload}/batch?{key}&partNumbers=1,2", bearer=False)["presignedUrls"]) == {"1", "2"}
    done = alice.call("POST", f"{upload}/complete?{key}", {"parts": parts}, bearer=False)
    assert done["key"] == begun["key"]
    media = alice.wait_until_inspected(begun["uploadId"])
    assert (media["status"], media["size_bytes"]) == ("ready", len(LONG))

    again = alice.call("POST", f"{base}/multipart", {"filename": "c.txt", "type": "text/plain"}, bearer=False)
    path = f"{base}/multipart/{again['uploadId']}?key={quote(again['key'], safe='')}"
    assert alice.call("DELETE", path, bearer=False) == {}
    alice.call("GET", path, expect=404, bearer=False)


def test_the_gateway_lets_nobody_in_without_a_token(alice: Uploader) -> None:
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


# ---- whom storage answers --------------------------------------------------------------------------------------------


def test_a_page_of_another_origin_cannot_send(alice: Uploader, stack: DeployedStack) -> None:
    upload = alice.start_upload(TEXT)["upload"]
    for origin, status in (("https://evil.example", 403), ("null", 403), (stack.url, 200)):
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "if-none-match",
        }
        assert requests.options(upload["url"], headers=asked, timeout=10).status_code == status, origin


def test_what_came_in_can_be_read_by_no_url(alice: Uploader, stack: DeployedStack) -> None:
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
