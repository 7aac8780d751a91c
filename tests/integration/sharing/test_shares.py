"""Share links: what they open, what they never open, and what closes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from chalice.test import Client

from app import app
from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import Purpose
from chalicelib.sharing import shares
from chalicelib.sharing.model import MAX_SHARES
from tests.integration.account.test_erasure import erase_account, finish
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.exports.test_account_exports import open_archive, request_export, rows, verified_files
from tests.integration.speech.test_speech import PARAGRAPHS, start
from tests.integration.uploads.test_uploads import upload

Json = Any
PASSWORD = "salt and stars"  # pragma: allowlist secret
NOTHING_HERE = "Nothing is shared at this address. The link may have expired, or its owner has revoked it."


def send(client: Client, user: User | None, method: str, path: str, body: Json = None, **headers: str) -> Any:
    encoded = b"" if body is None else json.dumps(body).encode()
    all_headers = {"Content-Type": "application/json", **(user.headers if user else {}), **headers}
    return client.http.request(method, path, headers=all_headers, body=encoded)


def share(platform: Platform, user: User, path: str, **request: Json) -> Json:
    response = send(platform.client, user, "POST", f"/v1/{path}/shares", request)
    assert response.status_code == 201, response.body
    return response.json_body


class Shelf(NamedTuple):
    """A collection with a recorded book and a text; another text is outside."""

    collection: str
    book: str
    text: str
    outside: str
    job: str
    outside_job: str


@pytest.fixture
def shelf(platform: Platform, alice: User) -> Shelf:
    client = platform.client
    book = upload(platform, alice, PARAGRAPHS[0].encode(), filename="book.txt")["id"]
    text = upload(platform, alice, b"A text beside it.", filename="beside.txt")["id"]
    outside = upload(platform, alice, PARAGRAPHS[1].encode(), filename="outside.txt")["id"]
    jobs = [start(client, alice, media).json_body["id"] for media in (book, outside)]
    platform.run()
    collection = send(client, alice, "POST", "/v1/collections", {"name": "Sea", "description": "At night."}).json_body
    send(client, alice, "POST", f"/v1/collections/{collection['id']}/media", {"media_ids": [book, text]})
    return Shelf(collection["id"], book, text, outside, *jobs)


def addresses(path: str, media: str, job: str, part: str = "0-0-0.mp3") -> list[str]:
    """Return all addresses of a share, for a media and its recording."""
    templates = [
        template for template, methods in app.routes.items() if template.startswith("/v1/shared/") and "GET" in methods
    ]
    assert len(templates) == 16
    names = {"share": path.rpartition("/")[2], "media_id": media, "job_id": job, "part": part, "index": "0"}
    return [
        re.sub(r"\{(\w+)\}", lambda match: names[match[1]], template) + ("?q=sea" if template.endswith("find") else "")
        for template in templates
    ]


def part_of(client: Client, path: str, job: str) -> str:
    playlist = client.http.get(f"{path}/speech/{job}/playlist.m3u8").body.decode()
    return next(line for line in playlist.splitlines() if line.startswith("parts/")).removeprefix("parts/")


def statuses(client: Client, path: str, media: str, job: str, part: str = "0-0-0.mp3") -> set[tuple[int, str]]:
    """Return the statuses and codes of all addresses of a share."""
    responses = [client.http.get(address) for address in addresses(path, media, job, part)]
    return {(r.status_code, problem(r)["code"] if r.status_code >= 400 else "") for r in responses}


def test_a_share_of_a_document_opens_its_text_and_its_recording_to_anyone(
    platform: Platform, alice: User, shelf: Shelf
) -> None:
    client = platform.client
    created = share(platform, alice, f"media/{shelf.book}", download=True)
    token = created["path"].removeprefix("/v1/shared/")
    assert created["url"] == f"https://app.example/#/shared/{token}"
    path = created["path"]
    assert client.http.get(path).json_body == {
        "kind": "media", "title": "book", "description": "", "media_id": shelf.book, "download": True, "expires_at": None,
    }  # fmt: skip
    listed = client.http.get(f"{path}/media").json_body["items"]
    assert [item["id"] for item in listed] == [shelf.book]
    assert listed == [client.http.get(f"{path}/media/{shelf.book}").json_body]
    assert listed[0].keys().isdisjoint({"filename", "tags", "collection_ids", "sha256", "position", "source_url"})
    assert client.http.get(f"{path}/media/{shelf.book}/text").json_body["text"] == PARAGRAPHS[0]
    assert client.http.get(f"{path}/media/{shelf.book}/find?q=keeper").json_body["items"]
    (recording,) = client.http.get(f"{path}/media/{shelf.book}/speech").json_body["items"]
    assert recording["id"] == shelf.job
    assert recording.keys().isdisjoint({"cost", "estimated_cost", "billed_characters", "providers"})
    assert client.http.get(f"{path}/speech/{shelf.job}/marks").json_body["words"]
    captions = client.http.get(f"{path}/speech/{shelf.job}/captions.vtt")
    assert captions.headers["Content-Type"].startswith("text/vtt")
    assert re.match(rb"WEBVTT\n\n(.+\n)?00:00:00\.\d{3} --> 00:00:", captions.body)
    part = part_of(client, path, shelf.job)
    redirect = client.http.get(f"{path}/speech/{shelf.job}/parts/{part}")
    assert (redirect.status_code, redirect.headers["Cache-Control"]) == (302, "no-store")
    assert f"/{shelf.job}/" in redirect.headers["Location"]
    audio = client.http.get(f"{path}/speech/{shelf.job}/audio")
    assert f"{shelf.job}/audio.mp3" in audio.headers["Location"]
    attachment = client.http.get(f"{path}/media/{shelf.book}/url?disposition=attachment").json_body
    assert "attachment" in attachment["url"]
    for address in (
        path,
        f"{path}/media",
        f"{path}/media/{shelf.book}/text",
        f"{path}/speech/{shelf.job}/marks",
        f"{path}/speech/{shelf.job}/captions.vtt",
    ):
        headers = client.http.get(address).headers
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_without_download_neither_the_original_nor_an_attachment_is_handed_out(
    platform: Platform, alice: User, shelf: Shelf
) -> None:
    client, path = platform.client, share(platform, alice, f"media/{shelf.book}")["path"]
    for query in ("?disposition=attachment", "?variant=original", "?variant=view&disposition=attachment"):
        response = client.http.get(f"{path}/media/{shelf.book}/url{query}")
        assert (response.status_code, problem(response)["code"]) == (403, "download_not_allowed"), query
    assert problem(client.http.get(f"{path}/speech/{shelf.job}/audio"))["code"] == "download_not_allowed"
    assert client.http.get(f"{path}/media/{shelf.book}/url?variant=view").status_code == 200
    assert client.http.get(f"{path}/speech/{shelf.job}/playlist.m3u8").status_code == 200


def test_a_collection_is_shared_with_what_is_in_it_now(platform: Platform, alice: User, shelf: Shelf) -> None:
    client, path = platform.client, share(platform, alice, f"collections/{shelf.collection}")["path"]
    described = client.http.get(path).json_body
    assert (described["kind"], described["title"], described["description"]) == ("collection", "Sea", "At night.")
    listed = client.http.get(f"{path}/media").json_body["items"]
    assert [item["id"] for item in listed] == [shelf.book, shelf.text]
    part = part_of(client, path, shelf.job)
    assert (404, "not_found") not in statuses(client, path, shelf.book, shelf.job, part) - {(404, "no_display_form")}
    send(client, alice, "DELETE", f"/v1/collections/{shelf.collection}/media/{shelf.book}")
    closed = [a for a in addresses(path, shelf.book, shelf.job, part) if shelf.book in a or shelf.job in a]
    assert len(closed) == 14
    assert {client.http.get(address).status_code for address in closed} == {404}
    assert [item["id"] for item in client.http.get(f"{path}/media").json_body["items"]] == [shelf.text]
    send(client, alice, "PUT", f"/v1/collections/{shelf.collection}/media/{shelf.outside}", {})
    assert client.http.get(f"{path}/media/{shelf.outside}/text").json_body["text"] == PARAGRAPHS[1]


def test_a_share_opens_neither_other_media_nor_their_recordings(
    platform: Platform, alice: User, bob: User, shelf: Shelf
) -> None:
    client = platform.client
    theirs = upload(platform, bob, b"A text of another user.")["id"]
    for path in (
        share(platform, alice, f"media/{shelf.book}", download=True)["path"],
        share(platform, alice, f"collections/{shelf.collection}", download=True)["path"],
    ):
        for media, job in (
            (shelf.outside, shelf.outside_job),
            (theirs, str(uuid4())),
            (str(uuid4()), shelf.outside_job),
        ):
            of_media = [a for a in addresses(path, media, job) if media in a or job in a]
            assert {client.http.get(address).status_code for address in of_media} == {404}


def test_the_tokens_of_a_share_open_nothing_but_the_routes_of_shares(
    platform: Platform, alice: User, shelf: Shelf
) -> None:
    client = platform.client
    created = share(platform, alice, f"media/{shelf.book}", password=PASSWORD, download=True)
    unlocked = send(client, None, "POST", f"{created['path']}/unlock", {"password": PASSWORD}).json_body["token"]
    values = {
        "media_id": shelf.book, "collection_id": shelf.collection, "job_id": shelf.job, "share_id": created["id"],
        "part": "0-0-0.mp3", "index": "0",
    }  # fmt: skip
    public = ("/health", "/docs", "/openapi.json", "/{file}", "/v1/upload-types", "/v1/shared/")
    for token in (created["path"].rpartition("/")[2], unlocked):
        for template, methods in app.routes.items():
            if template == "/" or template.startswith(public):
                continue
            path = re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], token), template)  # noqa: B023 - called at once
            for method in set(methods) - {"OPTIONS", "HEAD"}:
                for scheme in ("Bearer", "Capability"):
                    status = knock(client, method, path, f"{scheme} {token}")
                    assert status in {401, 404}, f"{method} {path}: {status}"


def knock(client: Client, method: str, path: str, authorization: str) -> int:
    """Return the status of a request. Chalice's client raises what an authorizer raises, which the gateway turns into 401."""
    try:
        response = send(client, None, method, path, None if method == "GET" else {}, Authorization=authorization)
    except Exception as error:  # noqa: BLE001 - the only way to tell it
        assert str(error) == "Unauthorized"  # noqa: PT017
        return 401
    return int(response.status_code)


