"""The list of what one owns, its names and tags, and the trash."""

import random
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from chalice.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.maintenance import object_deletions
from chalicelib.platform.db import database
from chalicelib.platform.db import object_deletions as outgoing
from chalicelib.trash import trash
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDied, at_storage, die
from tests.integration.speech.test_speech import start as start_speech
from tests.integration.uploads.test_uploads import TEXT, get, keys, quota, upload
from tests.support.media_rows import ask, collection, everything, minutes, page, shelve

IN_A_LIVE_DATABASE = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# ---- lists --------------------------------------------------------------------------------------------------------


def test_each_filter_leaves_what_it_names(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    essay = shelve(cloud, alice, title="Essay on light", filename="a.pdf", media_type="application/pdf")
    notes = shelve(cloud, alice, title="Notes", filename="Reise_nach_Zürich.txt", media_type="text/plain")
    refused = shelve(cloud, alice, title="Bad", filename="bad.pdf", status="rejected")
    shelve(cloud, alice, title="Gone", filename="gone.pdf", status="trashed")
    shelve(cloud, bob, title="Essay of Bob", filename="a.pdf", media_type="text/plain", status="rejected")
    ask(client, alice, "PATCH", f"/v1/media/{essay}", {"tags": ["Physics"]})
    shelf = collection(client, alice, "Shelf", notes)

    def found(query: str) -> set[str]:
        return set(everything(client, alice, f"/v1/media?{query}"))

    assert found("") == {essay, notes, refused}
    assert found("status=rejected") == {refused}
    assert found("media_type=text/plain") == {notes}
    assert found("media_type=text/*") == {notes}
    assert found("media_type=video/*") == set()
    assert found("tag=physics") == found("tag=PHYSICS") == {essay}
    assert found("tag=phys") == set()
    assert found(f"collection_id={shelf}") == {notes}
    assert found(f"collection_id={uuid4()}") == set()
    assert found("q=LIGHT essay") == {essay}
    assert found("q=zurich") == found("q=zür rei") == {notes}
    assert found("q=essay nowhere") == set()
    assert found("q=") == found("q=  ") == {essay, notes, refused}
    assert found("q=a&status=ready&media_type=application/pdf&tag=physics") == {essay}


def test_the_trash_is_listed_only_when_asked_for(client: Client, alice: User, cloud: Cloud) -> None:
    kept, thrown = shelve(cloud, alice), shelve(cloud, alice, status="trashed")
    assert everything(client, alice, "/v1/media") == [kept]
    assert everything(client, alice, "/v1/media?status=trashed") == [thrown]


TITLES = ["chapter 2", "Chapter 10", "Écoute", "eden", "Zebra", "Ärger", "12 monkeys", "9 lives", "灯塔"]
TITLES_IN_ORDER = ["9 lives", "12 monkeys", "Ärger", "chapter 2", "Chapter 10", "Écoute", "eden", "Zebra", "灯塔"]


def test_titles_stand_in_the_order_in_which_people_look_for_them(client: Client, alice: User, cloud: Cloud) -> None:
    titles = {shelve(cloud, alice, title=title): title for title in TITLES}
    for limit in (2, 100):
        forward = everything(client, alice, "/v1/media?sort=title", limit=limit)
        assert [titles[each] for each in forward] == TITLES_IN_ORDER
        assert everything(client, alice, "/v1/media?sort=-title", limit=limit) == forward[::-1]


def test_sizes_and_times_sort_both_ways_and_equal_ones_are_told_apart(
    client: Client, alice: User, cloud: Cloud
) -> None:
    small = [shelve(cloud, alice, size_bytes=5, created_at=minutes(n % 2)) for n in range(4)]
    large = shelve(cloud, alice, size_bytes=6_000_000_000, created_at=minutes(-1))
    for order, first in (("size_bytes", small), ("-size_bytes", [large]), ("created_at", [large])):
        assert everything(client, alice, f"/v1/media?sort={order}", limit=1)[0] in first
    for order in ("size_bytes", "created_at"):
        forward = everything(client, alice, f"/v1/media?sort={order}", limit=2)
        assert sorted(forward) == sorted([*small, large])
        assert everything(client, alice, f"/v1/media?sort=-{order}", limit=2) == forward[::-1]


ORDERS = ("-created_at", "created_at", "title", "-title", "size_bytes", "-size_bytes")
FEW_KEYS = st.integers(0, 4)  # many rows share a key, so that the id has to decide


@IN_A_LIVE_DATABASE
@given(
    order=st.sampled_from(ORDERS),
    there=st.lists(FEW_KEYS, min_size=1, max_size=12),
    added=st.lists(FEW_KEYS, max_size=12),
    limit=st.integers(1, 5),
    chance=st.randoms(use_true_random=False),
)
def test_what_was_there_is_listed_once_and_in_order_while_others_are_added(
    client: Client, cloud: Cloud, order: str, there: list[int], added: list[int], limit: int, chance: random.Random
) -> None:
    user = User(uuid4())

    def write(key: int) -> str:
        return shelve(cloud, user, title=f"Title {key}", size_bytes=key, created_at=minutes(key))

    before = {write(key) for key in there}
    waiting = list(added)
    seen, cursor = page(client, user, f"/v1/media?sort={order}&limit={limit}")
    while cursor:
        for _ in range(chance.randrange(3)):
            if waiting:
                write(waiting.pop())
        ids, cursor = page(client, user, f"/v1/media?sort={order}&limit={limit}&cursor={cursor}")
        seen += ids
    assert len(seen) == len(set(seen))
    assert before <= set(seen)
    whole = everything(client, user, f"/v1/media?sort={order}")
    assert [each for each in whole if each in seen] == seen


def test_a_cursor_of_another_order_is_refused(client: Client, alice: User, cloud: Cloud) -> None:
    for _ in range(2):
        shelve(cloud, alice)
    cursors = {order: page(client, alice, f"/v1/media?sort={order}&limit=1")[1] for order in ORDERS}
    for made_for, cursor in cursors.items():
        for order in ORDERS:
            response = ask(client, alice, "GET", f"/v1/media?sort={order}&cursor={cursor}")
            if order == made_for:
                assert response.status_code == 200
            else:
                assert (response.status_code, problem(response)["code"]) == (422, "other_order")


FORGED = [
    '["title","a\\u0000b","00000000-0000-0000-0000-000000000000"]',
    '["title","\\ud800","00000000-0000-0000-0000-000000000000"]',
    '["title",5,"00000000-0000-0000-0000-000000000000"]',
    '["title","a","nobody"]',
    '["size_bytes","99999999999999999999","00000000-0000-0000-0000-000000000000"]',
    '["size_bytes","-1","00000000-0000-0000-0000-000000000000"]',
    '["-created_at","yesterday","00000000-0000-0000-0000-000000000000"]',
    '["-created_at"]',
    "null",
    "[" * 1_000,
]


@pytest.mark.parametrize("text", FORGED)
def test_a_forged_cursor_is_refused(client: Client, alice: User, text: str) -> None:
    import base64

    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    order = next((name for name in ("title", "size_bytes") if name in text), "-created_at")
    response = ask(client, alice, "GET", f"/v1/media?sort={order}&cursor={cursor}")
    assert (response.status_code, problem(response)["code"]) == (422, "invalid")


STRANGE_QUESTIONS = [
    "'; DROP TABLE media; --",
    "%",
    "_",
    "\\",
    "a%00b",
    "' OR 1=1",
    "%F0%9F%92%A3",
    "$1 %s {0}",
    "x" * 200,
]


@pytest.mark.parametrize("asked", STRANGE_QUESTIONS)
def test_what_is_looked_for_is_text_and_nothing_else(client: Client, alice: User, cloud: Cloud, asked: str) -> None:
    shelve(cloud, alice, title="Book")
    assert everything(client, alice, f"/v1/media?q={asked}") == []
    assert ask(client, alice, "GET", f"/v1/media?tag={asked[:50]}").status_code in {200, 422}
    assert len(everything(client, alice, "/v1/media")) == 1


BAD_QUERIES = [
    "sort=colour",
    "status=lost",
    "media_type=pdf",
    "media_type=*/*",
    "collection_id=mine",
    "tag=",
    "tag=" + "x" * 51,
    "q=" + "x" * 201,
    "limit=101",
]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_filter_that_makes_no_sense_is_refused_by_name(client: Client, alice: User, query: str) -> None:
    refusal = problem(ask(client, alice, "GET", f"/v1/media?{query}"))
    assert (refusal["status"], refusal["errors"][0]["field"]) == (422, query.partition("=")[0])


# ---- names and tags -----------------------------------------------------------------------------------------------


def test_a_patch_changes_what_it_names_and_nothing_else(client: Client, alice: User, cloud: Cloud) -> None:
    media_id = shelve(cloud, alice, title="Book")
    tagged = ask(
        client, alice, "PATCH", f"/v1/media/{media_id}", {"tags": [" To  Read", "ＦＵＬＬ", "to read"]}
    ).json_body
    assert (tagged["title"], tagged["tags"]) == ("Book", ["full", "to read"])
    retitled = ask(client, alice, "PATCH", f"/v1/media/{media_id}", {"title": "  A  better\ttitle "}).json_body
    assert (retitled["title"], retitled["tags"]) == ("A better title", ["full", "to read"])
    assert retitled["updated_at"] > tagged["updated_at"]
    assert ask(client, alice, "PATCH", f"/v1/media/{media_id}", {}).json_body == retitled
    bare = ask(client, alice, "PATCH", f"/v1/media/{media_id}", {"tags": None}).json_body
    assert (bare["title"], bare["tags"]) == ("A better title", [])
    assert get(client, alice, media_id) == bare


def test_a_patch_may_call_itself_a_merge_patch(client: Client, alice: User, cloud: Cloud) -> None:
    media_id = shelve(cloud, alice)
    headers = {"Content-Type": "application/merge-patch+json"}
    assert ask(client, alice, "PATCH", f"/v1/media/{media_id}", {"title": "New"}, **headers).json_body["title"] == "New"


BAD_PATCHES: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, "title"),
    ({"title": ""}, "title"),
    ({"title": " \n "}, "title"),
    ({"title": "a\u0007b"}, "title"),
    ({"title": "x" * 301}, "title"),
    ({"tags": ["x"] * 51}, "tags"),
    ({"tags": ["x" * 51]}, "tags.0"),
    ({"tags": [""]}, "tags.0"),
    ({"tags": "x"}, "tags"),
    ({"status": "ready"}, "status"),
    ({"owner_id": "00000000-0000-7000-8000-000000000000"}, "owner_id"),
]


