"""The deployment under test: BASE_URL, and the tokens of two of its users in TOKEN and OTHER_TOKEN. `make test-api` sets them.

LEAVING_TOKEN is a third user's, who belongs to this run alone: the account is erased. Without it that is left out.

Users may be shared by any number of runs at once: every run knows its own things by its name, and removes them in the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.api.client import Api, Seen
from tests.api.contract import Contract
from tests.api.report import Report

Json = Any
PREFIX = "api-suite-"
RUN = f"{PREFIX}{uuid4().hex[:12]}"
WORD = f"w{uuid4().hex[:12]}"  # stands in this run's story, and nowhere else
LEFT_OVER_AFTER = timedelta(hours=1)  # what is older was left by a run that was killed
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
def described() -> Contract:
    answer = requests.get(f"{base_url()}/openapi.json", timeout=30)
    answer.raise_for_status()
    return Contract(answer.json())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Checks that are made of the description: a test says by its parameter's name what it is to be repeated for."""
    operations = described().operations
    owned = [operation for operation in operations if operation.ids]
    choices = {
        "protected": [o for o in operations if o.protected],  # wants a user
        "owned": owned,  # is about somebody's thing
        "owned_twice": [o for o in owned if len(o.ids) > 1],  # is about two things of somebody
        "looked_at": [o for o in owned if o.method in {"GET", "HEAD"}],  # changes nothing
        "played": [o for o in owned if {"capability": []} in o.described["security"]],  # takes a capability
        "described_path": sorted(described().document["paths"]),
    }
    for name, values in choices.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=[value if isinstance(value, str) else value.id for value in values])


@pytest.fixture(scope="session")
def contract() -> Contract:
    return described()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    found = request.config.pluginmanager.get_plugin("report")
    assert isinstance(found, Report)
    return found


@pytest.fixture(scope="session")
def seen(report: Report) -> Seen:
    return report.seen


def user(variable: str, contract: Contract, report: Report) -> Iterator[Api]:
    token = os.environ.get(variable) or pytest.exit(f"{variable} is not set; it is a bearer token of a user", 2)
    api = Api(base_url(), token, contract, RUN, report.seen)
    try:
        yield api
    finally:
        report.left_behind += api.clean_up()
        clear_away_what_was_killed(api)


def clear_away_what_was_killed(api: Api) -> None:
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
def leaver(contract: Contract, report: Report) -> Api:
    """Somebody whose account is erased in this run, and with it all that was created."""
    token = os.environ.get("LEAVING_TOKEN")
    if not token:
        pytest.skip("LEAVING_TOKEN is not set; it is a bearer token of a user whose account may be erased")
    return Api(base_url(), token, contract, RUN, report.seen)


@pytest.fixture(scope="session")
def nobody(contract: Contract, report: Report) -> Api:
    return Api(base_url(), None, contract, RUN, report.seen)


@pytest.fixture(scope="session")
def story() -> bytes:
    return STORY.encode()


@pytest.fixture(scope="session")
def word() -> str:
    return WORD


@pytest.fixture(scope="session")
def book(alice: Api, story: bytes) -> Json:
    """A media of alice that is ready. Tests leave it as it is."""
    media = alice.upload(story)
    assert media["status"] == "ready", media
    return media


@pytest.fixture(scope="session")
def reading(alice: Api, book: Json) -> Json:
    """A finished reading of the book."""
    return alice.read_aloud(book["id"])


@pytest.fixture(scope="session")
def shelf(alice: Api, book: Json) -> Json:
    """A collection of alice that holds the book."""
    collection = alice.collect("shelf")
    return alice.call("PUT", f"/v1/collections/{collection['id']}/media/{book['id']}", {}, expect=200).json()


@pytest.fixture(scope="session")
def parts(alice: Api) -> Json:
    """An upload in parts that alice began as Uppy does, and that waits for its bytes: `key` and `uploadId`."""
    announced = {"filename": f"{RUN} parts.txt", "type": "text/plain", "metadata": {"size": 10}}
    begun = alice.call("POST", "/v1/s3/multipart", announced, expect=200).json()
    alice.created.media.append(begun["uploadId"])
    return begun
