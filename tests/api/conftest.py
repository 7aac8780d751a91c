"""The deployment under test: BASE_URL, and tokens of two users, TOKEN and OTHER_TOKEN. `make test-api` sets them.

LEAVING_TOKEN belongs to a third user that only this run uses: its capabilities are revoked, and the account is erased. Without
it, these checks are skipped.

Runs can share the first two users: each run recognises its own resources by its name and deletes them at the end. But runs that
share a user share its limits, and say so when they wait for one. On the local stack each run has users of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Api, Seen, fetch_document
from tests.api.contract import Contract
from tests.api.report import Report

Json = Any
PREFIX = "api-suite-"
RUN = f"{PREFIX}{uuid4().hex[:12]}"
WORD = f"w{uuid4().hex[:12]}"  # occurs in the story of this run only
LEFT_OVER_AFTER = timedelta(hours=1)  # older resources are left over from a run that was killed
STORY = (
    "The harbour light turns slowly over the water. "
    f"Every boat that comes home tonight knows the word {WORD}. "
    "The keeper writes the hour into his book and goes to sleep."
)

collect_ignore_glob = [] if os.environ.get("BASE_URL") else ["test_*.py"]


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("BASE_URL"):
        config.pluginmanager.register(Report(RUN, base_url(), os.environ.get("REPORT")), "report")


def base_url() -> str:
    return os.environ["BASE_URL"].rstrip("/")


@cache
def openapi_document() -> Contract:
    return fetch_document(base_url())


def _is_fetched(path: str) -> bool:
    get = openapi_document().document["paths"][path].get("get")
    return get is not None and "{token}" not in path and "IdempotencyKey" not in str(get.get("parameters"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Generate tests from the OpenAPI document: the name of a test's parameter selects the operations."""
    operations = [operation for operation in openapi_document().operations if not operation.takes_password]
    owned = [operation for operation in operations if operation.ids]
    selections = {
        "protected": [o for o in operations if o.protected],  # needs a user
        "owned": owned,  # concerns a resource of a user
        "owned_pair": [o for o in owned if len(o.ids) > 1],  # concerns two resources of a user
        "readable": [o for o in owned if o.method in {"GET", "HEAD"}],  # changes nothing
        "played": [o for o in owned if {"capability": []} in o.described["security"]],  # accepts a link token
        "documented_path": sorted(openapi_document().document["paths"]),
        "fetched_path": sorted(
            filter(_is_fetched, openapi_document().document["paths"])
        ),  # by a GET that creates nothing
    }
    for name, values in selections.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=[value if isinstance(value, str) else value.id for value in values])


@pytest.fixture(scope="session")
def contract() -> Contract:
    return openapi_document()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    plugin = request.config.pluginmanager.get_plugin("report")
    assert isinstance(plugin, Report)
    return plugin


@pytest.fixture(scope="session")
def seen(report: Report) -> Seen:
    return report.seen


def user(variable: str, contract: Contract, report: Report) -> Iterator[Api]:
    token = os.environ.get(variable) or pytest.exit(f"{variable} is not set. Set it to a bearer token of a user.", 2)
    api = Api(base_url(), token, contract, RUN, report.seen, announce=report.announce)
    try:
        yield api
    finally:
        report.left_behind += api.clean_up()
        delete_left_over_resources(api)


def delete_left_over_resources(api: Api) -> None:
    before = (datetime.now(UTC) - LEFT_OVER_AFTER).isoformat()
    for path in (f"/v1/media?q={PREFIX}", f"/v1/media?q={PREFIX}&status=trashed"):
        for media in api.get(path, limit=100)["items"]:
            if media["filename"].startswith(PREFIX) and media["created_at"] < before:
                api.call("DELETE", f"/v1/media/{media['id']}?permanent=true")
    for collection in api.get("/v1/collections", limit=100)["items"]:
        if collection["name"].startswith(PREFIX) and collection["created_at"] < before:
            api.call("DELETE", f"/v1/collections/{collection['id']}")


@pytest.fixture(scope="session")
def alice(contract: Contract, report: Report) -> Iterator[Api]:
    yield from user("TOKEN", contract, report)


