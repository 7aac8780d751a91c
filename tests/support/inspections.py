"""Inspections of content that a test has in memory."""

from pathlib import Path
from typing import Literal

from chalicelib.inspection import examine
from chalicelib.inspection.model import Rejection, Report

# Filenames of tests that pass none, by type.
NAMES = {"application/pdf": "book.pdf", "text/plain": "notes.txt", "text/markdown": "notes.md"}


def inspect(
    folder: Path,
    content: bytes,
    media_type: str = "application/pdf",
    filename: str | None = None,
    *,
    active_content: Literal["disarm", "reject"] = "disarm",
) -> Report:
    """Write the content to a file and inspect it. Its declaration is true except for what the test passes."""
    path = folder / "object"
    path.write_bytes(content)
    return examine.examine(
        path,
        declared_type=media_type,
        filename=filename or NAMES.get(media_type, "file.bin"),
        size_bytes=len(content),
        sha256=None,
        active_content=active_content,
    )


def rejection_of(report: Report) -> Rejection:
    assert report.rejection is not None
    return report.rejection