def expire(platform: Platform, alice: User, shelf: Shelf, created: Json) -> None:
    del alice, shelf
    platform.cloud.owner.execute("UPDATE shares SET expires_at = now() - interval '1 s' WHERE id = %s", [created["id"]])


def revoke(platform: Platform, alice: User, shelf: Shelf, created: Json) -> None:
    del shelf
    assert send(platform.client, alice, "DELETE", f"/v1/shares/{created['id']}").status_code == 204


def trash(platform: Platform, alice: User, shelf: Shelf, created: Json) -> None:
    del created
    assert send(platform.client, alice, "DELETE", f"/v1/media/{shelf.book}").status_code == 204


def purge(platform: Platform, alice: User, shelf: Shelf, created: Json) -> None:
    del created
    assert send(platform.client, alice, "DELETE", f"/v1/media/{shelf.book}?permanent=true").status_code == 204


def request_erasure(platform: Platform, alice: User, shelf: Shelf, created: Json) -> None:
    del shelf, created
    erase_account(platform.client, alice)


def erase(platform: Platform, alice: User, shelf: Shelf, created: Json) -> None:
    del shelf, created
    finish(platform, alice, erase_account(platform.client, alice))


@pytest.mark.parametrize("close", [expire, revoke, trash, purge, request_erasure, erase])
def test_whatever_closes_a_share_closes_all_of_it_and_looks_the_same(
    platform: Platform, alice: User, shelf: Shelf, close: Callable[[Platform, User, Shelf, Json], None]
) -> None:
    client = platform.client
    created = share(platform, alice, f"media/{shelf.book}", password=PASSWORD, download=True)
    unlocked = send(client, None, "POST", f"{created['path']}/unlock", {"password": PASSWORD}).json_body["path"]
    part = part_of(client, unlocked, shelf.job)
    assert statuses(client, unlocked, shelf.book, shelf.job, part) - {(404, "no_display_form")} == {
        (200, ""),
        (302, ""),
    }
    close(platform, alice, shelf, created)
    never_issued = f"/v1/shared/{'A' * 64}"
    for path in (created["path"], unlocked, never_issued):
        responses = [client.http.get(address) for address in addresses(path, shelf.book, shelf.job, part)]
        responses.append(send(client, None, "POST", f"{path}/unlock", {"password": PASSWORD}))
        bodies = [{**problem(response), "request_id": ""} for response in responses]
        assert {body["status"] for body in bodies} == {404}
        assert {body["detail"] for body in bodies} == {NOTHING_HERE}


