"""What is handed out instead of dangerous files is clean, as other parsers see it than those that wrote it."""

from pathlib import Path

import pytest

from chalicelib.inspection import types
from chalicelib.inspection.previews import view_copy
from tests.support import clean_copies, hostile_files, odd_pdfs, sample_files
from tests.support.inspections import inspect

PDF = "application/pdf"
PDFS = {name: content for name, (content, _) in (sample_files.ACTIVE | dict(odd_pdfs.ACTIVE)).items()}
OTHERS = {
    name: case
    for name, case in hostile_files.CASES.items()
    if case.code == "active_content" and types.ACCEPTED_TYPES[case.media_type].copy_writer is not None
}


def dangers_of_copy(folder: Path, content: bytes, media_type: str, filename: str) -> list[str]:
    report = inspect(folder, content, media_type, filename)
    assert report.rejection is None
    assert report.withhold_original
    file_type = types.ACCEPTED_TYPES[media_type]
    assert view_copy.make_view_copy(folder / "object", folder / "copy", file_type) is None
    return clean_copies.dangers((folder / "copy").read_bytes(), file_type.view_media_type)


@pytest.mark.parametrize("name", PDFS)
def test_the_copy_of_an_active_pdf_is_clean(name: str, tmp_path: Path) -> None:
    assert dangers_of_copy(tmp_path, PDFS[name], PDF, "a.pdf") == []


# The walk does not follow references from the catalog: these are only active where a viewer looks for them.
@pytest.mark.parametrize("name", [name for name in PDFS if "named by a reference" not in name])
def test_the_walk_finds_what_an_active_pdf_has(name: str) -> None:
    assert clean_copies.dangers(PDFS[name], PDF)


@pytest.mark.parametrize("name", OTHERS)
def test_the_copy_of_another_active_document_is_clean(name: str, tmp_path: Path) -> None:
    case = OTHERS[name]
    assert dangers_of_copy(tmp_path, case.build(), case.media_type, case.filename) == []
