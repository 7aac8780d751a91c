"""The recipes of docs/uploading.md in a real browser, with the real packages, on the deployed local stack.

They need Node with npm, Chromium (Debian's, or the one named by CHROMIUM) and the packages of package-lock.json; they are
skipped if one is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.engines import run_script
from tests.support import sample_files
from tests.support.api_uploader import Uploader, limit_url_validity, scanned_pdf
from tests.support.local_stack import DeployedStack

PAGE_ORIGIN = "http://localhost:3000"  # allowed by the local stack's CORS; the script serves it
PART_BYTES = 5 * 1024 * 1024
URL_VALIDITY_S = 10  # long enough to send half of 45 MB at UPLOAD_BYTES_PER_S
UPLOAD_BYTES_PER_S = 12_000_000

pytestmark = pytest.mark.e2e


class RecipeRunner:
    """Runs recipes as one user."""

    def __init__(self, stack: DeployedStack, chromium: str) -> None:
        self.user = Uploader(stack, "dora")
        self.chromium = chromium

    def run(self, recipe: str, *paths: Path, packages: str = "", **more: Any) -> dict[str, Any]:
        """Run a recipe and return what it observed; see upload_recipe.mjs."""
        job = {
            "recipe": recipe,
            "packages": packages,
            "api": self.user.stack.api,
            "token": self.user.token,
            "origin": PAGE_ORIGIN,
            "files": [str(path) for path in paths],
            "chromium": self.chromium,
            **more,
        }
        return run_script("upload_recipe.mjs", job)


@pytest.fixture(scope="module")
def runner(stack: DeployedStack, chromium: str) -> RecipeRunner:
    return RecipeRunner(stack, chromium)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "letter.pdf"
    path.write_bytes(sample_files.one_page())
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three parts."""
    path = tmp_path_factory.mktemp("files") / "scan.pdf"
    path.write_bytes(scanned_pdf(12_000_000))
    return path


@pytest.fixture(scope="module")
def largest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """45 MB, 9 parts."""
    path = tmp_path_factory.mktemp("files") / "book.pdf"
    path.write_bytes(scanned_pdf(45_000_000))
    return path


def variant(recipe: str, packages: str) -> Any:
    """Return a recipe whose code runs in other tests, too."""
    return pytest.param(recipe, packages, marks=pytest.mark.long)


OLDER_UPPY = [variant("uppy5", "uppy4"), variant("uppy5", "uppy5")]
SINGLE_REQUEST_RECIPES = [
    *(("fetch-put", ""), ("html-form", ""), ("dropzone", ""), ("filepond", ""), ("uppy6-sign", "uppy6")),
    variant("uppy6", "uppy6"),
    *OLDER_UPPY,
]
RECIPES_IN_PARTS = [("fetch-parts", ""), ("uppy6", "uppy6"), variant("uppy6-sign", "uppy6"), *OLDER_UPPY]


def sizes_by_part(observed: dict[str, Any], session: int = 1) -> dict[int, int]:
    """Return the sizes of the parts that storage accepted, by number."""
    return {
        request["part"]: request["bytes"]
        for request in observed["requests"]
        if request["session"] == session and request["part"] and request["status"] == 200
    }


@pytest.mark.parametrize(("recipe", "packages"), SINGLE_REQUEST_RECIPES, ids=lambda value: value)
def test_a_small_file_goes_in_one_request(runner: RecipeRunner, small: Path, recipe: str, packages: str) -> None:
    observed = runner.run(recipe, small, packages=packages)
    assert (observed["error"], observed["console"]) == (None, [])
    (request,) = observed["requests"]
    assert (request["method"], request["status"]) in {("PUT", 200), ("POST", 201)}
    (media_id,) = observed["ids"] or observed["started"]
    media = runner.user.wait_until_inspected(media_id)
    assert (media["status"], media["size_bytes"]) == ("ready", small.stat().st_size), media["rejection"]
    assert media["filename"] == small.name