def test_a_restored_media_is_shared_again(platform: Platform, alice: User, shelf: Shelf) -> None:
    created = share(platform, alice, f"media/{shelf.book}")
    trash(platform, alice, shelf, created)
    assert platform.client.http.get(created["path"]).status_code == 404
    send(platform.client, alice, "POST", f"/v1/media/{shelf.book}/restore")
    assert platform.client.http.get(created["path"]).status_code == 200


def test_a_password_is_asked_for_and_its_attempts_are_limited(
    platform: Platform, alice: User, cloud: Cloud, shelf: Shelf
) -> None:
    client = platform.client
    created = share(platform, alice, f"media/{shelf.book}", password=PASSWORD)
    assert created["has_password"] is True
    path = created["path"]
    assert statuses(client, path, shelf.book, shelf.job) == {(403, "password_required")}
    wrong = send(client, None, "POST", f"{path}/unlock", {"password": "salt and star"})
    assert (wrong.status_code, problem(wrong)["code"]) == (403, "wrong_password")
    unlocked = send(client, None, "POST", f"{path}/unlock", {"password": PASSWORD}).json_body
    assert client.http.get(unlocked["path"]).json_body["title"] == "book"
    expired = link_tokens.issue(Purpose.SHARE, alice.id, created["id"], valid_s=-1)
    assert problem(client.http.get(f"/v1/shared/{expired}"))["code"] == "password_required"
    other = share(platform, alice, f"media/{shelf.book}", password="another one")["path"]
    attempts = [send(client, None, "POST", f"{path}/unlock", {"password": "guess"}) for _ in range(9)]
    assert [attempt.status_code for attempt in attempts] == [403] * 8 + [429]
    assert int(attempts[-1].headers["Retry-After"]) > 0
    assert send(client, None, "POST", f"{path}/unlock", {"password": PASSWORD}).status_code == 429
    assert client.http.get(unlocked["path"]).status_code == 200  # who is in stays in
    assert send(client, None, "POST", f"{other}/unlock", {"password": "another one"}).status_code == 200
    stored = cloud.owner.execute("SELECT shares::text FROM shares").fetchall()
    assert PASSWORD not in str(stored)


