"""PDFs: finding and removing active content, and files built to exhaust their reader."""

import io
import random
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.inspection import examine
from chalicelib.inspection.documents import pdf, pdf_bytes, unsafe_links
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.inspection.previews import view_copy
from tests.support import missing_packages, odd_pdfs, pdf_books, sample_files

pytestmark = pytest.mark.independent

MB = 1024 * 1024
ACTIVE = sample_files.ACTIVE | dict(odd_pdfs.ACTIVE)
HARMLESS = sample_files.HARMLESS | dict(odd_pdfs.INNOCENT) | {"mentions scripts": sample_files.MENTIONS_SCRIPTS}
EVERYTHING = sample_files.one_page(
    b"/OpenAction 10 0 R /AA << /WC 10 0 R >> /AcroForm << /Fields [] /XFA 15 0 R >> /Names << "
    b"/JavaScript << /Names [(a) 10 0 R] >> /EmbeddedFiles << /Names [(f) 12 0 R] >> >>",
    b"/AA << /O 10 0 R >> /Annots [14 0 R << /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /F (x) >> >> 16 0 R]",
    {
        10: b"<< /S /#4aavaScript /JS 11 0 R /Next [<< /S /Launch /F (calc.exe) >>] >>",
        11: sample_files.stream(b"app.launchURL('http://example.org')"),
        12: b"<< /Type /Filespec /F (f) /EF << /F 13 0 R >> >>",
        13: sample_files.stream(b"the attachment's own bytes", b"/Type /EmbeddedFile"),
        14: b"<< /Subtype /FileAttachment /Rect [0 0 9 9] /FS 12 0 R >>",
        15: sample_files.stream(b"<xdp:xdp/>"),
        16: b"<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/kept) >> >>",
    },
)


def examine_bytes(folder: Path, content: bytes) -> Findings:
    path = folder / "file.pdf"
    path.write_bytes(content)
    return pdf.examine(path, "application/pdf")


def rewrite(folder: Path, content: bytes) -> bytes:
    (folder / "source.pdf").write_bytes(content)
    assert view_copy.make_view_copy(folder / "source.pdf", folder / "view.pdf") is None
    return (folder / "view.pdf").read_bytes()


def texts(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in document]


