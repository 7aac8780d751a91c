"""The recipes of docs/clients.md for browsers, in Chromium from the origin of a development server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from localstack.token import token
from tests.browser.engines import run_script
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack

PAGE_ORIGIN = "http://localhost:5173"  # of Vite; allowed by the local stack's CORS
USER = "erin"
STORY = "The harbour light turns slowly. Naïve café owners 👩‍🚀 count the gulls."

pytestmark = pytest.mark.e2e


@pytest.fixture
def job(stack: DeployedStack, chromium: str) -> dict[str, Any]:
    """Return the addresses and the user that the scripts need."""
    token(stack.home, USER)  # creates the user
    return {
        "api": stack.api,
        "identity": stack.url,
        "clientId": stack.home.endpoints()["auth"]["client_id"],
        "user": USER,
        "password": stack.home.password(USER),
        "origin": PAGE_ORIGIN,
        "chromium": chromium,
    }


def test_the_page_of_60_lines_reads_a_document_aloud_and_highlights_every_word(
    job: dict[str, Any], tmp_path: Path
) -> None:
    document = tmp_path / "story.txt"
    document.write_text(STORY)
    observed = run_script("app_recipe.mjs", {**job, "file": str(document)})
    assert (observed["console"], observed["ended"]) == ([], True), observed
    assert [word for word, _ in observed["shown"]] == STORY.replace(".", "").split()
    times = [ms for _, ms in observed["shown"]]
    assert times == sorted(times)
    assert observed["progress"][-1].startswith("done, ")


def test_the_page_of_60_lines_shows_why_a_document_is_refused(job: dict[str, Any], tmp_path: Path) -> None:
    drawing = tmp_path / "drawing.svg"
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    refused = run_script("app_recipe.mjs", {**job, "file": str(drawing), "plays": False})
    assert "are not accepted" in refused["progress"][-1]


def test_a_page_signs_in_and_out_watches_changes_and_shows_the_progress_of_an_upload(
    stack: DeployedStack, job: dict[str, Any]
) -> None:
    users, pool = stack.aws("cognito-idp"), stack.home.endpoints()["auth"]["issuer"].rpartition("/")[2]
    invited = {"invited": f"invited-{uuid4()}", "temporaryPassword": "a temporary password"}
    users.admin_create_user(
        UserPoolId=pool, Username=invited["invited"], TemporaryPassword=invited["temporaryPassword"]
    )
    observed = run_script("client_recipes.mjs", {**job, **invited, "filename": "story.txt", "content": STORY})
    assert "failed" not in observed, observed
    assert observed["challenge"] == "NEW_PASSWORD_REQUIRED"
    assert (observed["withNewPassword"], observed["later"]) == (None, None)
    assert observed["refused"] == "Incorrect username or password."
    first, again, refreshed = observed["tokens"]
    assert first == again != refreshed
    assert observed["progress"][-1] == 1
    assert Uploader(stack, USER).wait_until_inspected(observed["mediaId"])["status"] == "ready"
    assert observed["afterSignOut"]