def test_an_export_contains_shares_without_the_hashes_of_their_passwords(
    platform: Platform, alice: User, shelf: Shelf
) -> None:
    created = share(platform, alice, f"media/{shelf.book}", password=PASSWORD)
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    (row,) = rows(verified_files(open_archive(platform.cloud, alice, export_id)), "shares")
    assert row["id"] == created["id"]
    assert "password_hash" not in row


def test_openings_are_counted_and_recorded_once_an_hour(
    platform: Platform, alice: User, cloud: Cloud, shelf: Shelf
) -> None:
    client = platform.client
    before = send(client, alice, "GET", f"/v1/media/{shelf.text}").json_body["opened_at"]
    created = share(platform, alice, f"media/{shelf.text}")
    for _ in range(3):
        client.http.get(created["path"], headers={"User-Agent": "a reader"})
    client.http.get(f"{created['path']}/media/{shelf.text}/text")
    client.http.get(f"{created['path']}/media/{shelf.text}/url")
    cloud.owner.execute("UPDATE shares SET recorded_at = now() - interval '61 minutes'")
    client.http.get(created["path"])
    revoke(platform, alice, shelf, created)
    events = send(client, alice, "GET", "/v1/account/audit?limit=4").json_body["items"]
    assert [(event["action"], event["actor"], event["subject_id"]) for event in events] == [
        ("share.revoked", "owner", shelf.text),
        ("share.opened", "share_link", shelf.text),
        ("share.opened", "share_link", shelf.text),
        ("share.created", "owner", shelf.text),
    ]
    assert [event["detail"].get("count") for event in events] == [None, 4, 1, None]
    assert {event["detail"]["share"] for event in events} == {created["id"]}
    assert events[2]["agent"] == "a reader"
    assert events[0]["subject_name"] == "beside"
    assert send(client, alice, "GET", f"/v1/media/{shelf.text}").json_body["opened_at"] == before


