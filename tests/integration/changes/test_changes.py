"""The change feed: nothing is missed, whatever runs at the same time, and nobody else's changes are seen."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from chalicelib.changes import feed, feed_cursor
from chalicelib.changes.model import Change
from chalicelib.platform.errors import GoneError
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_jobs import post, start_job, upload_text
from tests.support.clock import run_to_completion


def poll(platform: Platform, user: User, cursor: str | None = None, **headers: str) -> Any:
    query = f"?cursor={cursor}" if cursor else ""
    return platform.client.http.get(f"/v1/changes{query}", headers={**user.headers, **headers})


def now(platform: Platform, user: User) -> str:
    response = poll(platform, user)
    assert (response.status_code, response.json_body["items"], response.json_body["has_more"]) == (200, [], False)
    cursor: str = response.json_body["next_cursor"]
    return cursor


def changed(response: Any) -> set[tuple[str, str, bool]]:
    return {(item["kind"], item["id"], item["deleted"]) for item in response.json_body["items"]}


def test_what_changed_since_a_cursor_is_listed_once(platform: Platform, alice: User) -> None:
    before = upload_text(platform, alice, ["An earlier text."])
    start = now(platform, alice)
    media_id = upload_text(platform, alice, ["A ship sails by."])
    collection = post(platform, alice, "/v1/collections", {"name": "Ships"}).json_body["id"]
    post(platform, alice, f"/v1/collections/{collection}/media", {"media_ids": [media_id]})
    first = poll(platform, alice, start)
    assert changed(first) == {("media", media_id, False), ("collection", collection, False)}
    cursor = first.json_body["next_cursor"]
    assert changed(poll(platform, alice, cursor)) == set()

    body = json.dumps({"title": "Ships"}).encode()
    assert platform.client.http.patch(f"/v1/media/{before}", headers=alice.headers, body=body).status_code == 200
    second = poll(platform, alice, cursor)
    assert changed(second) == {("media", before, False)}
    platform.client.http.delete(f"/v1/collections/{collection}", headers=alice.headers)
    platform.client.http.delete(f"/v1/media/{media_id}?permanent=true", headers=alice.headers)
    third = poll(platform, alice, second.json_body["next_cursor"])
    assert {("media", media_id, True), ("collection", collection, True)} <= changed(third)


def test_a_jobs_states_and_the_position_are_changes_but_its_progress_is_not(platform: Platform, alice: User) -> None:
    media_id = upload_text(platform, alice, ["A ship sails by. " * 100])
    start = now(platform, alice)
    job_id = start_job(platform, alice, media_id)
    begun = poll(platform, alice, start)
    assert changed(begun) == {("job", job_id, False)}
    assert begun.json_body["items"][0]["media_id"] == media_id
    platform.cloud.owner.execute("UPDATE speech_jobs SET updated_at = now(), moved_at = now() WHERE id = %s", [job_id])
    cursor = begun.json_body["next_cursor"]
    assert changed(poll(platform, alice, cursor)) == set()
    run_to_completion(platform, alice, job_id)
    done = poll(platform, alice, cursor)
    assert ("job", job_id, False) in changed(done)
    body = json.dumps({"position_ms": 900, "device_time": "2026-03-01T10:00:00Z"}).encode()
    platform.client.http.put(f"/v1/speech/{job_id}/position", headers=alice.headers, body=body)
    assert changed(poll(platform, alice, done.json_body["next_cursor"])) == {("position", media_id, False)}


def test_another_users_changes_are_not_seen(platform: Platform, alice: User, bob: User) -> None:
    start_alice, start_bob = now(platform, alice), now(platform, bob)
    media_id = upload_text(platform, alice, ["A ship sails by."])
    assert changed(poll(platform, bob, start_bob)) == set()
    assert changed(poll(platform, bob, start_alice)) == set()
    assert changed(poll(platform, alice, start_alice)) == {("media", media_id, False)}


def test_polling_without_changes_is_a_304_and_keeps_the_cursor(platform: Platform, alice: User) -> None:
    cursor = now(platform, alice)
    first = poll(platform, alice, cursor)
    assert first.json_body["next_cursor"] == cursor
    etag = first.headers["ETag"]
    upload_text(platform, User(UUID(int=7)), ["Another user's transaction."])
    assert poll(platform, alice, cursor, **{"If-None-Match": etag}).status_code == 304
    upload_text(platform, alice, ["A ship sails by."])
    assert poll(platform, alice, cursor, **{"If-None-Match": etag}).status_code == 200


def test_many_changes_come_in_pages(platform: Platform, alice: User) -> None:
    start = now(platform, alice)
    ids = {post(platform, alice, "/v1/collections", {"name": f"Shelf {n}"}).json_body["id"] for n in range(7)}
    cursor, pages = start, []
    while True:
        response = platform.client.http.get(f"/v1/changes?limit=3&cursor={cursor}", headers=alice.headers).json_body
        pages.append([item["id"] for item in response["items"]])
        cursor = response["next_cursor"]
        if not response["has_more"]:
            break
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {item for page in pages for item in page} == ids
    assert changed(poll(platform, alice, cursor)) == set()


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMiwzLDQsNSw2XQ", "é"])
@pytest.mark.usefixtures("platform")
def test_an_unknown_cursor_asks_to_load_everything_again(alice: User, cursor: str) -> None:
    with pytest.raises(GoneError) as caught:
        feed.list_page(alice.id, after=cursor, limit=10)
    assert caught.value.code == "resync"


def test_a_cursor_of_another_database_or_of_the_future_asks_to_load_everything_again(
    platform: Platform, alice: User
) -> None:
    cursor = feed_cursor.decode(now(platform, alice))
    assert cursor is not None
    end = feed_cursor.max_transaction_id(cursor.since) + 1000
    others = [
        feed_cursor.FeedCursor(UUID(int=1), cursor.issued_at, cursor.since),
        feed_cursor.FeedCursor(cursor.feed_id, cursor.issued_at, f"{end}:{end}:"),
        feed_cursor.FeedCursor(cursor.feed_id, cursor.issued_at.replace(year=cursor.issued_at.year - 1), cursor.since),
    ]
    for other in others:
        response = poll(platform, alice, feed_cursor.encode(other))
        assert (response.status_code, response.json_body["code"]) == (410, "resync")


def test_a_transaction_that_commits_late_is_not_missed(cloud: Cloud, platform: Platform, alice: User) -> None:
    """The one that began first commits last: a time or a sequence number would have passed it."""
    ids = [post(platform, alice, "/v1/collections", {"name": name}).json_body["id"] for name in ("early", "late")]
    cursor = now(platform, alice)
    with psycopg.connect(cloud.owner.info.dsn, password=cloud.owner.info.password) as slow:
        slow.execute("UPDATE collections SET description = 'slow' WHERE id = %s", [ids[0]])
        cloud.owner.execute("UPDATE collections SET description = 'quick' WHERE id = %s", [ids[1]])
        first = poll(platform, alice, cursor)
        assert changed(first) == {("collection", ids[1], False)}
        slow.commit()
    second = poll(platform, alice, first.json_body["next_cursor"])
    assert changed(second) == {("collection", ids[0], False)}


def test_concurrent_writers_lose_no_change(cloud: Cloud, platform: Platform, alice: User) -> None:
    """Each write leaves its number in the row; whoever reads a row when told that it changed ends with the last numbers."""
    ids = [post(platform, alice, "/v1/collections", {"name": f"Shelf {n}"}).json_body["id"] for n in range(12)]
    cursor = now(platform, alice)
    copy: dict[str, str] = {}
    is_done = threading.Event()

    def write(seed: int) -> None:
        source = random.Random(seed)  # noqa: S311
        with psycopg.connect(cloud.owner.info.dsn, password=cloud.owner.info.password) as connection:
            for number in range(40):
                for key in sorted(source.sample(ids, source.choice([1, 1, 2, 4]))):
                    text = f"{seed} {number}"
                    connection.execute("UPDATE collections SET description = %s WHERE id = %s", [text, key])
                    is_done.wait(source.random() / 200)
                connection.rollback() if source.random() < 0.2 else connection.commit()

    def read(cursor: str) -> str:
        while True:
            page = feed.list_page(alice.id, after=cursor, limit=3)
            for change in page.items:
                response = platform.client.http.get(f"/v1/collections/{change.id}", headers=alice.headers)
                copy[str(change.id)] = response.json_body["description"]
            cursor = page.next_cursor
            if not page.has_more:
                return cursor

    threads = [threading.Thread(target=write, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        cursor = read(cursor)
    read(cursor)
    rows = cloud.owner.execute("SELECT id::text, description FROM collections WHERE description <> ''").fetchall()
    assert copy == dict(rows)
    assert len(copy) > 3


def test_old_changes_are_deleted_by_the_sweep(
    platform: Platform, alice: User, sweeping: Callable[[], AbstractContextManager[None]]
) -> None:
    media_id = upload_text(platform, alice, ["A ship sails by."])
    kept = post(platform, alice, "/v1/collections", {"name": "Ships"}).json_body["id"]
    platform.cloud.owner.execute("UPDATE changes SET changed_at = now() - interval '32 days' WHERE id = %s", [media_id])
    with sweeping():
        assert feed.delete_old(limit=10) == 1
    rows = platform.cloud.owner.execute("SELECT id::text FROM changes").fetchall()
    assert [row[0] for row in rows] == [kept]


def test_a_change_is_encoded_for_clients(platform: Platform, alice: User) -> None:
    start = now(platform, alice)
    collection = post(platform, alice, "/v1/collections", {"name": "Ships"}).json_body["id"]
    (item,) = poll(platform, alice, start).json_body["items"]
    assert Change.model_validate(item).kind == "collection"
    assert (item["id"], item["media_id"], item["deleted"]) == (collection, None, False)
