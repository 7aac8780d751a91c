"""Nobody reaches what belongs to somebody else: every route with an id, as the description lists them."""

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
def things(alice: Api, book: Json, reading: Json, shelf: Json, parts: Json) -> dict[tuple[str, str], str]:
    """What alice owns, by the beginning of the path and the parameter's name; the longest beginning counts."""
    playlist = alice.call("GET", f"/v1/speech/{reading['id']}/playlist.m3u8", expect=200).text
    return {
        ("/v1/media/", "media_id"): book["id"],
        ("/v1/collections/", "media_id"): book["id"],
        ("/v1/collections/", "collection_id"): shelf["id"],
        ("/v1/speech/", "job_id"): reading["id"],
        ("/v1/podcasts/", "job_id"): reading["id"],
        ("/v1/podcasts/", "podcast"): alice.call("POST", f"/v1/collections/{shelf['id']}/podcast", expect=201).json()[
            "token"
        ],
        ("/v1/speech/", "export_id"): alice.call(
            "POST", f"/v1/speech/{reading['id']}/exports", {"format": "mp3"}, expect=202
        ).json()["id"],
        ("/v1/speech/", "part"): re.findall(r"^parts/(.*)$", playlist, re.MULTILINE)[0],
        ("/v1/uploads/", "media_id"): parts["uploadId"],
        ("/v1/s3/", "upload_id"): parts["uploadId"],
        ("/v1/u/", "upload_id"): parts["uploadId"],
        ("/v1/account/export/", "export_id"): an_export(alice),
    }


def an_export(alice: Api) -> str:
    """One that there is, if there is one: three a day may be made, and runs share the account."""
    known = alice.get("/v1/account/export")["items"]
    return str((known or [alice.call("POST", "/v1/account/export", expect=202).json()])[0]["id"])


@pytest.fixture(scope="module")
def capability(bob: Api) -> str:
    """Bob's token for addresses."""
    return str(bob.call("POST", "/v1/uploads/capability", expect=200).json()["token"])


@pytest.fixture(scope="module")
def own_podcast(bob: Api) -> str:
    """The token of one of bob's."""
    path = f"/v1/collections/{bob.collect('podcast')['id']}/podcast"
    return str(bob.call("POST", path, expect=201).json()["token"])


@pytest.fixture(scope="module")
def own_media(bob: Api) -> Json:
    return bob.begin(b"Something of bob's.", filename="own.txt")["media"]


def thing(things: dict[tuple[str, str], str], path: str, name: str) -> str:
    known = [
        (prefix, value)
        for (prefix, parameter), value in things.items()
        if path.startswith(prefix) and parameter == name
    ]
    assert known, f"{path} has an id, {name}, of which this suite has no example: add one to `things`"
    return max(known)[1]


def request_for(
    operation: Operation, things: dict[tuple[str, str], str], *, key: str, token: str, own: dict[str, str] | None = None
) -> str:
    """Path and query of a request about alice's things; `own` are ids to take instead."""
    path = operation.path.replace("{token}", token)
    for parameter in operation.parameters("path"):
        name = parameter["name"]
        is_known = name in operation.ids or name in {parameter for _, parameter in things}
        known = (own or {}).get(name) or thing(things, operation.path, name) if is_known else None
        path = path.replace(f"{{{name}}}", known or str(parameter.get("example", "")))
    query = {
        parameter["name"]: key if parameter["name"] == "key" else parameter["example"]
        for parameter in operation.parameters("query")
        if parameter["required"]
    }
    query = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in query.items()}
    return f"{path}?{urlencode(query)}" if query else path


def test_what_belongs_to_someone_else_does_not_exist(
    bob: Api, owned: Operation, things: dict[tuple[str, str], str], parts: Json, capability: str, own_podcast: str
) -> None:
    path = request_for(owned, things, key=parts["key"], token=capability, own={"podcast": own_podcast})
    answer = bob.call(owned.method, path, bob.contract.example(owned))
    assert answer.status_code == 404, f"{owned.method} {owned.path}: {answer.status_code} {answer.text}"


def test_a_mix_of_own_and_other_things_does_not_exist(
    bob: Api, owned_twice: Operation, things: dict[tuple[str, str], str], parts: Json, capability: str
) -> None:
    own = {"collection_id": bob.collect(f"mix {uuid4()}")["id"]}
    path = request_for(owned_twice, things, key=parts["key"], token=capability, own=own)
    assert bob.call(owned_twice.method, path, bob.contract.example(owned_twice)).status_code == 404


def test_its_owner_is_answered(
    alice: Api, looked_at: Operation, things: dict[tuple[str, str], str], parts: Json
) -> None:
    """Else the refusals above would prove nothing."""
    token = alice.call("POST", "/v1/uploads/capability", expect=200).json()["token"]
    path = request_for(looked_at, things, key=parts["key"], token=token)
    assert alice.call(looked_at.method, path).status_code in looked_at.succeeds_with


def test_a_capability_for_something_else_opens_nothing(
    bob: Api, nobody: Api, played: Operation, things: dict[tuple[str, str], str], own_media: Json
) -> None:
    token = bob.call("POST", f"/v1/media/{own_media['id']}/capability", expect=200).json()["token"]
    path = request_for(played, things, key="", token="")
    assert nobody.call(played.method, f"{path}?t={token}").status_code == 401


def test_lists_and_searches_show_nothing_of_others(
    bob: Api, alice: Api, book: Json, shelf: Json, reading: Json, word: str
) -> None:
    assert [m["id"] for m in alice.get("/v1/media", collection_id=shelf["id"])["items"]] == [book["id"]]
    assert bob.get("/v1/media", collection_id=shelf["id"])["items"] == []
    assert alice.get("/v1/search", q=word)["items"]
    assert bob.get("/v1/search", q=word)["items"] == []
    theirs = {book["id"], shelf["id"], reading["id"]}
    for path in ("/v1/media", "/v1/collections", "/v1/speech"):
        assert theirs.isdisjoint(item["id"] for item in bob.get(path, limit=100)["items"])


def test_nobody_takes_somebody_elses_things_into_a_collection(bob: Api, book: Json) -> None:
    mine = bob.collect("mine")
    bob.refused("POST", f"/v1/collections/{mine['id']}/media", 404, {"media_ids": [book["id"]]})
    assert bob.get(f"/v1/collections/{mine['id']}")["item_count"] == 0


def test_all_of_it_changed_nothing(alice: Api, book: Json, shelf: Json, reading: Json, parts: Json) -> None:
    now = alice.get(f"/v1/media/{book['id']}")
    assert {**now, "collection_ids": []} == {**book, "collection_ids": [], "updated_at": now["updated_at"]}
    assert alice.get(f"/v1/collections/{shelf['id']}")["item_count"] == 1
    assert alice.get(f"/v1/speech/{reading['id']}") == reading
    assert alice.get(f"/v1/uploads/{parts['uploadId']}")["media"]["status"] == "pending"