@pytest.mark.parametrize(("recipe", "packages"), RECIPES_IN_PARTS, ids=lambda value: value)
def test_a_large_file_goes_in_parts(runner: RecipeRunner, large: Path, recipe: str, packages: str) -> None:
    observed = runner.run(recipe, large, packages=packages)
    assert (observed["error"], observed["console"]) == (None, [])
    size = large.stat().st_size
    assert sizes_by_part(observed) == {1: PART_BYTES, 2: PART_BYTES, 3: size - 2 * PART_BYTES}
    media = runner.user.wait_until_inspected(observed["ids"][0])
    assert (media["status"], media["size_bytes"]) == ("ready", size), media["rejection"]


@pytest.mark.parametrize(("recipe", "packages"), [("dropzone", ""), variant("uppy5", "uppy5")], ids=lambda value: value)
def test_several_files_at_once(runner: RecipeRunner, tmp_path: Path, recipe: str, packages: str) -> None:
    paths = [tmp_path / f"letter {number}.pdf" for number in range(5)]
    for path in paths:
        path.write_bytes(sample_files.one_page())
    observed = runner.run(recipe, *paths, packages=packages)
    assert (observed["error"], len(set(observed["ids"]))) == (None, 5)
    assert {runner.user.wait_until_inspected(media_id)["status"] for media_id in observed["ids"]} == {"ready"}


@pytest.mark.parametrize(
    ("recipe", "packages"),
    [
        ("fetch-put", ""),
        ("dropzone", ""),
        ("filepond", ""),
        ("uppy6-sign", "uppy6"),
        *OLDER_UPPY,
    ],
    ids=lambda value: value,
)
def test_a_rejection_shows_the_reason_from_the_api(
    runner: RecipeRunner, tmp_path: Path, recipe: str, packages: str
) -> None:
    picture = tmp_path / "drawing.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    observed = runner.run(recipe, picture, packages=packages)
    assert "image/svg+xml" in observed["error"]
    assert "are not accepted" in observed["error"]
    assert observed["requests"] == []


RESUMABLE_RECIPES = [
    pytest.param("fetch-parts", "", False, id="fetch-parts", marks=pytest.mark.long),
    pytest.param("uppy6-resume", "uppy6", True, id="uppy6-resume", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("recipe", "packages", "keeps_files"), RESUMABLE_RECIPES)
def test_an_interrupted_upload_resumes_after_its_urls_expired(
    runner: RecipeRunner, largest: Path, recipe: str, packages: str, keeps_files: bool
) -> None:
    """Interrupt 45 MB at half and reload the page after all URLs have expired: only missing parts are sent."""
    interrupt = {
        "afterParts": 4,
        "uploadBytesPerS": UPLOAD_BYTES_PER_S,
        "keepsFiles": keeps_files,
    }
    with limit_url_validity(runner.user.stack, URL_VALIDITY_S):
        observed = runner.run(recipe, largest, packages=packages, interrupt=interrupt)
    assert observed["error"] is None
    assert observed["oldUrl"]["status"] == 403
    assert "expired" in observed["oldUrl"]["body"]
    before, after = sizes_by_part(observed, 1), sizes_by_part(observed, 2)
    assert len(before) >= 4
    assert set(before).isdisjoint(after), "a part that was stored was sent again"
    # A part that was stored while the page was closed is not sent again either.
    first_session = [request for request in observed["requests"] if request["session"] == 1]
    without_response = {request["part"] for request in first_session if request["status"] is None}
    assert set(range(1, 10)) - set(before) - without_response <= set(after)
    media = runner.user.wait_until_inspected(observed["ids"][0])
    assert (media["status"], media["size_bytes"]) == ("ready", largest.stat().st_size), media["rejection"]
    print(  # noqa: T201 - figures, shown with -s
        f"\n{recipe}: {sum(before.values()):,} bytes in {len(before)} parts, interrupted after "
        f"{observed['interruptedAfterS']:.1f} s; then {sum(after.values()):,} bytes in {len(after)} parts in "
        f"{observed['resumedForS']:.1f} s"
    )
