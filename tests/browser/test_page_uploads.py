"""Uploads by the page in Chromium, against the deployed local stack: refused, cut off, several at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import sample_files
from tests.support.api_uploader import scanned_pdf
from tests.support.local_stack import RunningStack
from tests.support.page_driver import barriers, visit

LARGE_BYTES = 12_000_000  # three parts

pytestmark = pytest.mark.e2e


def written(folder: Path) -> dict[str, Any]:
    """The files that this visit takes along."""
    hostile, large = folder / "picture.pdf", folder / "scan.pdf"
    hostile.write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture either" * 20)
    large.write_bytes(scanned_pdf(LARGE_BYTES))
    several = [folder / f"letter {number}.pdf" for number in range(4)]
    for path in several:
        path.write_bytes(sample_files.one_page())
    return {"hostile": str(hostile), "large": str(large), "several": [str(path) for path in several]}


@pytest.fixture(scope="module")
def uploads(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return visit(stack, "chromium", "uploads", 1280, "light", **written(tmp_path_factory.mktemp("files")))


def test_a_file_that_is_not_accepted_says_why_in_the_words_of_the_api(uploads: dict[str, Any]) -> None:
    assert "announced as a PDF, but it is a PNG picture" in uploads["why"]


def test_an_upload_that_a_reload_cut_off_sends_only_what_is_missing(uploads: dict[str, Any]) -> None:
    assert uploads["arrivedBefore"]
    assert uploads["sentAfter"]
    assert not set(uploads["arrivedBefore"]) & set(uploads["sentAfter"])


def test_several_go_in_at_once_and_out_and_back(uploads: dict[str, Any]) -> None:
    assert uploads["shown"] == 6  # the refused one is shown, too
    assert uploads["restored"]


def test_the_rooms_of_uploads_are_without_barriers_and_quiet(uploads: dict[str, Any]) -> None:
    assert barriers(uploads) == {}
    assert uploads["complaints"] == []
