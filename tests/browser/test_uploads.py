"""The recipes of docs/uploading.md in a real browser, with the real packages, against the deployed local stack.

They need Node with npm, Debian's chromium (or CHROMIUM), and what package-lock.json names; where one is missing they are skipped
and say which.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.engines import drive
from tests.support import sample_files
from tests.support.api_uploader import Uploader, scanned_pdf, urls_valid
from tests.support.local_stack import RunningStack

PAGE_ORIGIN = "http://localhost:3000"  # one that the local stack's CORS knows; the driver answers for it
PART = 5 * 1024 * 1024
EXPIRE_S = 20  # long enough to send half of 90 MB at BYTES_PER_S
BYTES_PER_S = 12_000_000

pytestmark = pytest.mark.e2e


class Driver:
    """Runs recipes as one user."""

    def __init__(self, stack: RunningStack, chromium: str) -> None:
        self.user = Uploader(stack, "dora")
        self.chromium = chromium

    def run(self, recipe: str, *paths: Path, packages: str = "", **more: Any) -> dict[str, Any]:
        """What happened; see drive.mjs."""
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
        return drive("drive.mjs", job)


@pytest.fixture(scope="module")
def driver(stack: RunningStack, chromium: str) -> Driver:
    return Driver(stack, chromium)


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
    """90 MB, 18 parts."""
    path = tmp_path_factory.mktemp("files") / "book.pdf"
    path.write_bytes(scanned_pdf(90_000_000))
    return path


UPPY = [("uppy5", "uppy4"), ("uppy5", "uppy5"), ("uppy6", "uppy6"), ("uppy6-sign", "uppy6")]
SINGLE = [("fetch-put", ""), ("html-form", ""), ("dropzone", ""), ("filepond", ""), *UPPY]


def sizes_by_part(seen: dict[str, Any], session: int = 1) -> dict[int, int]:
    """What arrived: the size of every part that storage took."""
    return {
        r["part"]: r["bytes"] for r in seen["requests"] if r["session"] == session and r["part"] and r["status"] == 200
    }


@pytest.mark.parametrize(("recipe", "packages"), SINGLE, ids=lambda value: value)
def test_a_small_file_goes_in_one_request(driver: Driver, small: Path, recipe: str, packages: str) -> None:
    seen = driver.run(recipe, small, packages=packages)
    assert (seen["error"], seen["console"]) == (None, [])
    (request,) = seen["requests"]
    assert (request["method"], request["status"]) in {("PUT", 200), ("POST", 201)}
    (media_id,) = seen["ids"] or seen["begun"]
    media = driver.user.settled(media_id)
    assert (media["status"], media["size_bytes"]) == ("ready", small.stat().st_size), media["rejection"]
    assert media["filename"] == small.name


@pytest.mark.parametrize(("recipe", "packages"), [("fetch-parts", ""), *UPPY], ids=lambda value: value)
def test_a_large_file_goes_in_parts(driver: Driver, large: Path, recipe: str, packages: str) -> None:
    seen = driver.run(recipe, large, packages=packages)
    assert (seen["error"], seen["console"]) == (None, [])
    size = large.stat().st_size
    assert sizes_by_part(seen) == {1: PART, 2: PART, 3: size - 2 * PART}
    media = driver.user.settled(seen["ids"][0])
    assert (media["status"], media["size_bytes"]) == ("ready", size), media["rejection"]


@pytest.mark.parametrize(("recipe", "packages"), [("dropzone", ""), ("uppy5", "uppy5")], ids=lambda value: value)
def test_several_files_at_once(driver: Driver, tmp_path: Path, recipe: str, packages: str) -> None:
    paths = [tmp_path / f"letter {number}.pdf" for number in range(5)]
    for path in paths:
        path.write_bytes(sample_files.one_page())
    seen = driver.run(recipe, *paths, packages=packages)
    assert (seen["error"], len(set(seen["ids"]))) == (None, 5)
    assert {driver.user.settled(media_id)["status"] for media_id in seen["ids"]} == {"ready"}


@pytest.mark.parametrize(
    ("recipe", "packages"),
    [
        ("fetch-put", ""),
        ("dropzone", ""),
        ("filepond", ""),
        ("uppy5", "uppy4"),
        ("uppy5", "uppy5"),
        ("uppy6-sign", "uppy6"),
    ],
    ids=lambda value: value,
)
def test_a_refusal_is_shown_in_our_words(driver: Driver, tmp_path: Path, recipe: str, packages: str) -> None:
    picture = tmp_path / "drawing.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    seen = driver.run(recipe, picture, packages=packages)
    assert "image/svg+xml" in seen["error"]
    assert "are not accepted" in seen["error"]
    assert seen["requests"] == []


RESUMED = [("fetch-parts", "", False), ("uppy6-resume", "uppy6", True)]


@pytest.mark.parametrize(("recipe", "packages", "keeps_files"), RESUMED, ids=[row[0] for row in RESUMED])
def test_an_interrupted_upload_goes_on_after_its_urls_ran_out(
    driver: Driver, largest: Path, recipe: str, packages: str, keeps_files: bool
) -> None:
    """90 MB, interrupted at half, the page loaded again when no URL works any more: only what is missing is sent."""
    interrupt = {
        "afterParts": 9,
        "uploadBytesPerS": BYTES_PER_S,
        "waitS": EXPIRE_S + 1,
        "keepsFiles": keeps_files,
    }
    with urls_valid(driver.user.stack, EXPIRE_S):
        seen = driver.run(recipe, largest, packages=packages, interrupt=interrupt)
    assert seen["error"] is None
    assert seen["oldUrl"]["status"] == 403
    assert "expired" in seen["oldUrl"]["answer"]
    before, after = sizes_by_part(seen, 1), sizes_by_part(seen, 2)
    assert len(before) >= 9
    assert set(before).isdisjoint(after), "a part that had arrived was sent again"
    # A part whose last byte arrived while the page went away needs no second time either.
    unanswered = {r["part"] for r in seen["requests"] if r["session"] == 1 and r["status"] is None}
    assert set(range(1, 19)) - set(before) - unanswered <= set(after)
    media = driver.user.settled(seen["ids"][0])
    assert (media["status"], media["size_bytes"]) == ("ready", largest.stat().st_size), media["rejection"]
    print(  # noqa: T201 - figures for whoever runs this with -s
        f"\n{recipe}: {sum(before.values()):,} bytes in {len(before)} parts, interrupted after "
        f"{seen['interruptedAfterS']:.1f} s; then {sum(after.values()):,} bytes in {len(after)} parts in "
        f"{seen['resumedForS']:.1f} s"
    )
