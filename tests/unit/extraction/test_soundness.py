"""Fuzzing: any file yields a valid extraction, or an ExtractionError."""

import contextlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractionError
from tests.support import book_files, media_files, sample_files, structured_documents
from tests.support.book_files import FB2, ODT, RTF
from tests.support.media_files import DOCX, EPUB

SHARED_FOLDER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(
    st.sampled_from("ab éß.,-–?!12 \n\n\r\t\f\u00ad\u0301\u200b\u2028\u3099\ufeff\ufffe\ue000ﬁか字🙂👍🏽\u200d#*_`|[]()<>&;:/")
    | st.characters(),
    max_size=300,
)  # fmt: skip
VALID_FILES = {
    "application/pdf": sample_files.one_page(),
    EPUB: structured_documents.make_document(2, 1).files[EPUB],
    DOCX: structured_documents.make_document(2, 1).files[DOCX],
    FB2: structured_documents.make_document(2, 1).files[FB2],
    ODT: book_files.odt(),
    RTF: structured_documents.make_document(2, 1).files[RTF],
    "text/html": structured_documents.make_document(1, 1).files["text/html"],
    "text/markdown": structured_documents.make_document(1, 1).files["text/markdown"],
}
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.binary(max_size=6)), min_size=1, max_size=6)


def with_changes(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """Replace bytes: a change is a relative offset, a length to remove, and an insertion."""
    for share, removed, inserted in changes:
        offset = int(share * len(content))
        content = content[:offset] + inserted + content[offset + removed :]
    return content


def with_changed_parts(container: bytes, suffix: str, changes: list[tuple[float, int, bytes]]) -> bytes:
    """Return the container with changes in the parts whose names end with `suffix`."""
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return media_files.packed(
        {name: with_changes(part, changes) if name.endswith(suffix) else part for name, part in parts.items()}
    )


def assert_extracted_or_rejected(folder: Path, media_type: str, content: bytes) -> None:
    (folder / "file").write_bytes(content)
    with contextlib.suppress(ExtractionError):
        structured_documents.assert_valid_extraction(extract.extract(folder / "file", media_type))


@pytest.mark.parametrize("media_type", ["text/plain", "text/html", "text/markdown"])
@SHARED_FOLDER
@given(text=TEXT)
@example(text=f"{'か' * 50}\n\u3099{'か' * 50}\n{'か' * 50}")
@example(text=f"{'a wrapped line ' * 4}e\n\u0301{'a wrapped line ' * 4}e\n")
def test_any_text_yields_a_valid_extraction(media_type: str, text: str, tmp_path: Path) -> None:
    assert_extracted_or_rejected(tmp_path, media_type, text.encode("utf-8", "replace"))


@pytest.mark.parametrize("media_type", [EPUB, DOCX])
@SHARED_FOLDER
@given(text=TEXT)
def test_any_text_in_a_container_yields_a_valid_extraction(media_type: str, text: str, tmp_path: Path) -> None:
    clean = "".join(character for character in text if character.isprintable() or character in "\n\t")
    body = structured_documents.paragraph(clean) if media_type == DOCX else f"<h1>{clean}</h1><p>{clean}</p>"
    assert_extracted_or_rejected(
        tmp_path,
        media_type,
        structured_documents.docx(body) if media_type == DOCX else structured_documents.epub(body, body),
    )


@pytest.mark.parametrize("media_type", [EPUB, DOCX, FB2, ODT, RTF, "text/html", "text/markdown"])
@SHARED_FOLDER
@given(changes=CHANGES)
def test_a_damaged_file_is_extracted_or_rejected(
    media_type: str, changes: list[tuple[float, int, bytes]], tmp_path: Path
) -> None:
    assert_extracted_or_rejected(tmp_path, media_type, with_changes(VALID_FILES[media_type], changes))


@pytest.mark.parametrize(
    ("media_type", "suffix"),
    [(EPUB, ".xhtml"), (EPUB, ".opf"), (EPUB, "nav.xhtml"), (EPUB, "container.xml"), (DOCX, "document.xml"), (DOCX, "styles.xml"),
     (DOCX, ".rels"), (ODT, "content.xml"), (ODT, "styles.xml")],
)  # fmt: skip
@SHARED_FOLDER
@given(changes=CHANGES)
def test_a_container_with_a_damaged_part_is_extracted_or_rejected(
    media_type: str, suffix: str, changes: list[tuple[float, int, bytes]], tmp_path: Path
) -> None:
    assert_extracted_or_rejected(tmp_path, media_type, with_changed_parts(VALID_FILES[media_type], suffix, changes))


@settings(SHARED_FOLDER, max_examples=25)
@given(changes=CHANGES)
def test_a_damaged_pdf_never_harms_the_caller(changes: list[tuple[float, int, bytes]], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(with_changes(VALID_FILES["application/pdf"], changes))
    structured_documents.assert_valid_extraction(extract.extract_in_sandbox(tmp_path / "file", "application/pdf"))


PRINTED = st.tuples(
    st.integers(0, 400), st.integers(0, 590), st.sampled_from([6, 10, 16]), st.text("ab é-=12.", min_size=1, max_size=60)
)  # fmt: skip


@settings(SHARED_FOLDER, max_examples=40)
@given(pages=st.lists(st.lists(PRINTED, max_size=12), min_size=1, max_size=4))
def test_any_printed_page_yields_a_valid_extraction(
    pages: list[list[tuple[int, int, int, str]]], tmp_path: Path
) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for page in pages:
        for x, y, size, text in page:
            canvas.setFont("Courier" if size == 16 else "Times-Roman", size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    (tmp_path / "file").write_bytes(out.getvalue())
    extracted = extract.extract(tmp_path / "file", "application/pdf")
    structured_documents.assert_valid_extraction(extracted)
    assert len(extracted.pages) == len(pages)
    assert extracted == extract.extract(tmp_path / "file", "application/pdf")
