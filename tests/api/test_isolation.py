"""Users cannot reach resources of other users: every route with an id in the OpenAPI document."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.api.client import Api
from tests.api.contract import Operation

Json = Any


@pytest.fixture(scope="module")
def resources(
    alice: Api,
    book: Json,
    recording: Json,
    collection_with_book: Json,
    parts: Json,
    lexicon_entry: Json,
    annotation: Json,
    webhook_delivery: Json,
    page: Json,
    share: Json,
    api_key: Json,
) -> dict[tuple[str, str], str]:
    """Alice's resources by path prefix and parameter name; the longest prefix wins."""
    playlist = alice.call("GET", f"/v1/speech/{recording['id']}/playlist.m3u8", expect=200).text
    return {
        ("/v1/media/", "media_id"): book["id"],
        ("/v1/media/{media_id}/document", "media_id"): page["id"],
        ("/v1/collections/", "media_id"): book["id"],
        ("/v1/collections/", "collection_id"): collection_with_book["id"],
        ("/v1/speech/", "job_id"): recording["id"],
        ("/v1/podcasts/", "job_id"): recording["id"],
        ("/v1/podcasts/", "podcast"): alice.call(
            "POST", f"/v1/collections/{collection_with_book['id']}/podcast", expect=201
        ).json()["token"],
        ("/v1/speech/", "export_id"): alice.call(
            "POST", f"/v1/speech/{recording['id']}/exports", {"format": "mp3"}, expect=202
        ).json()["id"],
        ("/v1/speech/", "part"): re.findall(r"^parts/(.*)$", playlist, re.MULTILINE)[0],
        ("/v1/uploads/", "media_id"): parts["uploadId"],
        ("/v1/s3/", "upload_id"): parts["uploadId"],
        ("/v1/u/", "upload_id"): parts["uploadId"],
        ("/v1/lexicon/", "entry_id"): lexicon_entry["id"],
        ("/v1/annotations/", "annotation_id"): annotation["id"],
        ("/v1/webhooks/", "webhook_id"): webhook_delivery["webhook_id"],
        ("/v1/webhooks/", "delivery_id"): webhook_delivery["id"],
        ("/v1/account/export/", "export_id"): export_id(alice),
        ("/v1/api-keys/", "key_id"): api_key["id"],
        ("/v1/shares/", "share_id"): share["id"],
        ("/v1/shared/", "share"): share_token(share),
        ("/v1/shared/", "media_id"): book["id"],
        ("/v1/shared/{share}/media/{media_id}/document", "media_id"): page["id"],
        ("/v1/shared/", "job_id"): recording["id"],
        ("/v1/shared/", "part"): re.findall(r"^parts/(.*)$", playlist, re.MULTILINE)[0],
    }


def export_id(alice: Api) -> str:
    """Return an existing export, or create one: three per day and account are allowed."""
    exports = alice.get("/v1/account/export")["items"]
    return str((exports or [alice.call("POST", "/v1/account/export", expect=202).json()])[0]["id"])


@pytest.fixture(scope="module")
def upload_token(bob: Api) -> str:
    """A link token of bob for uploads."""
    return str(bob.call("POST", "/v1/uploads/capability", expect=200).json()["token"])


@pytest.fixture(scope="module")
def own_podcast(bob: Api) -> str:
    """The token of a podcast of bob."""
    path = f"/v1/collections/{bob.create_collection('podcast')['id']}/podcast"
    return str(bob.call("POST", path, expect=201).json()["token"])


@pytest.fixture(scope="module")
def share(alice: Api, book: Json, page: Json) -> Json:
    """A share of alice's book and page, which also allows downloads. It ends with its collection."""
    path = f"/v1/collections/{alice.create_collection('shared')['id']}"
    alice.call("POST", f"{path}/media", {"media_ids": [book["id"], page["id"]]}, expect=200)
    return alice.call("POST", f"{path}/shares", {"download": True}, expect=201).json()


@pytest.fixture(scope="module")
def own_share(bob: Api) -> str:
    """The token of a share of bob."""
    path = f"/v1/collections/{bob.create_collection('shared')['id']}"
    return share_token(bob.call("POST", f"{path}/shares", {"download": True}, expect=201).json())


def share_token(share: Json) -> str:
    return str(share["path"].removeprefix("/v1/shared/"))


@pytest.fixture(scope="module")
def own_media(bob: Api) -> Json:
    return bob.start_upload(b"A text of bob.", filename="own.txt")["media"]


def resource_id(resources: dict[tuple[str, str], str], path: str, name: str) -> str:
    candidates = [
        (prefix, value)
        for (prefix, parameter), value in resources.items()
        if path.startswith(prefix) and parameter == name
    ]
    assert candidates, f"{path} has the id {name}, for which there is no example: add one to `resources`"
    return max(candidates)[1]


