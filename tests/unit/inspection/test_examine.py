"""The inspection of PDFs and texts, as its caller sees it."""

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.inspection import examine
from chalicelib.inspection.documents import pdf
from chalicelib.inspection.model import Report
from chalicelib.inspection.previews import view_copy
from tests.support import missing_packages, pdf_books, sample_files
from tests.support.inspections import NAMES, inspect, rejection_of

# The headers of programs alone: enough for a scanner, too little to run.
WINDOWS_PROGRAM = (
    b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0\x64\x86\x03\0" + bytes(12) + b"\xf0\0\x22\0\x0b\x02" + bytes(99)
)
LINUX_PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0\x3e\0" + bytes(99)
MACOS_PROGRAM = b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0" + bytes(99)
SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(99)
ZIP_END = b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize("name", sample_files.HARMLESS)
def test_an_ordinary_pdf_is_accepted_without_warnings(name: str, tmp_path: Path) -> None:
    assert inspect(tmp_path, sample_files.HARMLESS[name]) == Report("application/pdf", None, (), 1, False)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("text/plain", b"Hello.\n"),
        ("text/plain", "Grüße, 你好, 🙂\r\n\tindented\f\n".encode()),
        ("text/plain", "\ufeffwith a byte order mark".encode()),
        ("text/plain", b"MZ is a prefix, II* a note, BM a map, GIF a word."),
        ("text/plain", b"A page may hold a <script> element, as in <!doctype html>."),
        ("text/plain", b"written with an editor of DOS\r\n\x1a"),
        ("text/plain", b"filled up to the end of a block" + b"\x1a" * 97),
        ("text/plain", "é".encode() * 600_000),  # a character is split between two chunks
        ("text/plain", ("🙂" * 3_000).encode()),
        ("text/markdown", b"# Title\n\n```html\n<script>alert(1)</script>\n```\n\ntext"),
        ("text/markdown", b"---\ntitle: x\n---\n\n<details>more</details>\n"),
    ],
)
def test_a_file_that_is_text_from_beginning_to_end_is_accepted(media_type: str, content: bytes, tmp_path: Path) -> None:
    assert inspect(tmp_path, content, media_type) == Report(media_type, None)


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"\x00\x01\x02 binary", "type_mismatch", "U+0000"),
        (b"text, then a bell \x07", "type_mismatch", "U+0007"),
        (b"text, then escape \x1b]", "type_mismatch", "U+001B"),
        (b"a" * 2_000_000 + b"\x00\x01\x00", "type_mismatch", "U+0000"),
        (b"text, then\x07a\x01few\x02words", "type_mismatch", "U+0007"),
        (b"Ctrl-Z \x1a in the middle", "type_mismatch", "U+001A"),
        (b"\xef\xbb\xbf" + b"a" * 2_000_000 + b"\xff", "malformed", "near byte 2,000,003"),
        (b"\xff\xfe\x00\xd8", "malformed", "not valid UTF-16"),
        (WINDOWS_PROGRAM, "type_mismatch", "a Windows program"),
        (LINUX_PROGRAM, "type_mismatch", "a Linux program"),
        (MACOS_PROGRAM, "type_mismatch", "a macOS program"),
        (sample_files.PNG, "type_mismatch", "a PNG picture"),
        (sample_files.one_page(), "type_mismatch", "a PDF"),
        (
            b"hello\n" + sample_files.one_page()[:300].replace(b"\xe2\xe3\xcf\xd3", b""),
            "type_mismatch",
            "a PDF behind other bytes",
        ),
        (b"hello" + ZIP_END, "type_mismatch", "a ZIP archive at its end"),
        (b"#!/bin/sh\nrm -rf /\n", "type_mismatch", "a script"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><p>", "type_mismatch", "an HTML page"),
        (b"<!-- x --><html><p>", "type_mismatch", "an HTML page"),
        (b"<?php system($_GET[0]);", "type_mismatch", "a PHP script"),
        (b"harmless\n<?php system($_GET[0]);", "type_mismatch", "<?php"),
        (b"harmless\n  <script>alert(1)</script>", "type_mismatch", "<script"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "type_mismatch", "an SVG picture"),
        (sample_files.EICAR, "pattern:eicar", "EICAR"),
        (b"a line before\n" + sample_files.EICAR + b"\nand one after", "pattern:eicar", "EICAR"),
        (sample_files.EICAR.decode().encode("utf-16"), "pattern:eicar", "EICAR"),
    ],
)
def test_a_file_that_only_claims_to_be_text_is_rejected(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    rejection = rejection_of(inspect(tmp_path, content, "text/plain"))
    assert rejection.code == code
    assert says in rejection.detail


def test_scripts_are_part_of_markdown_and_left_out_of_what_is_shown(tmp_path: Path) -> None:
    content = b"# Title\n\n```\n<script>fine here</script>\n```\n\n"
    assert inspect(tmp_path, content, "text/markdown") == Report("text/markdown", None)
    report = inspect(tmp_path, content + b"<script>alert(1)</script>\n", "text/markdown")
    assert (report.rejection, [warning.code for warning in report.warnings]) == (None, ["scripts_ignored"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<script>alert(1)</script>\n\n# Title", "begins as an HTML page"),
        (b"# Title\n\n<!doctype html>\n<p>", "<!doctype"),
        (b"# Title\n\n<?php system($_GET[0]);", "<?php"),
    ],
)
def test_another_format_is_not_markdown(content: bytes, says: str, tmp_path: Path) -> None:
    rejection = rejection_of(inspect(tmp_path, content, "text/markdown"))
    assert rejection.code == "type_mismatch"
    assert says in rejection.detail


def test_rtf_with_the_name_of_a_text_is_taken_as_rtf(tmp_path: Path) -> None:
    assert inspect(tmp_path, b"{\\rtf1 hello}", "text/plain") == Report("application/rtf", None)
    assert rejection_of(inspect(tmp_path, b"{\\rtf1 {cut off", "text/plain")).code == "malformed"
    report = inspect(tmp_path, rb"{\rtf1{\object\objemb{\*\objdata 01}} words}", "text/plain")
    assert (report.media_type, report.withhold_original) == ("application/rtf", True)
    assert rejection_of(inspect(tmp_path, b"{\\rtf1 hello}", "text/markdown")).code == "type_mismatch"


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (sample_files.PNG, "type_mismatch", "declared as a PDF, but it is a PNG picture"),
        (sample_files.JPEG, "type_mismatch", "a JPEG picture"),
        (ZIP_END, "type_mismatch", "a ZIP archive"),
        (b"just text", "type_mismatch", "plain text"),
        (b"\x93\x94\x95\x96", "type_mismatch", "not of any known type"),
        (b"x" * 1_025 + sample_files.one_page(), "type_mismatch", "not of any known type"),
        (sample_files.PNG + sample_files.one_page(), "type_mismatch", "a PNG picture"),
        (b"<html>" + sample_files.one_page(), "type_mismatch", "a PDF behind other bytes"),
        (b"a <script>x()</script>" + sample_files.one_page(), "type_mismatch", "a PDF behind other bytes"),
        (sample_files.one_page() + sample_files.PNG, "type_mismatch", "behind the PDF it hides a PNG picture"),
        (sample_files.one_page() + ZIP_END, "type_mismatch", "a ZIP archive at its end"),
        (sample_files.one_page()[:-200], "malformed", "cut off"),
        (b"%PDF-1.7\n%%EOF\n", "malformed", "while opening it"),
        (b"%PDF-1.7\n" + b"\x00" * 5000 + b"%%EOF\n", "malformed", "while opening it"),
        (sample_files.one_page().replace(b"/Pages 2 0 R", b"/Nothing 0 R"), "malformed", "no pages"),
        (sample_files.many_pages(pdf.MAX_PAGES + 1), "too_many_pages", "more than 2,000 pages"),
        (sample_files.many_pages(30_000), "too_many_pages", "more than 2,000 pages"),
        (
            sample_files.one_page(more={10: sample_files.stream(WINDOWS_PROGRAM, deflate=False)}),
            "pattern:windows_program",
            "Windows",
        ),
        (
            sample_files.one_page(more={10: sample_files.stream(LINUX_PROGRAM, deflate=False)}),
            "pattern:linux_program",
            "Linux",
        ),
        (
            sample_files.one_page(more={10: sample_files.stream(MACOS_PROGRAM, deflate=False)}),
            "pattern:macos_program",
            "macOS",
        ),
        (
            sample_files.one_page(more={10: sample_files.stream(SHORTCUT, deflate=False)}),
            "pattern:script_for_windows",
            "shortcut",
        ),
        (
            sample_files.one_page(more={10: sample_files.stream(sample_files.EICAR, deflate=False)}),
            "pattern:eicar",
            "EICAR",
        ),
    ],
)
def test_a_file_that_is_not_a_whole_pdf_is_rejected(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    rejection = rejection_of(inspect(tmp_path, content))
    assert rejection.code == code
    assert says in rejection.detail


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_a_pdf_with_a_password_is_rejected_as_encrypted(revision: Literal[2, 3, 4, 6], tmp_path: Path) -> None:
    content = sample_files.encrypted(sample_files.one_page(), user="secret", revision=revision)
    rejection = rejection_of(inspect(tmp_path, content))
    assert rejection.code == "encrypted"
    assert "password" in rejection.detail


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_a_pdf_with_restrictions_is_accepted_with_a_note_and_its_copy_is_readable(
    revision: Literal[2, 3, 4, 6], tmp_path: Path
) -> None:
    content = sample_files.encrypted(sample_files.one_page(), user="", revision=revision)
    report = inspect(tmp_path, content)
    assert report.rejection is None
    assert [warning.code for warning in report.warnings] == ["usage_restricted"]
    assert "copying of text, changes" in report.warnings[0].detail
    assert not report.withhold_original
    assert view_copy.make_view_copy(tmp_path / "object", tmp_path / "copy") is None
    assert inspect(tmp_path, (tmp_path / "copy").read_bytes()) == Report("application/pdf", None, (), 1, False)


@pytest.mark.parametrize(
    ("handler", "name"), [(b"EBX_HANDLER", "ADEPT"), (b"Adobe.PubSec", "certificates"), (b"FOPN_fLock", "FileOpen")]
)
def test_copy_protection_is_rejected_by_its_name(handler: bytes, name: str, tmp_path: Path) -> None:
    content = sample_files.one_page(more={10: b"<< /Filter /%s /V 4 /R 4 >>" % handler})
    rejection = rejection_of(
        inspect(tmp_path, content.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 10 0 R /ID [(a) (b)]"))
    )
    assert rejection.code == "encrypted"
    assert name in rejection.detail


def test_a_pdf_with_unknown_encryption_is_rejected_as_encrypted(tmp_path: Path) -> None:
    content = sample_files.pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            4: b"<< /Filter /Unheard.Of /V 9 /R 9 >>",
        },
        trailer=b"/Encrypt 4 0 R /ID [(a) (b)]",
    )
    assert rejection_of(inspect(tmp_path, content)).code == "encrypted"