@pytest.fixture(scope="session")
def bob(contract: Contract, report: Report) -> Iterator[Api]:
    yield from user("OTHER_TOKEN", contract, report)


@pytest.fixture(scope="session")
def leaving_user(contract: Contract, report: Report) -> Api:
    """A user whose account this run erases, with everything in it."""
    token = os.environ.get("LEAVING_TOKEN")
    if not token:
        pytest.skip("LEAVING_TOKEN is not set. Set it to a bearer token of a user whose account may be erased.")
    return Api(base_url(), token, contract, RUN, report.seen, announce=report.announce)


@pytest.fixture(scope="session")
def lexicon_entry(alice: Api, book: Json) -> Json:
    """An entry for one document, which is deleted with it."""
    entry = {"written": "ashore", "spoken": "on land", "language": "en", "media_id": book["id"]}
    return alice.call("POST", "/v1/lexicon", entry, expect=201).json()


@pytest.fixture(scope="session")
def annotation(alice: Api, book: Json) -> Json:
    """A bookmark, which is deleted with its document."""
    return alice.call(
        "POST", f"/v1/media/{book['id']}/annotations", {"kind": "bookmark", "start": 4}, expect=201
    ).json()


@pytest.fixture(scope="session")
def webhook_delivery(alice: Api) -> Iterator[Json]:
    """A message of a webhook. The name of its receiver does not exist, so that nobody is called."""
    new = {"url": "https://hooks.invalid/", "events": ["export.done"]}
    webhook = alice.call("POST", "/v1/webhooks", new, expect=201).json()
    yield alice.call("POST", f"/v1/webhooks/{webhook['id']}/ping", expect=202).json()
    alice.call("DELETE", f"/v1/webhooks/{webhook['id']}", expect=204)


@pytest.fixture(scope="session")
def api_key(alice: Api) -> Iterator[Json]:
    """A key that is never used: to delete a used one would revoke the link tokens of alice."""
    new = {"name": f"unused {RUN}", "scopes": ["media:read"]}
    key = alice.call("POST", "/v1/api-keys", new, expect=201).json()
    yield key
    alice.call("DELETE", f"/v1/api-keys/{key['id']}", expect=204)


@pytest.fixture(scope="session")
def anonymous(contract: Contract, report: Report) -> Api:
    return Api(base_url(), None, contract, RUN, report.seen, announce=report.announce)


@pytest.fixture(scope="session")
def story() -> bytes:
    return STORY.encode()


@pytest.fixture(scope="session")
def word() -> str:
    return WORD


@pytest.fixture(scope="session")
def book(alice: Api, story: bytes) -> Json:
    """A ready media of alice. Tests do not change it."""
    media = alice.upload(story)
    assert media["status"] == "ready", media
    return media


@pytest.fixture(scope="session")
def page(alice: Api) -> Json:
    """A ready media of alice that has a display form."""
    content = b"# The lamp\n\nThe keeper *lights* it at dusk.\n"
    media = alice.upload(content, filename="page.md", media_type="text/markdown")
    assert media["has_document"], media
    return media


@pytest.fixture(scope="session")
def speech(alice: Api) -> Api:
    """Return alice, or skip the check: the deployment may have no voice."""
    if alice.get("/health")["services"]["speech"]["status"] == "off":
        pytest.skip("Speech is not configured: the deployment has no voice provider with a key.")
    return alice


@pytest.fixture(scope="session")
def recording(speech: Api, book: Json) -> Json:
    """The finished job of a recording of the book."""
    return speech.create_recording(book["id"])


@pytest.fixture(scope="session")
def collection_with_book(alice: Api, book: Json) -> Json:
    """A collection of alice that contains the book."""
    collection = alice.create_collection("with book")
    return alice.call("PUT", f"/v1/collections/{collection['id']}/media/{book['id']}", {}, expect=200).json()


@pytest.fixture(scope="session")
def parts(alice: Api) -> Json:
    """A pending upload in parts, started as Uppy does it: `key` and `uploadId`."""
    file = {"filename": f"{RUN} parts.txt", "type": "text/plain", "metadata": {"size": 10}}
    started = alice.call("POST", "/v1/s3/multipart", file, expect=200).json()
    alice.created.media.append(started["uploadId"])
    return started