def request_for(
    operation: Operation,
    resources: dict[tuple[str, str], str],
    *,
    key: str,
    token: str,
    own_ids: dict[str, str] | None = None,
) -> str:
    """Return path and query of a request for alice's resources; `own_ids` replaces some of the ids."""
    path = operation.path.replace("{token}", token)
    for parameter in operation.parameters("path"):
        name = parameter["name"]
        has_resource = name in operation.ids or name in {parameter for _, parameter in resources}
        value = (own_ids or {}).get(name) or resource_id(resources, operation.path, name) if has_resource else None
        path = path.replace(f"{{{name}}}", value or str(parameter.get("example", "")))
    query = {
        parameter["name"]: key if parameter["name"] == "key" else parameter["example"]
        for parameter in operation.parameters("query")
        if parameter["required"]
    }
    query = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in query.items()}
    return f"{path}?{urlencode(query)}" if query else path


def test_resources_of_other_users_do_not_exist(
    bob: Api,
    owned: Operation,
    resources: dict[tuple[str, str], str],
    parts: Json,
    upload_token: str,
    own_podcast: str,
    own_share: str,
) -> None:
    """A podcast or a share of one's own is open, but contains nothing of another user."""
    own_ids = {"podcast": own_podcast, "share": own_share}
    path = request_for(owned, resources, key=parts["key"], token=upload_token, own_ids=own_ids)
    response = bob.call(owned.method, path, bob.contract.example(owned))
    assert response.status_code == 404, f"{owned.method} {owned.path}: {response.status_code} {response.text}"


def test_a_mix_of_own_and_foreign_ids_does_not_exist(
    bob: Api, owned_pair: Operation, resources: dict[tuple[str, str], str], parts: Json, upload_token: str
) -> None:
    own_ids = {"collection_id": bob.create_collection(f"mix {uuid4()}")["id"]}
    path = request_for(owned_pair, resources, key=parts["key"], token=upload_token, own_ids=own_ids)
    assert bob.call(owned_pair.method, path, bob.contract.example(owned_pair)).status_code == 404


def test_the_owner_can_read_them(
    alice: Api, readable: Operation, resources: dict[tuple[str, str], str], parts: Json
) -> None:
    """Prove that the requests above fail because of the user."""
    token = alice.call("POST", "/v1/uploads/capability", expect=200).json()["token"]
    path = request_for(readable, resources, key=parts["key"], token=token)
    assert alice.call(readable.method, path).status_code in readable.succeeds_with


def test_a_link_token_for_another_resource_is_rejected(
    bob: Api, anonymous: Api, played: Operation, resources: dict[tuple[str, str], str], own_media: Json
) -> None:
    token = bob.call("POST", f"/v1/media/{own_media['id']}/capability", expect=200).json()["token"]
    path = request_for(played, resources, key="", token="")
    assert anonymous.call(played.method, f"{path}?t={token}").status_code == 401


def test_lists_and_search_contain_no_resources_of_other_users(
    bob: Api, alice: Api, book: Json, collection_with_book: Json, recording: Json, word: str
) -> None:
    assert [m["id"] for m in alice.get("/v1/media", collection_id=collection_with_book["id"])["items"]] == [book["id"]]
    assert bob.get("/v1/media", collection_id=collection_with_book["id"])["items"] == []
    assert alice.get("/v1/search", q=word)["items"]
    assert bob.get("/v1/search", q=word)["items"] == []
    theirs = {book["id"], collection_with_book["id"], recording["id"]}
    for path in ("/v1/media", "/v1/collections", "/v1/speech"):
        assert theirs.isdisjoint(item["id"] for item in bob.get(path, limit=100)["items"])


def test_media_of_other_users_cannot_be_added_to_a_collection(bob: Api, book: Json) -> None:
    mine = bob.create_collection("mine")
    bob.expect_problem("POST", f"/v1/collections/{mine['id']}/media", 404, {"media_ids": [book["id"]]})
    assert bob.get(f"/v1/collections/{mine['id']}")["item_count"] == 0


def test_these_requests_changed_nothing(
    alice: Api, book: Json, collection_with_book: Json, recording: Json, parts: Json
) -> None:
    now = alice.get(f"/v1/media/{book['id']}")
    read = {"collection_ids": [], "updated_at": now["updated_at"], "opened_at": now["opened_at"]}  # by the owner
    assert {**now, "collection_ids": []} == book | read
    assert alice.get(f"/v1/collections/{collection_with_book['id']}")["item_count"] == 1
    assert alice.get(f"/v1/speech/{recording['id']}") == recording
    assert alice.get(f"/v1/uploads/{parts['uploadId']}")["media"]["status"] == "pending"
