"""HEAD, which every GET answers, too: the same status and the same headers, without a body."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client

from app import app
from chalicelib.platform import config
from tests.integration.conftest import Cloud, User
from tests.support.media_rows import create_collection, insert_media

GETS = sorted(
    path
    for path, methods in app.routes.items()
    if "GET" in methods
    and not vars(methods["GET"].view_function)["operation"].creates
    and path != "/v1/mcp"  # takes POST only
)
CHANGING_HEADERS = {"X-Request-Id", "RateLimit", "Location", "Cache-Control"}
CHANGING_BODIES = {"/v1/changes"}  # the cursor of now


def headers_of(response: Any, path: str) -> dict[str, Any]:
    changing = CHANGING_HEADERS | ({"ETag"} if path in CHANGING_BODIES else set())
    return {name: value for name, value in response.headers.items() if name not in changing}


@pytest.mark.parametrize("path", GETS)
def test_head_has_the_status_and_the_headers_of_get_and_no_body(
    client: Client, cloud: Cloud, alice: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_RATE_LIMIT", "1000000")
    config.settings.cache_clear()
    media = insert_media(cloud, alice)
    shelf = create_collection(client, alice, "Shelf", media)
    known = {"media_id": media, "collection_id": shelf, "file": "page.js"}
    for values in (known, {}):
        address = re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], str(uuid4())), path)  # noqa: B023 - called at once
        get, head = (client.http.request(method, address, headers=alice.headers) for method in ("GET", "HEAD"))
        assert head.status_code == get.status_code != 405, f"{address}: {head.status_code}, GET {get.status_code}"
        assert head.body == b""
        assert headers_of(head, path) == headers_of(get, path)


@pytest.mark.parametrize("path", ["/health", "/health/live", "/docs", "/openapi.json"])
def test_monitors_may_send_head_without_a_token(client: Client, path: str) -> None:
    response = client.http.head(path)
    assert (response.status_code, response.body) == (200, b"")


def test_head_never_starts_an_upload(client: Client, cloud: Cloud, alice: User) -> None:
    head = client.http.head("/v1/s3/params?filename=a.txt", headers=alice.headers)
    assert (head.status_code, head.body) == (405, b"")
    assert cloud.owner.execute("SELECT count(*) FROM media").fetchone() == (0,)


def test_head_is_no_download(client: Client, cloud: Cloud, alice: User) -> None:
    media = insert_media(cloud, alice)
    for address in (f"/v1/media/{media}/url", f"/v1/media/stream/{media}"):
        assert client.http.head(address, headers=alice.headers).status_code in {200, 302}
    actions = [row[0] for row in cloud.owner.execute("SELECT action FROM audit_events").fetchall()]
    assert "media.downloaded" not in actions
    assert client.http.get(f"/v1/media/{media}/url", headers=alice.headers).status_code == 200
    actions = [row[0] for row in cloud.owner.execute("SELECT action FROM audit_events").fetchall()]
    assert actions.count("media.downloaded") == 1


def test_a_redirect_of_head_leads_to_a_url_that_is_signed_for_head_and_not_cached(
    client: Client, cloud: Cloud, alice: User
) -> None:
    cloud.s3.put_object(Bucket="library", Key="x", Body=b"x")
    media = insert_media(cloud, alice)
    address = f"/v1/media/stream/{media}"
    get, head = (client.http.request(method, address, headers=alice.headers) for method in ("GET", "HEAD"))
    assert get.headers["Location"] != head.headers["Location"]
    assert "max-age" in get.headers["Cache-Control"]
    assert head.headers["Cache-Control"] == "no-store"


def test_a_preflight_names_head(client: Client) -> None:
    for path in GETS:
        response = client.http.options(re.sub(r"\{\w+\}", "x", path), headers={"Origin": "https://app.example"})
        assert "HEAD" in response.headers["Access-Control-Allow-Methods"].split(", "), path