def test_a_pdf_with_exactly_the_maximum_of_pages_is_accepted(tmp_path: Path) -> None:
    assert inspect(tmp_path, sample_files.many_pages(pdf.MAX_PAGES)).page_count == pdf.MAX_PAGES


def test_pages_are_counted_instead_of_trusting_the_declared_count(tmp_path: Path) -> None:
    report = inspect(tmp_path, sample_files.one_page().replace(b"/Count 1", b"/Count 1000000000"))
    assert report.page_count == 1


@pytest.mark.parametrize("name", sample_files.ACTIVE)
def test_active_content_withholds_the_original_by_default(name: str, tmp_path: Path) -> None:
    content, kind = sample_files.ACTIVE[name]
    report = inspect(tmp_path, content)
    assert report.rejection is None
    assert report.withhold_original
    assert f"{kind}_removed" in {warning.code for warning in report.warnings}


@pytest.mark.parametrize("name", sample_files.ACTIVE)
def test_active_content_is_rejected_where_the_operator_configured_that(name: str, tmp_path: Path) -> None:
    report = inspect(tmp_path, sample_files.ACTIVE[name][0], active_content="reject")
    assert rejection_of(report).code == "active_content"
    assert not report.warnings


def test_a_pdf_that_mentions_scripts_has_none(tmp_path: Path) -> None:
    assert inspect(tmp_path, sample_files.MENTIONS_SCRIPTS) == Report("application/pdf", None, (), 1, False)