def uncompressed(content: bytes) -> bytes:
    """Return a PDF with nothing compressed, so that nothing can hide."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            compress_streams=False,
        )
    return out.getvalue()


# ---- finding ----


@pytest.mark.parametrize("name", ACTIVE)
def test_active_content_is_found(name: str, tmp_path: Path) -> None:
    content, kind = ACTIVE[name]
    assert kind in examine_bytes(tmp_path, content).active_content


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_like_active_content_is_none(name: str, tmp_path: Path) -> None:
    assert examine_bytes(tmp_path, HARMLESS[name]) == Findings(page_count=1)


# qpdf does not write objects without a reference.
@pytest.mark.parametrize("name", [name for name in ACTIVE if name != "script without a reference"])
def test_active_content_is_found_in_compressed_object_streams(name: str, tmp_path: Path) -> None:
    content, kind = ACTIVE[name]
    packed = sample_files.in_object_streams(content)
    assert b"JavaScript" not in packed
    assert kind in examine_bytes(tmp_path, packed).active_content


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_name_is_found_in_every_escaped_spelling(data: st.DataObject) -> None:
    key, name = data.draw(
        st.sampled_from(
            [("S", "JavaScript"), ("S", "Launch"), ("S", "GoToE"), ("Type", "EmbeddedFile"), ("Subtype", "RichMedia")]
        )
    )
    key, name = (
        "".join(data.draw(st.sampled_from([letter, f"#{ord(letter):02x}", f"#{ord(letter):02X}"])) for letter in word)
        for word in (key, name)
    )
    gap = data.draw(st.sampled_from(["", " ", "\n", "\0", "% a comment (\n"]))
    end = data.draw(st.sampled_from([" ", "/", "(", "<<", ">", "[", "\n", "\r", ""]))
    assert pdf_bytes.find(f"1 0 obj << /X (a \\( string) /{key}{gap}/{name}{end}".encode())


@pytest.mark.parametrize(
    "harmless",
    [
        "/S /Launches",
        "/S /LaunchPad#41",
        "/S /JavaScripts",
        "/Launch /S",
        "/S JavaScript",
        "/S / JavaScript",
        "(/S /JavaScript)",
        "(a (b) /S /JavaScript)",
        "% /S /JavaScript\n",
        "/Font << /S 5 0 R /JavaScript 5 0 R >>",
        ">> endobj << /S /JavaScript >>",
        ">> stream\n /S /JavaScript",
    ],
)
def test_a_name_in_another_place_is_not_found(harmless: str) -> None:
    assert pdf_bytes.find(f"1 0 obj << {harmless} 1 >>".encode()) == set()


@pytest.mark.parametrize(
    "hidden",
    [
        "(an open bracket /S /JavaScript",
        "(stream) /S /JavaScript",
        "(endobj 1 0 obj) /S /JavaScript",
        "%\n/S /JavaScript",
    ],
)
def test_a_string_hides_nothing_behind_it(hidden: str) -> None:
    assert pdf_bytes.find(f"1 0 obj << {hidden} >>".encode()) == {"javascript"}


@given(text=st.text(max_size=12), scheme=st.sampled_from(["https:", "mailto:", "doi:", "example.org/", "a/b:"]))
def test_a_link_to_the_web_is_safe_whatever_follows(text: str, scheme: str) -> None:
    assert not unsafe_links.is_unsafe((scheme + text).encode())


@given(
    scheme=st.sampled_from(["javascript:", "file:", "vbscript:"]),
    data=st.data(),
)
def test_a_link_that_runs_or_opens_something_is_unsafe_in_every_spelling(scheme: str, data: st.DataObject) -> None:
    spelled = "".join(
        data.draw(st.sampled_from(["", " ", "\t", "\0", "\n"]))
        + data.draw(st.sampled_from([letter, letter.upper(), f"%{ord(letter):02x}", f"%25{ord(letter):02X}"]))
        for letter in scheme
    )
    assert unsafe_links.is_unsafe(
        data.draw(st.sampled_from([spelled.encode(), b"\xfe\xff" + spelled.encode("utf-16-be")]))
    )


# ---- the frame ----


@pytest.mark.parametrize("name", odd_pdfs.FRAMES)
def test_bytes_around_a_pdf_do_no_harm_and_are_not_in_the_copy(name: str, tmp_path: Path) -> None:
    content, foreign_bytes = odd_pdfs.FRAMES[name]
    assert examine_bytes(tmp_path, content) == Findings(page_count=1, trailing_bytes=foreign_bytes)
    view = rewrite(tmp_path, content)
    assert examine_bytes(tmp_path, view) == Findings(page_count=1)
    assert texts(view) == texts(sample_files.one_page())


def test_a_pdf_that_only_pdfium_repairs_is_accepted_as_a_copy(tmp_path: Path) -> None:
    content = sample_files.in_object_streams(sample_files.one_page()).replace(b"/XRef", b"/Xref")
    findings = examine_bytes(tmp_path, content)
    assert findings.is_repaired
    assert [warning.code for warning in findings.warnings] == ["structure_repaired"]
    view = rewrite(tmp_path, content)
    assert examine_bytes(tmp_path, view) == Findings(page_count=1)
    assert texts(view) == texts(sample_files.one_page())


def test_a_pdf_for_the_web_that_was_cut_off_is_rejected(tmp_path: Path) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_books.make_book(12).pdf)) as document:
        document.save(out, linearize=True)
    whole = out.getvalue()
    assert examine_bytes(tmp_path, whole).page_count
    with pytest.raises(RejectedError, match="malformed"):
        examine_bytes(tmp_path, whole[: len(whole) * 3 // 4])


def test_content_hidden_by_a_damaged_table_is_found_in_the_bytes(tmp_path: Path) -> None:
    """An object stream without a cross-reference: a viewer that repairs the file may bring it back."""
    hidden = sample_files.stream(b"90 0 " + sample_files.SCRIPT, b"/Type /ObjStm /N 1 /First 5")
    whole = sample_files.one_page()
    start = whole.rpartition(b"startxref\n")[2]
    content = whole + b"99 0 obj\n" + hidden + b"\nendobj\nstartxref\n" + start
    assert examine_bytes(tmp_path, content).active_content == ("javascript",)


def test_a_script_in_an_older_revision_is_found(tmp_path: Path) -> None:
    old = sample_files.one_page(b"/OpenAction 10 0 R", more={10: sample_files.SCRIPT})
    start = int(old.rpartition(b"startxref\n")[2].split()[0])
    update = b"10 0 obj\n<< >>\nendobj\n"
    table = b"xref\n10 1\n%010d 00000 n \ntrailer\n<< /Size 11 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    content = old + update + table % (len(old), start, len(old) + len(update))
    assert "javascript" in examine_bytes(tmp_path, content).active_content


# ---- removing ----


@pytest.mark.parametrize("name", [*ACTIVE, *HARMLESS])
def test_the_view_copy_has_all_of_the_text_and_no_active_content(name: str, tmp_path: Path) -> None:
    content = ACTIVE[name][0] if name in ACTIVE else HARMLESS[name]
    view = rewrite(tmp_path, content)
    assert examine_bytes(tmp_path, view) == Findings(page_count=1)
    if name != "a null among the pages":  # in the original, pdfium takes the null for the page
        assert texts(view) == texts(content)


def test_all_kinds_at_once_are_removed_and_links_stay(tmp_path: Path) -> None:
    inside = uncompressed(rewrite(tmp_path, EVERYTHING))
    for removed in (
        b"JavaScript",
        b"/JS",
        b"Launch",
        b"launchURL",
        b"EmbeddedFile",
        b"attachment's own bytes",
        b"XFA",
        b"/AA",
    ):
        assert removed not in inside
    assert b"https://example.org/kept" in inside


def test_a_document_that_mentions_scripts_keeps_its_outline_in_the_view_copy(tmp_path: Path) -> None:
    assert b"HTML/JavaScript" in uncompressed(rewrite(tmp_path, sample_files.MENTIONS_SCRIPTS))


@pytest.mark.parametrize(
    "xmp", [b"<x:xmpmeta><rdf:RDF rdf:about='&#7;'/></x:xmpmeta>", b"<x:xmpmeta/>" + bytes(99), b"no XML"]
)
def test_damaged_metadata_do_no_harm_and_stay(xmp: bytes, tmp_path: Path) -> None:
    metadata = sample_files.stream(xmp, b"/Type /Metadata /Subtype /XML", deflate=False)
    content = sample_files.one_page(catalog=b"/Metadata 10 0 R", more={10: metadata})
    with pikepdf.open(io.BytesIO(rewrite(tmp_path, content))) as copy:
        assert copy.Root.Metadata.read_bytes() == xmp


def test_the_view_copy_is_deterministic(tmp_path: Path) -> None:
    assert rewrite(tmp_path, EVERYTHING) == rewrite(tmp_path, EVERYTHING)


def test_the_view_copy_of_a_book_has_object_streams_and_is_not_linearized(tmp_path: Path) -> None:
    book = pdf_books.make_book(12, pdf_books.PageDesign(has_outline=True)).pdf
    view = rewrite(tmp_path, book)
    with pikepdf.open(io.BytesIO(view)) as document:
        assert any(item.get("/Type") == "/ObjStm" for item in document.objects if isinstance(item, pikepdf.Stream))
        assert not document.is_linearized
        assert len(document.pages) == len(texts(book))
    assert texts(view) == texts(book)


def test_a_file_that_cannot_be_rewritten_is_rejected_and_leaves_no_copy(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"%PDF-1.7\n%%EOF")
    rejection = view_copy.make_view_copy(tmp_path / "bad", tmp_path / "view")
    assert rejection is not None
    assert rejection.code == "malformed"
    assert "opening the PDF" in rejection.detail
    assert not (tmp_path / "view").exists()


def test_a_full_disk_is_our_failure_and_not_a_rejection(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(pdf_books.make_book(3).pdf)
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        view_copy.make_view_copy(tmp_path / "good", tmp_path / "full")


def test_a_missing_package_is_our_failure_and_not_a_rejection(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    with missing_packages.missing("pikepdf", tmp_path), pytest.raises(ImportError, match="no pikepdf here"):
        view_copy.make_view_copy(tmp_path / "any", tmp_path / "view")


# ---- exhausting ----


@pytest.mark.parametrize("name", sample_files.BOMBS)
def test_a_bomb_is_rejected_within_the_limits_of_the_sandbox(name: str, tmp_path: Path) -> None:
    build, codes = sample_files.BOMBS[name]
    content = build()
    (tmp_path / "bomb.pdf").write_bytes(content)
    report = examine.examine(
        tmp_path / "bomb.pdf",
        declared_type="application/pdf",
        filename="bomb.pdf",
        size_bytes=len(content),
        sha256=None,
    )
    assert report.rejection is not None
    assert report.rejection.code in codes


def test_a_table_that_names_itself_as_its_predecessor_is_read_once(tmp_path: Path) -> None:
    assert examine_bytes(tmp_path, sample_files.looping_tables()).page_count == 1


def test_90_mb_of_noise_in_a_picture_are_not_taken_for_actions(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(90 * MB)  # noqa: S311  repeatable, not secret
    content = sample_files.one_page(
        more={10: sample_files.stream(noise, b"/Type /XObject /Subtype /Image", deflate=False)}
    )
    (tmp_path / "large.pdf").write_bytes(content)
    report = examine.examine(
        tmp_path / "large.pdf", declared_type="application/pdf", filename="a.pdf", size_bytes=len(content), sha256=None
    )
    assert report.rejection is None
    assert not report.withhold_original, "short names occur in random bytes by chance"
