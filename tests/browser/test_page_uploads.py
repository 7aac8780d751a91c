"""Uploads by the page in Chromium, on the deployed local stack: rejected, interrupted, concurrent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import sample_files
from tests.support.api_uploader import scanned_pdf
from tests.support.local_stack import DeployedStack
from tests.support.page_driver import run_journey, violations

LARGE_BYTES = 12_000_000  # three parts

pytestmark = pytest.mark.e2e


def write_files(folder: Path) -> dict[str, Any]:
    """Write the files of the journey and return their paths."""
    hostile, large = folder / "picture.pdf", folder / "scan.pdf"
    hostile.write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture either" * 20)
    large.write_bytes(scanned_pdf(LARGE_BYTES))
    several = [folder / f"letter {number}.pdf" for number in range(4)]
    for path in several:
        path.write_bytes(sample_files.one_page())
    return {"hostile": str(hostile), "large": str(large), "several": [str(path) for path in several]}


@pytest.fixture(scope="module")
def uploads(stack: DeployedStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_journey(stack, "chromium", "uploads", 1280, "light", **write_files(tmp_path_factory.mktemp("files")))


def test_a_rejected_file_shows_the_reason_from_the_api(uploads: dict[str, Any]) -> None:
    assert "declared as a PDF, but it is a PNG picture" in uploads["reason"]


def test_an_upload_interrupted_by_a_reload_sends_only_missing_parts(uploads: dict[str, Any]) -> None:
    assert uploads["arrivedBefore"]
    assert uploads["sentAfter"]
    assert not set(uploads["arrivedBefore"]) & set(uploads["sentAfter"])


def test_several_files_are_uploaded_trashed_and_restored_at_once(uploads: dict[str, Any]) -> None:
    assert uploads["shown"] == 6  # the rejected one is shown as well
    assert uploads["restored"]


def test_the_screens_of_uploads_are_accessible_and_without_errors(uploads: dict[str, Any]) -> None:
    assert violations(uploads) == {}
    assert uploads["errors"] == []