@pytest.mark.parametrize(("body", "field"), BAD_PATCHES)
def test_a_bad_patch_is_refused_and_changes_nothing(
    client: Client, alice: User, cloud: Cloud, body: dict[str, Any], field: str
) -> None:
    media_id = shelve(cloud, alice)
    before = get(client, alice, media_id)
    refusal = problem(ask(client, alice, "PATCH", f"/v1/media/{media_id}", body))
    assert (refusal["status"], refusal["errors"][0]["field"]) == (422, field)
    assert get(client, alice, media_id) == before


# ---- bytes --------------------------------------------------------------------------------------------------------


def test_there_is_no_thumbnail_before_one_is_made(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    response = ask(platform.client, alice, "GET", f"/v1/media/{media['id']}/url?variant=thumbnail")
    assert (response.status_code, problem(response)["code"]) == (404, "no_thumbnail")
    for variant in ("original", "view"):
        assert ask(platform.client, alice, "GET", f"/v1/media/{media['id']}/url?variant={variant}").status_code == 200


def test_a_download_keeps_its_name_in_every_script(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename='Ein "Ärger" 灯塔.txt')
    answer = ask(platform.client, alice, "GET", f"/v1/media/{media['id']}/url?disposition=attachment").json_body
    named = unquote(unquote(answer["url"]))
    assert 'attachment; filename="Ein __rger_ __.txt"; filename*=UTF-8\'\'Ein "Ärger" 灯塔.txt' in named


def test_a_long_text_is_read_by_pages_and_whole(platform: Platform, alice: User) -> None:
    pages = ["\n\n".join(f"Paragraph {n} of page {p} says the same as all." for n in range(200)) for p in range(3)]
    media = upload(platform, alice, "\f".join(pages).encode())
    whole = ask(platform.client, alice, "GET", f"/v1/media/{media['id']}/text").json_body
    read = [ask(platform.client, alice, "GET", f"/v1/media/{media['id']}/text?page={n}").json_body for n in (1, 2, 3)]
    assert whole["pages"] == 3
    assert "".join(each["text"] for each in read) == whole["text"]
    assert all(whole["text"][each["start"] : each["end"]] == each["text"] for each in read)
    assert all(f"of page {n}" in each["text"] for n, each in enumerate(read))
    for number in (4, 10_000_000):
        assert ask(platform.client, alice, "GET", f"/v1/media/{media['id']}/text?page={number}").status_code == 404


def test_a_text_is_read_in_parts_that_share_and_cut_no_paragraph(platform: Platform, alice: User) -> None:
    paragraphs = [f"Paragraph {n} 🗼 " + "goes on and on " * (n % 40) + "and ends." for n in range(900)]
    media = upload(platform, alice, "\n\n".join(paragraphs).encode())
    path = f"/v1/media/{media['id']}/text"
    whole = ask(platform.client, alice, "GET", path).json_body
    length, step = whole["length"], 10_000
    starts = range(0, length, step)
    parts = [ask(platform.client, alice, "GET", f"{path}?start={at}&end={at + step}").json_body for at in starts]
    assert "".join(part["text"] for part in parts) == whole["text"]
    assert len(parts) > 20
    assert all(whole["text"][part["start"] : part["end"]] == part["text"] for part in parts)
    assert all(part["text"].startswith("Paragraph ") for part in parts)
    assert ask(platform.client, alice, "GET", f"{path}?start={length}").json_body["text"] == ""
    assert ask(platform.client, alice, "GET", f"{path}?start=0").json_body["end"] == length
    for wrong in ("start=5&end=4", "page=1&start=0", "start=-1", "end=x"):
        assert ask(platform.client, alice, "GET", f"{path}?{wrong}").status_code == 422


def test_a_text_that_one_answer_cannot_hold_is_read_in_parts(platform: Platform, alice: User) -> None:
    word = "Unbroken" * 3_000  # longer than any paragraph is looked for
    media = upload(
        platform, alice, "\n\n".join([word, *("A line of a very long book." * 100 for _ in range(190))]).encode()
    )
    path = f"/v1/media/{media['id']}/text"
    refused = ask(platform.client, alice, "GET", path)
    assert (refused.status_code, problem(refused)["code"]) == (422, "text_too_long")
    text, length = "", 1
    while len(text) < length:
        part = ask(platform.client, alice, "GET", f"{path}?start={len(text)}").json_body
        assert part["start"] == len(text)
        assert 0 < len(part["text"]) < 530_000
        text, length = text + part["text"], part["length"]
    assert length > 500_000
    assert text.count("very long book") == 19_000


# ---- trash --------------------------------------------------------------------------------------------------------


def test_what_is_thrown_away_has_no_url_and_comes_back_as_it_was(platform: Platform, alice: User, cloud: Cloud) -> None:
    client = platform.client
    media = upload(platform, alice, TEXT)
    shelf = collection(client, alice, "Shelf", media["id"])
    before = get(client, alice, media["id"])
    for _ in range(2):
        thrown = ask(client, alice, "DELETE", f"/v1/media/{media['id']}")
        assert (thrown.status_code, thrown.body) == (204, b"")
    trashed = get(client, alice, media["id"])
    assert (trashed["status"], trashed["trashed_at"] is not None) == ("trashed", True)
    for path in ("url", "text"):
        refused = ask(client, alice, "GET", f"/v1/media/{media['id']}/{path}")
        assert (refused.status_code, problem(refused)["code"]) == (409, "not_ready")
    for method in ("GET", "HEAD"):
        assert ask(client, alice, method, f"/v1/media/stream/{media['id']}").status_code == 409
    assert start_speech(client, alice, media["id"]).status_code == 409
    assert quota(cloud, alice) == (len(TEXT), 1)

    restored = ask(client, alice, "POST", f"/v1/media/{media['id']}/restore")
    assert restored.status_code == 200
    changed = {"updated_at"}
    assert {k: v for k, v in restored.json_body.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert restored.json_body["collection_ids"] == [shelf]
    assert ask(client, alice, "GET", f"/v1/media/{media['id']}/url").status_code == 200


def test_only_what_is_in_the_trash_can_be_restored(client: Client, alice: User, cloud: Cloud) -> None:
    for status in ("ready", "rejected", "expired"):
        response = ask(client, alice, "POST", f"/v1/media/{shelve(cloud, alice, status=status)}/restore")
        assert (response.status_code, problem(response)["code"]) == (409, "not_trashed")


@pytest.mark.parametrize("permanent", ["true", "false"])
@pytest.mark.parametrize("status", ["pending", "inspecting"])
def test_an_upload_under_way_is_given_up_not_thrown_away(
    client: Client, alice: User, cloud: Cloud, status: str, permanent: str
) -> None:
    media_id = shelve(cloud, alice, status=status)
    response = ask(client, alice, "DELETE", f"/v1/media/{media_id}?permanent={permanent}")
    assert (response.status_code, problem(response)["code"]) == (409, "upload_unfinished")
    assert get(client, alice, media_id)["status"] == status


@pytest.mark.parametrize("status", ["rejected", "expired"])
def test_what_was_never_ready_goes_at_once_and_gives_no_quota_back(
    client: Client, alice: User, cloud: Cloud, status: str
) -> None:
    shelve(cloud, alice)
    media_id = shelve(cloud, alice, status=status)
    before = quota(cloud, alice)
    assert ask(client, alice, "DELETE", f"/v1/media/{media_id}").status_code == 204
    assert ask(client, alice, "GET", f"/v1/media/{media_id}").status_code == 404
    assert quota(cloud, alice) == before


def later(cloud: Cloud) -> None:
    """Let the time pass after which nobody can still be writing."""
    cloud.owner.execute("UPDATE object_deletions SET created_at = created_at - interval '10 minutes'")


def test_what_is_purged_leaves_no_row_no_object_and_no_quota_behind(
    platform: Platform, alice: User, bob: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    kept = upload(platform, bob, TEXT)
    media = upload(platform, alice, TEXT)
    job = start_speech(platform.client, alice, media["id"]).json_body
    platform.run()
    shelf = collection(platform.client, alice, "Shelf", media["id"])
    assert any(key.startswith(f"speech/{alice.id}/{job['id']}/") for key in keys(cloud, "library"))
    assert any(key.startswith(f"speech/{alice.id}/segments/") for key in keys(cloud, "library"))

    assert ask(platform.client, alice, "DELETE", f"/v1/media/{media['id']}?permanent=true").status_code == 204
    for path in (f"/v1/media/{media['id']}", f"/v1/speech/{job['id']}"):
        assert ask(platform.client, alice, "GET", path).status_code == 404
    assert ask(platform.client, alice, "GET", f"/v1/collections/{shelf}").json_body["item_count"] == 0
    assert quota(cloud, alice) == (0, 0)
    left = cloud.owner.execute(
        """SELECT (SELECT count(*) FROM media_passages WHERE owner_id = %(id)s) + (SELECT count(*) FROM search_words
           WHERE owner_id = %(id)s) + (SELECT count(*) FROM speech_segments WHERE owner_id = %(id)s)
           + (SELECT count(*) FROM speech_moments WHERE owner_id = %(id)s)""",
        {"id": alice.id},
    ).fetchone()
    assert left == (0,)

    with sweeping():
        assert object_deletions.process(limit=1_000) == 0  # somebody might still be writing
        later(cloud)
        assert object_deletions.process(limit=1_000) > 2
        assert object_deletions.process(limit=1_000) == 0
    assert keys(cloud, "library") == {f"media/{bob.id}/{kept['id']}/original"}


def test_audio_that_another_reading_shares_outlives_the_media_it_was_made_for(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    first, second = upload(platform, alice, TEXT), upload(platform, alice, TEXT, filename="again.txt")
    for media in (first, second):
        job = start_speech(platform.client, alice, media["id"]).json_body
        platform.run()
    shared = {key for key in keys(cloud, "library") if "/segments/" in key}
    ask(platform.client, alice, "DELETE", f"/v1/media/{first['id']}?permanent=true")
    later(cloud)
    with sweeping():
        assert object_deletions.process(limit=1_000) > 0
    assert {key for key in keys(cloud, "library") if "/segments/" in key} == shared
    assert not any(first["id"] in key for key in keys(cloud, "library"))
    assert ask(platform.client, alice, "GET", f"/v1/speech/{job['id']}").json_body["status"] == "done"

    ask(platform.client, alice, "DELETE", f"/v1/media/{second['id']}?permanent=true")
    later(cloud)
    with sweeping():
        object_deletions.process(limit=1_000)
    assert keys(cloud, "library") == set()


def test_audio_is_not_deleted_while_a_reading_may_be_taking_it_up(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    first = upload(platform, alice, TEXT)
    start_speech(platform.client, alice, first["id"])
    platform.run()
    ask(platform.client, alice, "DELETE", f"/v1/media/{first['id']}?permanent=true")
    later(cloud)
    again = upload(platform, alice, TEXT)
    job = start_speech(platform.client, alice, again["id"]).json_body  # says the same words, and is not finished yet
    with sweeping():
        object_deletions.process(limit=1_000)
    platform.run()
    done = ask(platform.client, alice, "GET", f"/v1/speech/{job['id']}").json_body
    assert (done["status"], done["billed_characters"]) == ("done", 0)
    later(cloud)
    with sweeping():
        object_deletions.process(limit=1_000)
        assert object_deletions.process(limit=1_000) == 0
    assert any("/segments/" in key for key in keys(cloud, "library"))


def test_a_sweep_deletes_for_so_long_and_the_next_goes_on(
    cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    for user in (alice, bob):
        with database.transaction(user.id) as connection:
            outgoing.enqueue(connection, user.id, [f"media/{user.id}/{number}/" for number in range(3)])
        for number in range(3):
            cloud.s3.put_object(Bucket="library", Key=f"media/{user.id}/{number}/original", Body=b"bytes")
    cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
    with sweeping():
        assert object_deletions.process(limit=100, work_s=0) == 2  # a folder of each
        assert len(keys(cloud, "library")) == 4
        assert object_deletions.process(limit=3) == 3
        assert object_deletions.process(limit=100) == 1
    assert keys(cloud, "library") == set()


@pytest.mark.parametrize(("operation", "moment"), [("ListObjectsV2", "before-call"), ("DeleteObjects", "after-call")])
def test_a_sweep_that_dies_while_deleting_loses_no_object(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping, operation: str, moment: str
) -> None:
    media = upload(platform, alice, TEXT)
    ask(platform.client, alice, "DELETE", f"/v1/media/{media['id']}?permanent=true")
    later(cloud)
    with sweeping():
        with at_storage(operation, die, moment=moment), pytest.raises(WorkerDied):
            object_deletions.process(limit=1_000)
        assert object_deletions.process(limit=1_000) == 2
    assert keys(cloud, "library") == set()


def test_the_trash_is_emptied_after_thirty_days(
    client: Client, alice: User, bob: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    def trashed(user: User, days: float) -> str:
        media_id = shelve(cloud, user, status="trashed")
        cloud.owner.execute(
            "UPDATE media SET trashed_at = now() - make_interval(secs => %s) WHERE id = %s", [days * 86_400, media_id]
        )
        return media_id

    old = [trashed(alice, 30.01), trashed(bob, 400)]
    young = trashed(alice, 29.99)
    kept = shelve(cloud, alice, created_at=minutes(-1_000_000))
    with sweeping():
        assert trash.purge_expired() == 2
        assert trash.purge_expired() == 0
    assert [
        ask(client, user, "GET", f"/v1/media/{each}").status_code for user, each in zip((alice, bob), old, strict=True)
    ] == [
        404,
        404,
    ]
    assert {get(client, alice, each)["status"] for each in (young, kept)} == {"trashed", "ready"}
    assert quota(cloud, alice) == (2_000, 2)


def test_the_api_itself_cannot_see_into_the_trash_of_others(client: Client, alice: User, cloud: Cloud) -> None:
    media_id = shelve(cloud, alice, status="trashed")
    assert trash.purge_expired() == 0  # as the API's role, which looks across nobody
    assert get(client, alice, media_id)["status"] == "trashed"


# ---- two users ----------------------------------------------------------------------------------------------------

ROUTES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/v1/media/{id}", None),
    ("PATCH", "/v1/media/{id}", {"title": "Mine now"}),
    ("DELETE", "/v1/media/{id}", None),
    ("DELETE", "/v1/media/{id}?permanent=true", None),
    ("POST", "/v1/media/{id}/restore", {}),
    ("GET", "/v1/media/{id}/url", None),
    ("GET", "/v1/media/{id}/text", None),
    ("GET", "/v1/media/stream/{id}", None),
    ("HEAD", "/v1/media/stream/{id}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize("status", ["ready", "trashed"])
def test_another_users_media_does_not_exist(
    client: Client,
    alice: User,
    bob: User,
    cloud: Cloud,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    status: str,
) -> None:
    media_id = shelve(cloud, alice, status=status)
    before = get(client, alice, media_id)
    assert ask(client, bob, method, path.format(id=media_id), body).status_code == 404
    assert get(client, alice, media_id) == before
    assert everything(client, bob, f"/v1/media?status={status}") == []
