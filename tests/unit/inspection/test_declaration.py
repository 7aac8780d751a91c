"""Files against their declaration (type, name, size, checksum), and the table of accepted types."""

import base64
import hashlib
from pathlib import Path

import pytest

from chalicelib.inspection import examine, loaders, types
from chalicelib.inspection.model import Rejection, Report
from tests.support import sample_files
from tests.support.inspections import inspect, rejection_of


@pytest.mark.parametrize(
    ("media_type", "filename", "code"),
    [
        ("application/x-msdownload", "setup.exe", "type_not_allowed"),
        ("image/svg+xml", "a.svg", "type_not_allowed"),
        ("video/quicktime", "a.mov", "type_not_allowed"),
        ("", "a.mov", "type_not_allowed"),
        ("audio/x-unheard-of", "README", "type_not_allowed"),
        ("image/jpg", "a.png", "type_mismatch"),
        ("audio/mp4", "a.m4v", "type_mismatch"),
        ("application/pdf", "a.png", "type_mismatch"),
        ("application/pdf", "pdf", "type_mismatch"),
        ("application/pdf", "a.pdf.exe", "type_mismatch"),
        ("application/pdf", "a.pdf\u202egpj.exe", "type_mismatch"),
        ("text/plain", "a.pdf", "type_mismatch"),
        ("text/markdown", "a.", "type_mismatch"),
        ("text/markdown", "a.txt", "type_mismatch"),
    ],
)
def test_the_declared_type_must_be_accepted_and_agree_with_the_name(
    media_type: str, filename: str, code: str, tmp_path: Path
) -> None:
    rejection = rejection_of(inspect(tmp_path, sample_files.one_page(), media_type, filename))
    assert rejection.code == code
    assert types.check_declaration(media_type, filename) == rejection, "the API rejects it before a byte is uploaded"
    assert rejection.detail.isprintable()


@pytest.mark.parametrize(
    ("media_type", "filename", "resolved"),
    [
        ("", "notes.markdown", "text/markdown"),
        ("text/mdx", "notes.mdx", "text/markdown"),
        ("", "a.HEIC", "image/heic"),
        ("application/octet-stream", "a.pdf", "application/pdf"),
        ("binary/octet-stream", "a.epub", "application/epub+zip"),
        ("audio/x-something-new", "book.m4b", "audio/mp4"),
        ("application/x-zip-compressed", "a.epub", "application/epub+zip"),
        ("audio/x-m4b", "book.m4b", "audio/mp4"),
        ("audio/mp4", "sound.mp4", "audio/mp4"),
        ("audio/webm", "a.webm", "video/webm"),
        ("image/jpg", "a.jpg", "image/jpeg"),
        ("image/pjpeg", "a.jpeg", "image/jpeg"),
        ("image/jpeg", "p.jfif", "image/jpeg"),
        ("image/x-png", "a.png", "image/png"),
        ("application/x-pdf", "a.pdf", "application/pdf"),
        ("text/plain", "a.md", "text/markdown"),
        ("text/plain; charset=koi8-r", "a.html", "text/html"),
        ("text/plain", "README", "text/plain"),
    ],
)
def test_a_type_that_says_nothing_is_taken_from_the_name(media_type: str, filename: str, resolved: str) -> None:
    assert types.check_declaration(media_type, filename) is None
    file_type = types.resolve(media_type, filename)
    assert file_type is not None
    assert file_type.media_type == resolved


@pytest.mark.parametrize("row", types.ACCEPTED_TYPES.values(), ids=types.ACCEPTED_TYPES.keys())
def test_no_refusal_lists_the_file_s_own_ending_as_accepted(row: types.FileType) -> None:
    for media_type in ("", "application/octet-stream", "application/x-unheard-of", row.media_type, *row.aliases):
        for suffix in row.extensions:
            assert types.check_declaration(media_type, f"a{suffix}") is None


@pytest.mark.parametrize(
    "filename", ["a.pdf", "A.PDF", "../../etc/passwd.pdf", "x.php.pdf", "naïve 你好.pdf", "a\u202eb.pdf"]
)
def test_only_the_last_extension_of_a_name_counts(filename: str) -> None:
    assert types.check_declaration("application/pdf", filename) is None


def test_parameters_of_a_media_type_are_ignored(tmp_path: Path) -> None:
    assert inspect(tmp_path, b"text", "Text/Plain; charset=utf-8", "a.txt") == Report("text/plain", None)


def test_an_empty_file_is_rejected(tmp_path: Path) -> None:
    assert rejection_of(inspect(tmp_path, b"", "text/plain")).code == "empty"


def test_a_file_that_differs_from_its_declared_size_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"four")
    report = examine.examine(tmp_path / "file", declared_type="text/plain", filename="a.txt", size_bytes=5, sha256=None)
    assert rejection_of(report) == Rejection(
        "checksum_mismatch", "5 bytes were declared, 4 were received. Upload the file again."
    )


def test_a_file_one_byte_above_the_limit_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(types.MAX_FILE_BYTES + 1)
    report = examine.examine(
        path, declared_type="text/plain", filename="a.txt", size_bytes=types.MAX_FILE_BYTES + 1, sha256=None
    )
    assert rejection_of(report).code == "too_large"
    assert report.rejection == examine.too_large_rejection(types.MAX_FILE_BYTES + 1)


@pytest.mark.parametrize(("digest_of", "code"), [(b"four", None), (b"five", "checksum_mismatch")])
def test_the_declared_checksum_is_verified(digest_of: bytes, code: str | None, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"four")
    report = examine.examine(
        tmp_path / "file",
        declared_type="text/plain",
        filename="a.txt",
        size_bytes=4,
        sha256=base64.b64encode(hashlib.sha256(digest_of).digest()).decode(),
    )
    assert (report.rejection.code if report.rejection else None) == code


def test_each_accepted_type_has_its_own_extensions() -> None:
    extensions = [extension for row in types.ACCEPTED_TYPES.values() for extension in row.extensions]
    assert len(extensions) == len(set(extensions))
    for row in types.ACCEPTED_TYPES.values():
        assert types.get_by_filename(f"x{row.extensions[0]}") == row


@pytest.mark.parametrize("media_type", types.ACCEPTED_TYPES)
def test_the_modules_of_each_accepted_type_can_be_loaded(media_type: str) -> None:
    row = types.ACCEPTED_TYPES[media_type]
    assert callable(loaders.load_examiner(row.examiner).examine)
    if row.copy_writer is not None:
        assert callable(loaders.load_view_copy_writer(row.copy_writer).write_view_copy)
    if row.thumbnail is not None:
        assert callable(loaders.load_thumbnail_source(row.thumbnail).thumbnail_image)
