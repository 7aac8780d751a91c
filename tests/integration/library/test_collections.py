"""Collections: their names, the order of their media, and deleted media."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from chalice.test import Client, HTTPResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.library.collections import items
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.library.test_media import IN_A_LIVE_DATABASE
from tests.integration.uploads.test_uploads import TEXT, get, quota, start
from tests.support.media_rows import create_collection, insert_media, list_all, list_page, request

# ---- the collection itself ----------------------------------------------------------------------------------------


def test_a_collection_is_created_returned_updated_and_deleted(client: Client, alice: User) -> None:
    made = request(client, alice, "POST", "/v1/collections", {"name": "  To   read ", "description": "one\ntwo"})
    assert made.status_code == 201
    shelf = made.json_body
    assert made.headers["Location"] == f"/v1/collections/{shelf['id']}"
    assert (shelf["name"], shelf["description"], shelf["item_count"]) == ("To read", "one\ntwo", 0)
    path = f"/v1/collections/{shelf['id']}"
    assert request(client, alice, "GET", path).json_body == shelf

    renamed = request(client, alice, "PATCH", path, {"name": "Read"}).json_body
    assert (renamed["name"], renamed["description"]) == ("Read", "one\ntwo")
    assert renamed["updated_at"] > shelf["updated_at"]
    assert request(client, alice, "PATCH", path, {}).json_body == renamed
    assert request(client, alice, "PATCH", path, {"description": None}).json_body["description"] == ""

    gone = request(client, alice, "DELETE", path)
    assert (gone.status_code, gone.body) == (204, b"")
    for method in ("GET", "DELETE"):
        assert request(client, alice, method, path).status_code == 404


@pytest.mark.parametrize("same", ["To read", "to READ", " To  read", "Ｔｏ read"])
def test_names_are_unique_for_an_owner_ignoring_case(client: Client, alice: User, bob: User, same: str) -> None:
    create_collection(client, alice, "To read")
    other = create_collection(client, alice, "Read")
    for response in (
        request(client, alice, "POST", "/v1/collections", {"name": same}),
        request(client, alice, "PATCH", f"/v1/collections/{other}", {"name": same}),
    ):
        assert (response.status_code, problem(response)["code"]) == (409, "name_taken")
    assert request(client, alice, "PATCH", f"/v1/collections/{other}", {"name": "READ"}).json_body["name"] == "READ"
    assert request(client, bob, "POST", "/v1/collections", {"name": same}).status_code == 201
    assert len(list_all(client, alice, "/v1/collections")) == 2


def test_a_repeated_request_with_one_idempotency_key_creates_one_collection(
    client: Client, alice: User, cloud: Cloud
) -> None:
    key = {"Idempotency-Key": "first"}
    first = request(client, alice, "POST", "/v1/collections", {"name": "Shelf"}, **key)
    assert request(client, alice, "POST", "/v1/collections", {"name": "Shelf"}, **key).json_body == first.json_body
    # As if the process had crashed after inserting the row, before storing the response.
    cloud.owner.execute(
        "UPDATE idempotency_keys SET status = NULL, body = NULL, lease_until = now() - interval '1 second'"
    )
    again = request(client, alice, "POST", "/v1/collections", {"name": "Shelf"}, **key)
    assert (again.status_code, again.json_body["id"]) == (201, first.json_body["id"])
    assert len(list_all(client, alice, "/v1/collections")) == 1


def test_collections_are_listed_by_age_and_by_name(client: Client, alice: User) -> None:
    made = {create_collection(client, alice, name): name for name in ("Part 10", "ärzte", "Zoo", "part 2")}
    assert list_all(client, alice, "/v1/collections", limit=3) == list(made)[::-1]
    assert list_all(client, alice, "/v1/collections?sort=created_at", limit=3) == list(made)
    by_name = list_all(client, alice, "/v1/collections?sort=name", limit=1)
    assert [made[collection_id] for collection_id in by_name] == ["ärzte", "part 2", "Part 10", "Zoo"]
    _, cursor = list_page(client, alice, "/v1/collections?sort=name&limit=1")
    response = request(client, alice, "GET", f"/v1/collections?cursor={cursor}")
    assert (response.status_code, problem(response)["code"]) == (422, "sort_mismatch")


def test_an_owner_can_have_a_thousand_collections(client: Client, alice: User, cloud: Cloud) -> None:
    first = create_collection(client, alice, "First")
    cloud.owner.execute(
        "INSERT INTO collections (id, owner_id, name) SELECT gen_random_uuid(), %s, 'no ' || n FROM generate_series(1, 999) n",
        [alice.id],
    )
    response = request(client, alice, "POST", "/v1/collections", {"name": "One more"})
    assert (response.status_code, problem(response)["code"]) == (403, "quota_exceeded")
    request(client, alice, "DELETE", f"/v1/collections/{first}")
    assert request(client, alice, "POST", "/v1/collections", {"name": "One more"}).status_code == 201


BAD_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("POST", {}, "name"),
    ("POST", {"name": " "}, "name"),
    ("POST", {"name": "x" * 101}, "name"),
    ("POST", {"name": "a\u0000b"}, "name"),
    ("POST", {"name": "a", "description": "x" * 2_001}, "description"),
    ("POST", {"name": "a", "id": "00000000-0000-7000-8000-000000000000"}, "id"),
    ("PATCH", {"name": None}, "name"),
    ("PATCH", {"item_count": 5}, "item_count"),
]


@pytest.mark.parametrize(("method", "body", "field"), BAD_BODIES)
def test_an_invalid_collection_is_rejected_by_field(
    client: Client, alice: User, method: str, body: dict[str, Any], field: str
) -> None:
    path = "/v1/collections" if method == "POST" else f"/v1/collections/{create_collection(client, alice, 'Shelf')}"
    rejection = problem(request(client, alice, method, path, body))
    assert (rejection["status"], rejection["errors"][0]["field"]) == (422, field)


# ---- its media ----------------------------------------------------------------------------------------------------


def test_media_keep_the_order_in_which_they_are_added_and_moved(client: Client, alice: User, cloud: Cloud) -> None:
    a, b, c, d = (insert_media(cloud, alice, title=title) for title in "abcd")
    shelf = create_collection(client, alice, "Shelf", c, a)
    path = f"/v1/collections/{shelf}/media"
    assert list_all(client, alice, path) == [c, a]
    added = request(client, alice, "POST", path, {"media_ids": [b, c, d, b]})
    assert (added.status_code, added.json_body["item_count"]) == (200, 4)
    assert list_all(client, alice, path, limit=1) == [c, a, b, d]
    assert request(client, alice, "PUT", f"{path}/{d}", {"position": 1}).json_body["item_count"] == 4
    assert list_all(client, alice, path, limit=3) == [c, d, a, b]
    for body in ({"position": 0}, {"position": 99}, {}):
        request(client, alice, "PUT", f"{path}/{c}", body)
    assert list_all(client, alice, path) == [d, a, b, c]
    removed = request(client, alice, "POST", f"{path}/remove", {"media_ids": [a, c, str(uuid4())]})
    assert (removed.status_code, removed.json_body["item_count"]) == (200, 2)
    assert request(client, alice, "DELETE", f"{path}/{d}").status_code == 204
    assert request(client, alice, "DELETE", f"{path}/{d}").status_code == 404
    assert list_all(client, alice, path) == [b]
    assert get(client, alice, b)["collection_ids"] == [shelf]
    assert {item["id"] for item in request(client, alice, "GET", path).json_body["items"]} == {b}
    assert "sort_position" not in request(client, alice, "GET", path).json_body["items"][0]


def test_several_media_are_added_all_or_none(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    mine, foreign = insert_media(cloud, alice), insert_media(cloud, bob)
    shelf = create_collection(client, alice, "Shelf")
    response = request(client, alice, "POST", f"/v1/collections/{shelf}/media", {"media_ids": [mine, foreign]})
    assert response.status_code == 404
    assert foreign in problem(response)["detail"]
    assert list_all(client, alice, f"/v1/collections/{shelf}/media") == []


def test_moving_an_item_updates_one_row(client: Client, alice: User, cloud: Cloud) -> None:
    media = [insert_media(cloud, alice) for _ in range(5)]
    shelf = create_collection(client, alice, "Shelf", *media)

    def versions() -> dict[UUID, tuple[int, str]]:
        rows = cloud.owner.execute("SELECT media_id, position, xmin::text FROM collection_items").fetchall()
        return {row[0]: (row[1], row[2]) for row in rows}

    before = versions()
    request(client, alice, "PUT", f"/v1/collections/{shelf}/media/{media[4]}", {"position": 1})
    assert {str(key) for key, row in versions().items() if row != before[key]} == {media[4]}


def test_items_are_renumbered_when_a_gap_is_used_up(client: Client, alice: User, cloud: Cloud) -> None:
    first, last, *others = (insert_media(cloud, alice) for _ in range(42))
    shelf = create_collection(client, alice, "Shelf", first, last)
    for media_id in others:
        assert (
            request(client, alice, "PUT", f"/v1/collections/{shelf}/media/{media_id}", {"position": 1}).status_code
            == 200
        )
    assert list_all(client, alice, f"/v1/collections/{shelf}/media") == [first, *others[::-1], last]


def test_a_rank_lies_between_two_others_while_there_is_a_gap() -> None:
    assert items.rank_between(None, None) == 0
    assert (items.rank_between(7, None), items.rank_between(None, 7)) == (
        7 + items.POSITION_STEP,
        7 - items.POSITION_STEP,
    )
    assert items.rank_between(4, 6) == 5
    assert items.rank_between(4, 5) is None
    assert items.rank_between(4, 4) is None
    assert items.rank_between(-3, 0) in {-2, -1}


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 7), st.integers(0, 9)),
        st.tuples(st.just("put"), st.integers(0, 7), st.none()),
        st.tuples(st.just("add"), st.lists(st.integers(0, 7), min_size=1, max_size=5), st.none()),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 7), min_size=1, max_size=4), st.none()),
        st.tuples(st.just("trash"), st.integers(0, 7), st.none()),
        st.tuples(st.just("purge"), st.integers(0, 7), st.none()),
        st.tuples(st.just("squeeze"), st.just(0), st.none()),
    ),
    max_size=25,
)


def squeeze(cloud: Cloud, shelf: str) -> None:
    """Leave no gaps between the items, as many moves would."""
    cloud.owner.execute(
        """UPDATE collection_items AS item SET position = nth FROM (
               SELECT media_id, row_number() OVER (ORDER BY position, media_id) AS nth
               FROM collection_items WHERE collection_id = %(id)s) AS numbered
           WHERE collection_id = %(id)s AND item.media_id = numbered.media_id""",
        {"id": shelf},
    )


@settings(IN_A_LIVE_DATABASE, max_examples=40)
@given(moves=MOVES)
def test_any_sequence_of_moves_has_the_effect_it_has_on_a_list(
    client: Client, cloud: Cloud, moves: list[tuple[str, Any, int | None]]
) -> None:
    user = User(uuid4())
    media = [insert_media(cloud, user) for _ in range(8)]
    shelf = create_collection(client, user, "Shelf")
    path = f"/v1/collections/{shelf}/media"
    model: list[str] = []
    gone: set[str] = set()
    for move, target, position in moves:
        targets = [media[index] for index in target] if isinstance(target, list) else [media[target]]
        responses: list[HTTPResponse] = []
        if move == "squeeze":
            squeeze(cloud, shelf)
        elif move == "put":
            responses = [
                request(client, user, "PUT", f"{path}/{targets[0]}", {} if position is None else {"position": position})
            ]
        elif move == "add":
            responses = [request(client, user, "POST", path, {"media_ids": targets})]
        elif move == "remove":
            responses = [request(client, user, "POST", f"{path}/remove", {"media_ids": targets})]
        elif move == "trash":
            responses = [
                request(client, user, "DELETE", f"/v1/media/{targets[0]}"),
                request(client, user, "POST", f"/v1/media/{targets[0]}/restore"),
            ]
        else:
            responses = [request(client, user, "DELETE", f"/v1/media/{targets[0]}?permanent=true")]
        unknown = bool(gone & set(targets)) and move not in {"remove", "squeeze"}
        assert all((response.status_code == 404) if unknown else (response.status_code < 300) for response in responses)
        if unknown:
            continue
        if move == "put" and position is not None:
            model = [media_id for media_id in model if media_id != targets[0]]
            model.insert(position, targets[0])
        elif move in {"put", "add"}:
            model += [media_id for media_id in dict.fromkeys(targets) if media_id not in model]
        elif move in {"remove", "purge"}:
            model = [media_id for media_id in model if media_id not in targets]
        if move == "purge":
            gone.add(targets[0])
    assert list_all(client, user, path, limit=3) == model
    assert request(client, user, "GET", f"/v1/collections/{shelf}").json_body["item_count"] == len(model)


def test_the_next_page_continues_after_the_item_wherever_it_was_moved(
    client: Client, alice: User, cloud: Cloud
) -> None:
    media = [insert_media(cloud, alice) for _ in range(6)]
    shelf = create_collection(client, alice, "Shelf", *media)
    path = f"/v1/collections/{shelf}/media"
    ids, cursor = list_page(client, alice, f"{path}?limit=2")
    assert ids == media[:2]
    newcomer = insert_media(cloud, alice)
    request(client, alice, "PUT", f"{path}/{newcomer}", {"position": 0})
    assert list_page(client, alice, f"{path}?limit=10&cursor={cursor}")[0] == media[2:]
    request(client, alice, "PUT", f"{path}/{media[1]}", {"position": 4})
    assert list_page(client, alice, f"{path}?limit=10&cursor={cursor}")[0] == media[4:]
    request(client, alice, "DELETE", f"{path}/{media[1]}")
    assert list_page(client, alice, f"{path}?limit=10&cursor={cursor}")[0] == media[2:]
    other = create_collection(client, alice, "Other", media[0])
    response = request(client, alice, "GET", f"/v1/collections/{other}/media?cursor={cursor}")
    assert (response.status_code, problem(response)["code"]) == (422, "sort_mismatch")


def test_cursors_of_the_version_before_still_work(client: Client, alice: User, cloud: Cloud) -> None:
    first, second = insert_media(cloud, alice), insert_media(cloud, alice)
    shelf = create_collection(client, alice, "Shelf", first, second)
    for path, cursor, ids in (
        ("/v1/collections?sort=name", f'["name","A","{UUID(int=0)}"]', [shelf]),
        ("/v1/collections?sort=-created_at", f'["-created_at","2100-01-01T00:00:00+00:00","{UUID(int=0)}"]', [shelf]),
        (f"/v1/collections/{shelf}/media?limit=9", f'["collection {shelf}","0","{first}"]', [second]),
    ):
        encoded = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
        assert list_page(client, alice, f"{path}&cursor={encoded}") == (ids, None)


def test_trashed_media_keep_their_positions_and_are_not_shown(client: Client, alice: User, cloud: Cloud) -> None:
    a, b, c = (insert_media(cloud, alice) for _ in range(3))
    shelf = create_collection(client, alice, "Shelf", a, b, c)
    request(client, alice, "DELETE", f"/v1/media/{b}")
    assert list_all(client, alice, f"/v1/collections/{shelf}/media") == [a, c]
    assert request(client, alice, "GET", f"/v1/collections/{shelf}").json_body["item_count"] == 2
    assert [item["item_count"] for item in request(client, alice, "GET", "/v1/collections").json_body["items"]] == [2]
    request(client, alice, "POST", f"/v1/media/{b}/restore")
    assert list_all(client, alice, f"/v1/collections/{shelf}/media") == [a, b, c]


def test_deleting_media_or_collections_does_not_delete_the_other(client: Client, alice: User, cloud: Cloud) -> None:
    a, b = insert_media(cloud, alice), insert_media(cloud, alice)
    first, second = create_collection(client, alice, "First", a, b), create_collection(client, alice, "Second", a)
    assert get(client, alice, a)["collection_ids"] == [first, second]
    request(client, alice, "DELETE", f"/v1/collections/{first}")
    assert get(client, alice, a)["collection_ids"] == [second]
    assert get(client, alice, b)["collection_ids"] == []
    request(client, alice, "DELETE", f"/v1/media/{a}?permanent=true")
    assert request(client, alice, "GET", f"/v1/collections/{second}").json_body["item_count"] == 0


BAD_ITEMS: list[tuple[str, str, Any]] = [
    ("PUT", "/{media}", {"position": -1}),
    ("PUT", "/{media}", {"position": "first"}),
    ("PUT", "/{media}", {"place": 1}),
    ("POST", "", {"media_ids": []}),
    ("POST", "", {"media_ids": ["nobody"]}),
    ("POST", "", {"media_ids": ["00000000-0000-7000-8000-000000000000"] * 501}),
    ("POST", "/remove", {"media_ids": []}),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD_ITEMS)
def test_an_invalid_item_is_rejected(
    client: Client, alice: User, cloud: Cloud, method: str, path: str, body: Any
) -> None:
    media_id = insert_media(cloud, alice)
    shelf = create_collection(client, alice, "Shelf")
    response = request(client, alice, method, f"/v1/collections/{shelf}/media{path.format(media=media_id)}", body)
    assert (response.status_code, problem(response)["code"]) == (422, "invalid")


# ---- uploads ------------------------------------------------------------------------------------------------------


def test_an_upload_is_added_to_its_collection_when_it_starts(client: Client, alice: User) -> None:
    shelf = create_collection(client, alice, "Shelf")
    started = start(client, alice, TEXT, collection_id=shelf)
    assert (started.status_code, started.json_body["media"]["collection_ids"]) == (201, [shelf])
    assert list_all(client, alice, f"/v1/collections/{shelf}/media") == [started.json_body["media"]["id"]]


def test_an_upload_into_an_unknown_or_foreign_collection_does_not_start(
    client: Client, alice: User, bob: User, cloud: Cloud
) -> None:
    for collection_id in (str(uuid4()), create_collection(client, bob, "Shelf")):
        assert start(client, alice, TEXT, collection_id=collection_id).status_code == 404
    assert list_all(client, alice, "/v1/media") == []
    assert quota(cloud, alice) == (0, 0)


# ---- two users ----------------------------------------------------------------------------------------------------

ROUTES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/v1/collections/{shelf}", None),
    ("PATCH", "/v1/collections/{shelf}", {"name": "Mine now"}),
    ("DELETE", "/v1/collections/{shelf}", None),
    ("GET", "/v1/collections/{shelf}/media", None),
    ("POST", "/v1/collections/{shelf}/media", {"media_ids": ["{own_media}"]}),
    ("POST", "/v1/collections/{shelf}/media", {"media_ids": ["{inside}"]}),
    ("POST", "/v1/collections/{shelf}/media/remove", {"media_ids": ["{inside}"]}),
    ("PUT", "/v1/collections/{shelf}/media/{own_media}", {"position": 0}),
    ("PUT", "/v1/collections/{shelf}/media/{inside}", {}),
    ("DELETE", "/v1/collections/{shelf}/media/{inside}", None),
    ("PUT", "/v1/collections/{own_shelf}/media/{inside}", {"position": 0}),
    ("POST", "/v1/collections/{own_shelf}/media", {"media_ids": ["{inside}"]}),
    ("DELETE", "/v1/collections/{own_shelf}/media/{inside}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_another_users_collection_and_media_do_not_exist(
    client: Client, alice: User, bob: User, cloud: Cloud, method: str, path: str, body: dict[str, Any] | None
) -> None:
    inside, own_media = insert_media(cloud, alice), insert_media(cloud, bob)
    names = {"inside": inside, "own_media": own_media, "shelf": create_collection(client, alice, "Shelf", inside)}
    names["own_shelf"] = create_collection(client, bob, "Bob's", own_media)
    before = request(client, alice, "GET", f"/v1/collections/{names['shelf']}").json_body
    text = json.dumps(body)
    for name, value in names.items():
        path, text = path.replace(f"{{{name}}}", value), text.replace(f"{{{name}}}", value)
    assert request(client, bob, method, path, json.loads(text)).status_code == 404
    assert request(client, alice, "GET", f"/v1/collections/{names['shelf']}").json_body == before
    assert list_all(client, alice, f"/v1/collections/{names['shelf']}/media") == [inside]
    assert list_all(client, bob, f"/v1/collections/{names['own_shelf']}/media") == [own_media]
    assert list_all(client, bob, "/v1/collections") == [names["own_shelf"]]


def test_a_rejected_upload_stays_in_its_collection(platform: Platform, alice: User) -> None:
    shelf = create_collection(platform.client, alice, "Shelf")
    media_id = start(platform.client, alice, TEXT, collection_id=shelf).json_body["media"]["id"]
    platform.upload_object(f"uploads/{alice.id}/{media_id}", TEXT + b"more than was declared")
    (item,) = request(platform.client, alice, "GET", f"/v1/collections/{shelf}/media").json_body["items"]
    assert (item["id"], item["status"]) == (media_id, "rejected")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("line one\r\nline two\tafter a tab", "line one\nline two after a tab"),
        ("a\rb\n\nc\r\n", "a\nb\n\nc"),
        ("\r\n" * 1_000 + "x" * 1_000, "x" * 1_000),
    ],
)
def test_a_description_may_be_pasted_with_any_line_breaks(client: Client, alice: User, text: str, stored: str) -> None:
    created = request(client, alice, "POST", "/v1/collections", {"name": "x", "description": text})
    assert (created.status_code, created.json_body["description"]) == (201, stored)
    changed = request(client, alice, "PATCH", created.headers["Location"], {"description": text})
    assert (changed.status_code, changed.json_body["description"]) == (200, stored)


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\x0cb", "a\x1bb", "a\x7fb", "a\x85b", "x" * 2_001, 5])
def test_a_description_with_other_control_characters_is_rejected(client: Client, alice: User, text: Any) -> None:
    response = request(client, alice, "POST", "/v1/collections", {"name": "x", "description": text})
    assert response.status_code == 422
    assert problem(response)["errors"][0]["field"] == "description"
