"""ETag, If-Match and If-None-Match of media and collections: a change that was made in between is never overwritten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from chalice.test import Client, HTTPResponse

from app import app
from tests.integration.conftest import Cloud, User
from tests.support.media_rows import create_collection, insert_media, request

KINDS = ("media", "collections")
CHANGES: dict[str, list[dict[str, Any]]] = {
    "media": [{"tags": ["one"]}, {"title": "Another"}, {"tags": None}, {}],
    "collections": [{"name": "Another"}, {"description": "Some words"}, {"description": None}, {}],
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def address(kind: str, client: Client, cloud: Cloud, alice: User) -> str:
    """Return the address of a resource that can be changed."""
    identifier = insert_media(cloud, alice) if kind == "media" else create_collection(client, alice, "Shelf")
    return f"/v1/{kind}/{identifier}"


def etag_of(response: HTTPResponse) -> str:
    etag = response.headers["ETag"]
    assert isinstance(etag, str)
    assert etag.startswith('"')
    return etag


def test_every_resource_with_patch_has_an_etag_and_takes_a_precondition() -> None:
    for path, methods in app.routes.items():
        if "PATCH" in methods:
            get, patch = (vars(methods[method].view_function)["operation"] for method in ("GET", "PATCH"))
            assert get.versioned, path
            assert patch.versioned, path
            assert patch.takes_precondition, path


def test_get_and_patch_return_the_same_etag_for_the_same_state(
    client: Client, alice: User, kind: str, address: str
) -> None:
    for change in CHANGES[kind]:
        before = etag_of(request(client, alice, "GET", address))
        changed = request(client, alice, "PATCH", address, change)
        assert changed.status_code == 200
        assert etag_of(changed) == etag_of(request(client, alice, "GET", address))
        assert (etag_of(changed) == before) == (change == {})


def test_a_stale_change_is_refused_and_changes_nothing(client: Client, alice: User, kind: str, address: str) -> None:
    stale = etag_of(request(client, alice, "GET", address))
    current = etag_of(request(client, alice, "PATCH", address, CHANGES[kind][0], **{"If-Match": stale}))
    refused = request(client, alice, "PATCH", address, CHANGES[kind][1], **{"If-Match": stale})
    assert (refused.status_code, refused.json_body["code"]) == (412, "precondition_failed")
    assert stale in refused.json_body["detail"]
    assert etag_of(refused) == current == etag_of(request(client, alice, "GET", address))
    assert request(client, alice, "PATCH", address, CHANGES[kind][1], **{"If-Match": current}).status_code == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("*", 200), (" * ", 200), ("{tag}", 200), ('"other", {tag}', 200), ('"other",{tag},"third"', 200), ('"a, b", {tag}', 200),
        ("W/{tag}", 412), ('W/{tag}, "other"', 412), ('"other"', 412), ("bogus", 412), ("", 412), ('"', 412),
        ("{bare}", 412), ('"*"', 412),
    ],
)  # fmt: skip
def test_if_match_compares_strongly(
    client: Client, alice: User, kind: str, address: str, condition: str, status: int
) -> None:
    tag = etag_of(request(client, alice, "GET", address))
    header = condition.replace("{tag}", tag).replace("{bare}", tag.strip('"'))
    response = request(client, alice, "PATCH", address, CHANGES[kind][0], **{"If-Match": header})
    assert response.status_code == status, response.body


@pytest.mark.parametrize("condition", ["*", "{tag}", "W/{tag}", '"other", W/{tag}'])
def test_if_none_match_compares_weakly(client: Client, alice: User, kind: str, address: str, condition: str) -> None:
    header = {"If-None-Match": condition.replace("{tag}", etag_of(request(client, alice, "GET", address)))}
    for method in ("GET", "HEAD"):
        unchanged = request(client, alice, method, address, **header)
        assert (unchanged.status_code, unchanged.body) == (304, b"")
        assert unchanged.headers["ETag"]
    refused = request(client, alice, "PATCH", address, CHANGES[kind][0], **header)
    assert (refused.status_code, refused.json_body["code"]) == (412, "precondition_failed")
    assert request(client, alice, "GET", address, **{"If-None-Match": '"other"'}).status_code == 200


def test_without_a_condition_a_change_overwrites_as_before(
    client: Client, alice: User, kind: str, address: str
) -> None:
    for change in CHANGES[kind]:
        assert request(client, alice, "PATCH", address, change).status_code == 200


def test_what_does_not_exist_is_404_under_any_condition(client: Client, alice: User, bob: User, address: str) -> None:
    for condition in ("*", '"other"'):
        assert request(client, bob, "PATCH", address, {}, **{"If-Match": condition}).status_code == 404
    assert request(client, alice, "PATCH", address, {"x": 1}, **{"If-Match": '"other"'}).status_code == 422


def test_other_changes_of_the_representation_change_the_etag(client: Client, cloud: Cloud, alice: User) -> None:
    media = insert_media(cloud, alice)
    before = etag_of(request(client, alice, "GET", f"/v1/media/{media}"))
    shelf = create_collection(client, alice, "Shelf", media)
    assert etag_of(request(client, alice, "GET", f"/v1/media/{media}")) != before
    added = request(client, alice, "POST", f"/v1/collections/{shelf}/media", {"media_ids": [media]})
    assert etag_of(added) == etag_of(request(client, alice, "GET", f"/v1/collections/{shelf}"))


CONCURRENT_CHANGE = {
    "media": "INSERT INTO media_tags (media_id, owner_id, tag) SELECT id, owner_id, 'theirs' FROM media",
    "collections": "UPDATE collections SET description = 'theirs'",
}


def test_a_change_that_is_under_way_is_seen_before_the_condition_is_checked(
    client: Client, cloud: Cloud, alice: User, kind: str, address: str
) -> None:
    """The other change holds the row's lock when the request arrives, and commits while it waits."""
    stale = etag_of(request(client, alice, "GET", address))
    responses: list[HTTPResponse] = []
    with psycopg.connect(cloud.owner.info.dsn, autocommit=False, password=cloud.owner.info.password) as other:
        other.execute(f"SELECT FROM {kind} FOR UPDATE")
        other.execute(CONCURRENT_CHANGE[kind])
        waiting = threading.Thread(
            target=lambda: responses.append(
                request(client, alice, "PATCH", address, CHANGES[kind][0], **{"If-Match": stale})
            )
        )
        waiting.start()
        wait_until(lambda: is_waiting_for_a_lock(cloud))
        other.commit()
        waiting.join(timeout=20)
    assert [response.status_code for response in responses] == [412]
    assert "theirs" in request(client, alice, "GET", address).body.decode()


def is_waiting_for_a_lock(cloud: Cloud) -> bool:
    row = cloud.owner.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
    return bool(row and row[0])


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_pages_may_send_both_conditions_and_read_the_etag(client: Client, alice: User, address: str) -> None:
    origin = {"Origin": "https://app.example"}
    preflight = client.http.options(
        address,
        headers={
            **origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "if-match,if-none-match",
        },
    )
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"if-match", "if-none-match"} <= set(allowed)
    for header in ({}, {"If-Match": '"other"'}):
        response = request(client, alice, "PATCH", address, {}, **origin, **header)
        assert "ETag" in response.headers["Access-Control-Expose-Headers"].split(", ")
        assert response.headers["ETag"]