def test_a_book_is_accepted_with_its_page_count(tmp_path: Path) -> None:
    book = pdf_books.make_book(30, pdf_books.PageDesign(has_outline=True, has_footnotes=True))
    assert inspect(tmp_path, book.pdf) == Report("application/pdf", None, (), book.pages, False)


# ---- our own failures ----


@pytest.mark.parametrize("package", ["pypdfium2", "pikepdf", "yara_x"])
def test_a_missing_package_is_our_failure_and_not_a_rejection(package: str, tmp_path: Path) -> None:
    with missing_packages.missing(package, tmp_path), pytest.raises(ImportError, match=f"no {package} here"):
        inspect(tmp_path, sample_files.one_page())


def test_a_missing_file_is_our_failure_and_not_a_rejection(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        examine.examine(tmp_path / "gone", declared_type="text/plain", filename="a.txt", size_bytes=1, sha256=None)


# ---- arbitrary content ----


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2_000), media_type=st.sampled_from(list(NAMES)), with_frame=st.booleans())
def test_random_bytes_never_make_an_inspection_fail(
    content: bytes, media_type: str, with_frame: bool, tmp_path: Path
) -> None:
    framed = b"%PDF-1.7\n" + content + b"\n%%EOF" if with_frame else content
    report = inspect(tmp_path, framed, media_type)
    assert report.rejection is not None or media_type != "application/pdf", "random bytes are not a PDF"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([*sample_files.ACTIVE, *sample_files.HARMLESS]),
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)), min_size=1, max_size=4),
)
def test_a_damaged_pdf_never_makes_an_inspection_fail(
    name: str, damage: list[tuple[float, bytes]], tmp_path: Path
) -> None:
    content = bytearray(sample_files.ACTIVE[name][0] if name in sample_files.ACTIVE else sample_files.HARMLESS[name])
    for share, replacement in damage:
        position = int(share * len(content))
        content[position : position + len(replacement)] = replacement
    report = inspect(tmp_path, bytes(content))
    assert report.rejection is None or len(report.rejection.detail) > 20