def test_shares_are_listed_for_their_owner_only(platform: Platform, alice: User, bob: User, shelf: Shelf) -> None:
    client = platform.client
    first = share(platform, alice, f"media/{shelf.book}")
    second = share(platform, alice, f"collections/{shelf.collection}", download=True)
    third = share(platform, alice, f"media/{shelf.book}", expires_at="2030-01-31T12:00:00+01:00")
    assert third["expires_at"] == "2030-01-31T11:00:00Z"

    def listed(user: User, path: str) -> Json:
        return send(client, user, "GET", path).json_body["items"]

    assert listed(alice, "/v1/shares") == [third, second, first]
    assert listed(alice, f"/v1/media/{shelf.book}/shares") == [third, first]
    assert listed(alice, f"/v1/collections/{shelf.collection}/shares") == [second]
    page = send(client, alice, "GET", "/v1/shares?limit=2").json_body
    assert listed(alice, f"/v1/shares?cursor={page['next_cursor']}") == [first]
    assert listed(bob, "/v1/shares") == []
    for method, path in (
        ("GET", f"/v1/media/{shelf.book}/shares"), ("POST", f"/v1/media/{shelf.book}/shares"),
        ("GET", f"/v1/collections/{shelf.collection}/shares"), ("POST", f"/v1/collections/{shelf.collection}/shares"),
        ("DELETE", f"/v1/shares/{first['id']}"),
    ):  # fmt: skip
        assert send(client, bob, method, path, {} if method == "POST" else None).status_code == 404
    client.http.get(first["path"])
    assert listed(alice, "/v1/shares")[2]["open_count"] == 1


def test_an_invalid_share_is_rejected_with_the_value(platform: Platform, alice: User, shelf: Shelf) -> None:
    path = f"/v1/media/{shelf.book}/shares"
    for request, expected in (
        ({"expires_at": "2020-01-01T00:00:00Z"}, "2020-01-01"),
        ({"expires_at": "2020-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "9999"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"days": 3}, "days"),
    ):
        response = send(platform.client, alice, "POST", path, request)
        assert response.status_code == 422, request
        assert expected in response.body.decode()
    trash(platform, alice, shelf, {})
    assert problem(send(platform.client, alice, "POST", path, {}))["code"] == "not_ready"


def test_a_repeated_request_creates_one_share_whose_address_is_not_stored(
    platform: Platform, alice: User, cloud: Cloud, shelf: Shelf
) -> None:
    path, key = f"/v1/media/{shelf.book}/shares", {"Idempotency-Key": "one"}
    first, second = (send(platform.client, alice, "POST", path, {"password": PASSWORD}, **key) for _ in range(2))
    assert (first.status_code, first.json_body) == (second.status_code, second.json_body)
    stored = str(cloud.owner.execute("SELECT idempotency_keys::text FROM idempotency_keys").fetchall())
    assert first.json_body["path"] not in stored
    assert len(send(platform.client, alice, "GET", "/v1/shares").json_body["items"]) == 1
    revoke(platform, alice, shelf, first.json_body)
    assert send(platform.client, alice, "POST", path, {"password": PASSWORD}, **key).status_code == 404


def test_the_number_of_live_shares_is_limited(platform: Platform, alice: User, cloud: Cloud, shelf: Shelf) -> None:
    assert send(platform.client, alice, "GET", "/v1/account").json_body["limits"]["shares"] == MAX_SHARES
    cloud.owner.execute(
        """INSERT INTO shares (id, owner_id, media_id, allows_download, expires_at)
           SELECT gen_random_uuid(), %s, %s, false, now() + interval '1 h' FROM generate_series(1, %s)""",
        [alice.id, shelf.book, MAX_SHARES],
    )
    response = send(platform.client, alice, "POST", f"/v1/media/{shelf.book}/shares", {})
    assert (response.status_code, problem(response)["code"]) == (409, "limit_reached")
    cloud.owner.execute("UPDATE shares SET expires_at = now() WHERE id = (SELECT id FROM shares LIMIT 1)")
    share(platform, alice, f"media/{shelf.book}")


def test_an_expired_share_is_forgotten_after_30_days(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping, shelf: Shelf
) -> None:
    forever, old, recent = (share(platform, alice, f"media/{shelf.book}")["id"] for _ in range(3))
    for share_id, days in ((old, 31), (recent, 29)):
        expired = datetime.now(UTC) - timedelta(days=days)
        cloud.owner.execute("UPDATE shares SET expires_at = %s WHERE id = %s", [expired, share_id])
    with sweeping():
        assert shares.delete_expired(limit=100) == 1
    listed = send(platform.client, alice, "GET", "/v1/shares").json_body["items"]
    assert [item["id"] for item in listed] == [recent, forever]
