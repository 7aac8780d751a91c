"""Lists of media, their titles and tags."""

import random
import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from chalice.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.library import store
from chalicelib.library.model import MediaFilter, MediaSort
from chalicelib.platform.db import database
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, User
from tests.integration.uploads.test_uploads import get
from tests.support.media_rows import create_collection, insert_media, list_all, list_page, minutes_later, request

IN_A_LIVE_DATABASE = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# ---- lists ---------------------------------------------------------------------------------------------------------


def test_each_filter_selects_what_it_describes(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    essay = insert_media(cloud, alice, title="Essay on light", filename="a.pdf", media_type="application/pdf")
    notes = insert_media(cloud, alice, title="Notes", filename="Reise_nach_Zürich.txt", media_type="text/plain")
    rejected = insert_media(cloud, alice, title="Bad", filename="bad.pdf", status="rejected")
    insert_media(cloud, alice, title="Gone", filename="gone.pdf", status="trashed")
    insert_media(cloud, bob, title="Essay of Bob", filename="a.pdf", media_type="text/plain", status="rejected")
    request(client, alice, "PATCH", f"/v1/media/{essay}", {"tags": ["Physics"]})
    shelf = create_collection(client, alice, "Shelf", notes)

    def list_ids(query: str) -> set[str]:
        return set(list_all(client, alice, f"/v1/media?{query}"))

    assert list_ids("") == {essay, notes, rejected}
    assert list_ids("status=rejected") == {rejected}
    assert list_ids("media_type=text/plain") == {notes}
    assert list_ids("media_type=text/*") == {notes}
    assert list_ids("media_type=video/*") == set()
    assert list_ids("tag=physics") == list_ids("tag=PHYSICS") == {essay}
    assert list_ids("tag=phys") == set()
    assert list_ids(f"collection_id={shelf}") == {notes}
    assert list_ids(f"collection_id={uuid4()}") == set()
    assert list_ids("q=LIGHT essay") == {essay}
    assert list_ids("q=zurich") == list_ids("q=zür rei") == {notes}
    assert list_ids("q=essay nowhere") == set()
    assert list_ids("q=") == list_ids("q=  ") == {essay, notes, rejected}
    assert list_ids("q=a&status=ready&media_type=application/pdf&tag=physics") == {essay}


NAMES = {
    "Don’t panic": ("don't", "don’t", "DONʼT"),
    "Die Straße": ("strasse", "straße", "STRASSE"),
    "Łódź by night": ("lodz", "łódź", "ŁÓDŹ"),
    "Øre": ("ore", "øre"),
    "Les œuvres": ("oeuvre", "ŒUVRE"),
    "ΟΔΥΣΣΕΥΣ": ("οδυσσευς", "Οδυσσεύς"),
    "مُحَمَّد": ("محمد", "مُحمد"),
    "שָׁלוֹם": ("שלום", "שלומ"),
    "co\u00adope\u200brate": ("cooperate", "coo\u2060perate"),
    "ＦＵＬＬ ｶﾞｲﾄﾞ": ("full", "ガイド"),
    "“Quoted” — and ‘so’": ('"quoted" -', "'so'"),
    "ﬁne ﬂow": ("fine", "flow"),
    "Việt Nam": ("viet", "Việt"),
    "คู่มือน้ำ": ("น้ำ", "มือ"),
    "灯塔守望者": ("守望", "塔"),
    "Cafe\u0301": ("café", "cafe"),
}


@pytest.mark.parametrize("title", NAMES)
def test_a_name_is_found_however_it_is_written(client: Client, cloud: Cloud, alice: User, title: str) -> None:
    insert_media(cloud, alice, title="Another", filename="x.pdf")
    other = insert_media(cloud, alice, title="Renamed", filename="y.pdf")
    titled, filed = insert_media(cloud, alice, title=title), insert_media(cloud, alice, filename=f"{title}.pdf")
    assert request(client, alice, "PATCH", f"/v1/media/{other}", {"title": title}).status_code == 200
    for query in (title, *NAMES[title]):
        for sort in ("-created_at", "title", "size_bytes"):
            found = list_all(client, alice, f"/v1/media?q={query}&sort={sort}")
            assert sorted(found) == sorted([titled, filed, other]), query


def test_pages_of_found_names_are_complete_and_in_order(client: Client, cloud: Cloud, alice: User) -> None:
    """Half of the media are of the release before, which did not fold."""
    ids = [
        insert_media(
            cloud, alice, title=f"Émile {n}" if n % 3 else "Zola", created_at=minutes_later(n), folded_name=folded
        )
        for n, folded in ((n, f"emile {n}" if n % 3 else "zola") if n % 2 else (n, None) for n in range(20))
    ]
    expected = [media_id for n, media_id in enumerate(ids) if n % 3]
    assert list_all(client, alice, "/v1/media?q=emile&sort=created_at", limit=3) == expected
    assert list_all(client, alice, "/v1/media?q=emile", limit=4) == expected[::-1]


SORTED_INDEXES = {
    "-created_at": "media_newest_names",
    "created_at": "media_newest_names",
    "title": "media_by_title_names",
    "-size_bytes": "media_by_size_names",
    "-opened_at": "media_by_opening",
}


@pytest.mark.parametrize("sort", SORTED_INDEXES)
def test_names_that_do_not_match_are_read_from_the_index_of_the_list(cloud: Cloud, alice: User, sort: str) -> None:
    cloud.owner.execute("INSERT INTO accounts (owner_id) VALUES (%s)", [alice.id])
    cloud.owner.execute(
        """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, upload_expires_at, folded_name)
           SELECT gen_random_uuid(), %s, 'a.pdf', 'Book ' || n, 'application/pdf', n, 'ready', now(), 'book ' || n || ' a.pdf'
           FROM generate_series(1, 500) AS n""",
        [alice.id],
    )
    cloud.owner.execute("VACUUM ANALYZE media")
    statements: list[tuple[Any, Any]] = []

    class RecordingCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
            statements.append((query, params))
            return super().execute(query, params, **kwargs)

    with database.transaction(alice.id) as connection:
        factory, connection.cursor_factory = connection.cursor_factory, RecordingCursor
        try:
            media_filter = MediaFilter(q="nowhere at all")
            assert (
                store.list_page(connection, media_filter, media_types=None, sort=MediaSort(sort), after=None, limit=10)
                == []
            )
            query, values = statements[-1]
        finally:
            connection.cursor_factory = factory
        plan = "\n".join(row[0] for row in connection.execute("EXPLAIN (ANALYZE) " + query, values).fetchall())
    assert re.search(rf"Index Only Scan (Backward )?using {SORTED_INDEXES[sort]} on media", plan), plan


def test_signs_that_are_wildcards_in_sql_stand_for_themselves(client: Client, cloud: Cloud, alice: User) -> None:
    titles = ("100% wool", "1000 wool", "snake_case", "snake case", "C:\\temp", "C:temp")
    ids = {title: insert_media(cloud, alice, title=title, filename="x") for title in titles}
    for query, title in (("100%25", "100% wool"), ("e_c", "snake_case"), ("c:%5C", "C:\\temp")):
        page = request(client, alice, "GET", f"/v1/media?q={query}").json_body
        assert [item["id"] for item in page["items"]] == [ids[title]], query


def test_trashed_media_are_listed_only_on_request(client: Client, alice: User, cloud: Cloud) -> None:
    ready, trashed = insert_media(cloud, alice), insert_media(cloud, alice, status="trashed")
    assert list_all(client, alice, "/v1/media") == [ready]
    assert list_all(client, alice, "/v1/media?status=trashed") == [trashed]


TITLES = ["chapter 2", "Chapter 10", "Écoute", "eden", "Zebra", "Ärger", "12 monkeys", "9 lives", "灯塔"]
TITLES_IN_ORDER = ["9 lives", "12 monkeys", "Ärger", "chapter 2", "Chapter 10", "Écoute", "eden", "Zebra", "灯塔"]


def test_titles_sort_naturally_without_case_or_accents(client: Client, alice: User, cloud: Cloud) -> None:
    titles = {insert_media(cloud, alice, title=title): title for title in TITLES}
    for limit in (2, 100):
        forward = list_all(client, alice, "/v1/media?sort=title", limit=limit)
        assert [titles[media_id] for media_id in forward] == TITLES_IN_ORDER
        assert list_all(client, alice, "/v1/media?sort=-title", limit=limit) == forward[::-1]


def test_sizes_and_times_sort_both_ways_and_ids_break_ties(client: Client, alice: User, cloud: Cloud) -> None:
    small = [insert_media(cloud, alice, size_bytes=5, created_at=minutes_later(n % 2)) for n in range(4)]
    large = insert_media(cloud, alice, size_bytes=6_000_000_000, created_at=minutes_later(-1))
    for order, first in (("size_bytes", small), ("-size_bytes", [large]), ("created_at", [large])):
        assert list_all(client, alice, f"/v1/media?sort={order}", limit=1)[0] in first
    for order in ("size_bytes", "created_at"):
        forward = list_all(client, alice, f"/v1/media?sort={order}", limit=2)
        assert sorted(forward) == sorted([*small, large])
        assert list_all(client, alice, f"/v1/media?sort=-{order}", limit=2) == forward[::-1]


ORDERS = ("-created_at", "created_at", "title", "-title", "size_bytes", "-size_bytes", "-opened_at")
FEW_KEYS = st.integers(0, 4)  # many rows share a key, so that the id decides


@IN_A_LIVE_DATABASE
@given(
    order=st.sampled_from(ORDERS),
    existing=st.lists(FEW_KEYS, min_size=1, max_size=12),
    added=st.lists(FEW_KEYS, max_size=12),
    limit=st.integers(1, 5),
    chance=st.randoms(use_true_random=False),
)
def test_existing_media_are_listed_once_and_in_order_while_others_are_added(
    client: Client, cloud: Cloud, order: str, existing: list[int], added: list[int], limit: int, chance: random.Random
) -> None:
    user = User(uuid4())

    def write(key: int) -> str:
        return insert_media(cloud, user, title=f"Title {key}", size_bytes=key, created_at=minutes_later(key))

    before = {write(key) for key in existing}
    pending = list(added)
    collected, cursor = list_page(client, user, f"/v1/media?sort={order}&limit={limit}")
    while cursor:
        for _ in range(chance.randrange(3)):
            if pending:
                write(pending.pop())
        ids, cursor = list_page(client, user, f"/v1/media?sort={order}&limit={limit}&cursor={cursor}")
        collected += ids
    assert len(collected) == len(set(collected))
    assert before <= set(collected)
    whole = list_all(client, user, f"/v1/media?sort={order}")
    assert [media_id for media_id in whole if media_id in collected] == collected


def test_a_cursor_of_another_sort_order_is_rejected(client: Client, alice: User, cloud: Cloud) -> None:
    for _ in range(2):
        insert_media(cloud, alice)
    cursors = {order: list_page(client, alice, f"/v1/media?sort={order}&limit=1")[1] for order in ORDERS}
    for cursor_order, cursor in cursors.items():
        for order in ORDERS:
            response = request(client, alice, "GET", f"/v1/media?sort={order}&cursor={cursor}")
            if order == cursor_order:
                assert response.status_code == 200
            else:
                assert (response.status_code, problem(response)["code"]) == (422, "sort_mismatch")


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
def test_a_forged_cursor_is_rejected(client: Client, alice: User, text: str) -> None:
    import base64

    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    order = next((name for name in ("title", "size_bytes") if name in text), "-created_at")
    response = request(client, alice, "GET", f"/v1/media?sort={order}&cursor={cursor}")
    assert (response.status_code, problem(response)["code"]) == (422, "invalid")


STRANGE_QUERIES = [
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


@pytest.mark.parametrize("text", STRANGE_QUERIES)
def test_a_filter_text_is_never_interpreted(client: Client, alice: User, cloud: Cloud, text: str) -> None:
    insert_media(cloud, alice, title="Book")
    assert list_all(client, alice, f"/v1/media?q={text}") == []
    assert request(client, alice, "GET", f"/v1/media?tag={text[:50]}").status_code in {200, 422}
    assert len(list_all(client, alice, "/v1/media")) == 1


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
def test_an_invalid_filter_is_rejected_by_name(client: Client, alice: User, query: str) -> None:
    rejection = problem(request(client, alice, "GET", f"/v1/media?{query}"))
    assert (rejection["status"], rejection["errors"][0]["field"]) == (422, query.partition("=")[0])


# Cursors that clients still hold: the forms of release 0.1.
OLD_CURSORS = {
    "-created_at": "WyItY3JlYXRlZF9hdCIsIjIxMDAtMDEtMDFUMDA6MDA6MDArMDA6MDAiLCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAw"
    "MDAwMDAwMDAiXQ",
    "title": "WyJ0aXRsZSIsIkEiLCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ",
    "size_bytes": "WyJzaXplX2J5dGVzIiwiMCIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd",
}


@pytest.mark.parametrize(("sort", "cursor"), OLD_CURSORS.items())
def test_cursors_of_the_version_before_still_work(
    client: Client, alice: User, cloud: Cloud, sort: str, cursor: str
) -> None:
    media_id = insert_media(cloud, alice, title="Book")
    assert list_page(client, alice, f"/v1/media?sort={sort}&cursor={cursor}") == ([media_id], None)


# ---- titles and tags -----------------------------------------------------------------------------------------------


def test_a_patch_changes_only_the_fields_it_contains(client: Client, alice: User, cloud: Cloud) -> None:
    media_id = insert_media(cloud, alice, title="Book")
    tagged = request(
        client, alice, "PATCH", f"/v1/media/{media_id}", {"tags": [" To  Read", "ＦＵＬＬ", "to read"]}
    ).json_body
    assert (tagged["title"], tagged["tags"]) == ("Book", ["full", "to read"])
    retitled = request(client, alice, "PATCH", f"/v1/media/{media_id}", {"title": "  A  better\ttitle "}).json_body
    assert (retitled["title"], retitled["tags"]) == ("A better title", ["full", "to read"])
    assert retitled["updated_at"] > tagged["updated_at"]
    assert request(client, alice, "PATCH", f"/v1/media/{media_id}", {}).json_body == retitled
    bare = request(client, alice, "PATCH", f"/v1/media/{media_id}", {"tags": None}).json_body
    assert (bare["title"], bare["tags"]) == ("A better title", [])
    assert get(client, alice, media_id) == bare


def test_a_patch_may_have_the_merge_patch_media_type(client: Client, alice: User, cloud: Cloud) -> None:
    media_id = insert_media(cloud, alice)
    headers = {"Content-Type": "application/merge-patch+json"}
    assert (
        request(client, alice, "PATCH", f"/v1/media/{media_id}", {"title": "New"}, **headers).json_body["title"]
        == "New"
    )


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
def test_an_invalid_patch_is_rejected_and_changes_nothing(
    client: Client, alice: User, cloud: Cloud, body: dict[str, Any], field: str
) -> None:
    media_id = insert_media(cloud, alice)
    before = get(client, alice, media_id)
    rejection = problem(request(client, alice, "PATCH", f"/v1/media/{media_id}", body))
    assert (rejection["status"], rejection["errors"][0]["field"]) == (422, field)
    assert get(client, alice, media_id) == before


# ---- two users -----------------------------------------------------------------------------------------------------

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
    media_id = insert_media(cloud, alice, status=status)
    before = get(client, alice, media_id)
    assert request(client, bob, method, path.format(id=media_id), body).status_code == 404
    assert get(client, alice, media_id) == before
    assert list_all(client, bob, f"/v1/media?status={status}") == []
