"""The cursors of every list: whatever a client sends as a cursor, the response is a page or a problem of the client's."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from chalice.test import Client, HTTPResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import app
from chalicelib.platform import config
from tests.integration.conftest import Cloud, User
from tests.support.media_rows import create_collection, insert_media, request

LISTS = sorted(
    path
    for path, methods in app.routes.items()
    if "GET" in methods
    and (query := vars(methods["GET"].view_function)["operation"].query)
    and "cursor" in query.model_fields
    and not path.startswith(("/v1/opds", "/v1/shared"))  # the same lists, for those who cannot send a bearer token
)
SORTS = {
    "/v1/media": ("-created_at", "created_at", "title", "-title", "size_bytes", "-size_bytes"),
    "/v1/collections": ("-created_at", "created_at", "name"),
}
ID = str(UUID(int=0))
HOSTILE_VALUES: tuple[Any, ...] = (
    float("inf"), float("-inf"), float("nan"), 0, -1, 1.5, 1e308, 2**63, -(2**63), 10**400, True, False, None, [], {}, [ID],
    {"key": ID}, "", " ", "\0", "\ud800", "\ufeff", "inf", "Infinity", "nan", "-0", "1e999", "1_0", "٣", "0x10",
    str(2**63), str(2**63 - 1), str(-(2**63)), "9" * 1_200, "1 " + "9" * 30, "inf 1", "nan 1", "1e308 1", "0.5 2147483648",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00",
    "2026-01-01", "2026-01-01T00:00:00", "20260101T000000Z", "2026-W01-1", "2026-02-30T00:00:00Z", "a" * 1_200,
)  # fmt: skip
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def lists(client: Client, cloud: Cloud, alice: User, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return the address of every list in every sort order, and the name of the order in its cursors."""
    monkeypatch.setenv("USER_RATE_LIMIT", "1000000")
    config.settings.cache_clear()
    media = insert_media(cloud, alice, title="A book")
    shelf = create_collection(client, alice, "Shelf", media)
    addresses = []
    for path in LISTS:
        address = path.format(collection_id=shelf, job_id=ID, media_id=media, webhook_id=ID)
        named = {
            "/v1/account/audit": "audit",
            "/v1/tags": "tag",
            "/v1/collections/{collection_id}/media": f"collection {shelf}",
        }
        if path in SORTS:
            addresses += [(f"{address}?sort={sort}", sort) for sort in SORTS[path]]
        elif path == "/v1/search":
            page = request(client, alice, "GET", f"{address}?q=book")
            assert page.status_code == 200
            addresses.append((f"{address}?q=book", search_order()))
        else:
            addresses.append((f"{address}?", named.get(path, "-created_at")))
    return addresses


def search_order() -> str:
    import hashlib

    from chalicelib.library import search_terms

    return f"search {hashlib.sha256(repr(search_terms.parse_query('book')).encode()).hexdigest()[:16]}"


def get(client: Client, user: User, address: str, cursor: str) -> HTTPResponse:
    return request(client, user, "GET", f"{address}&cursor={cursor}")


def check(response: HTTPResponse, cursor: Any) -> None:
    assert response.status_code in {200, 404, 410, 422}, f"{cursor!r:.200}: {response.body!r}"
    detail = response.json_body.get("detail", "")
    assert not any(word in detail for word in ("<", "Sort.", "Error", "Traceback")), detail


def test_no_value_in_a_cursor_is_an_error_of_the_server(
    client: Client, alice: User, lists: list[tuple[str, str]]
) -> None:
    assert len(lists) >= 14
    for address, order in lists:
        for value in HOSTILE_VALUES:
            check(get(client, alice, address, encode([order, value, ID])), value)
    for value in HOSTILE_VALUES:  # these parts are read alike for every list
        for cursor in (["title", "A", value], [value, "A", ID], value, ["title", value]):
            check(get(client, alice, "/v1/media?sort=title", encode(cursor)), cursor)


@given(data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_value_in_a_cursor_gets_a_page_or_a_problem(
    data: st.DataObject, client: Client, alice: User, lists: list[tuple[str, str]]
) -> None:
    address, order = data.draw(st.sampled_from(lists))
    cursor = data.draw(ANY_JSON | st.tuples(st.just(order) | ANY_JSON, ANY_JSON, st.just(ID) | ANY_JSON))
    check(get(client, alice, address, encode(cursor)[:2_000]), cursor)


def test_the_case_of_an_infinite_size_is_invalid(client: Client, alice: User) -> None:
    cursor = encode(["size_bytes", float("inf"), str(uuid4())])
    response = request(client, alice, "GET", f"/v1/media?sort=size_bytes&cursor={cursor}")
    assert (response.status_code, response.json_body["code"]) == (422, "invalid")


def test_a_cursor_of_another_order_is_refused_in_plain_words(client: Client, alice: User) -> None:
    response = request(client, alice, "GET", f"/v1/media?sort=size_bytes&cursor={encode(['title', 'A', ID])}")
    assert (response.status_code, response.json_body["code"]) == (422, "sort_mismatch")
    assert response.json_body["detail"] == (
        "This cursor belongs to another list or another sort order. Request the first page without a cursor."
    )
