"""Kindle books: read in both versions and all compressions, and handed out as EPUBs without active content."""

from __future__ import annotations

import contextlib
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.extraction import extract
from chalicelib.extraction.model import BlockKind, ExtractedText
from chalicelib.formats.errors import FormatError
from chalicelib.formats.kindle import compression
from chalicelib.formats.kindle.book import read_book
from chalicelib.inspection import types
from chalicelib.inspection.model import Report
from chalicelib.inspection.previews import thumbnail, view_copy
from tests.support import kindle_files, media_files
from tests.support.inspections import inspect
from tests.support.kindle_files import MOBI, PAGE_BREAK, azw3, mobi

READ = "The lighthouse\n\nIt began on a Tuesday.\n\nTwo\n\nThe lamp — “Marta” — went out."
PICTURE = media_files.saved(media_files.drawn(size=(300, 400)), "JPEG")


def copied(folder: Path, content: bytes) -> tuple[Report, dict[str, bytes]]:
    """Inspect a book; return the report, and the files of its copy."""
    report = inspect(folder, content, MOBI, "a.mobi")
    assert report.rejection is None
    assert view_copy.make_view_copy(folder / "object", folder / "copy", types.ACCEPTED_TYPES[MOBI]) is None
    again = inspect(folder / "..", (folder / "copy").read_bytes(), media_files.EPUB, "a.epub", active_content="reject")
    assert again.rejection is None
    with zipfile.ZipFile(folder / "copy") as archive:
        return report, {name: archive.read(name) for name in archive.namelist()}


def extracted(folder: Path, content: bytes) -> ExtractedText:
    (folder / "work").mkdir(exist_ok=True)
    copied(folder / "work", content)
    return extract.extract_in_sandbox(folder / "work" / "copy", MOBI)


@pytest.mark.parametrize(
    "content",
    [
        mobi(),
        mobi(compression=kindle_files.PALMDOC),
        mobi(compression=kindle_files.HUFFMAN),
        mobi(encoding="cp1252"),
        mobi(compression=kindle_files.PALMDOC, trailing=True),
        azw3(),
        kindle_files.both(),
    ],
    ids=["plain", "PalmDOC", "HUFF/CDIC", "Windows-1252", "trailing entries", "KF8", "both versions"],
)
def test_a_book_is_read_in_all_forms(content: bytes, tmp_path: Path) -> None:
    text = extracted(tmp_path, content)
    assert (text.text, text.language) == (READ, "en")
    assert [block.kind for block in text.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH] * 2


def test_chapters_come_from_the_table_of_contents_by_offset_or_position(tmp_path: Path) -> None:
    places = [kindle_files.TEXT.index("<h1>"), kindle_files.TEXT.index("<h1>Two")]
    old = extracted(tmp_path, mobi(contents=[("First light", places[0], 0), ("Out", places[1], 0)]))
    new = extracted(tmp_path, azw3())
    assert [(chapter.title, chapter.start) for chapter in old.chapters] == [
        ("First light", 0),
        ("Out", READ.index("Two")),
    ]
    assert [(chapter.title, chapter.start) for chapter in new.chapters] == [("One", 0), ("Two", READ.index("Two"))]


def test_without_a_table_of_contents_the_headings_are_chapters(tmp_path: Path) -> None:
    text = extracted(tmp_path, mobi("<h2>A & B</h2><p>Words.</p><h2><b>C</b></h2><p>More.</p>"))
    assert [chapter.title for chapter in text.chapters] == ["A & B", "C"]


def test_a_damaged_table_of_contents_costs_only_itself(tmp_path: Path) -> None:
    content = mobi(contents=[("One", 40, 0)]).replace(b"TAGX", b"TAGY")
    assert extracted(tmp_path, content).text == READ


def test_links_lead_to_the_places_of_their_offsets(tmp_path: Path) -> None:
    text = "<p><a filepos=0000000077>See</a> there.</p>" + PAGE_BREAK
    text = text.ljust(74) + '<p id="a">Here</p>'
    _, files = copied(tmp_path, mobi(text))
    assert b'<a href="part0001.xhtml#p77">See</a>' in files["book/part0000.xhtml"]
    assert b'<a id="p77"></a><p id="a">Here</p>' in files["book/part0001.xhtml"]


def test_links_of_kf8_lead_to_the_element_at_their_position(tmp_path: Path) -> None:
    files = [
        ("<html><body>", "</body></html>", ('<p><a href="kindle:pos:fid:0001:off:0000000009">See</a></p>',)),
        ("<html><body>", "</body></html>", ('<p>One</p><p id="here">Two</p>',)),
    ]
    _, parts = copied(tmp_path, azw3(files))
    assert b'<a href="part0001.xhtml#here">See</a>' in parts["book/part0000.xhtml"]


def test_fragments_stand_inside_of_their_skeletons(tmp_path: Path) -> None:
    files = [
        (
            "<html><body><p>Before.</p><div>",
            "</div><p>After.</p></body></html>",
            ("<p>One", " half.</p>", "<p>Two.</p>"),
        )
    ]
    assert extracted(tmp_path, azw3(files)).text == "Before.\n\nOne half.\n\nTwo.\n\nAfter."


def test_pictures_and_the_cover_are_in_the_copy(tmp_path: Path) -> None:
    content = mobi(
        '<p>a</p><img recindex="00002" alt="A tower"><img recindex="00009">',
        pictures=[PICTURE, media_files.saved(media_files.drawn(), "PNG"), b"FONTwords"],
        metadata=((201, struct.pack(">L", 0)), (100, b"A. Kell & Co."), (503, b"The <lamp>"), (524, b"en")),
    )
    (tmp_path / "work").mkdir()
    _, files = copied(tmp_path / "work", content)
    assert files["book/picture0001.jpg"] == PICTURE
    assert b'<img alt="A tower" src="picture0002.png"/></body>' in files["book/part0000.xhtml"]
    assert b'picture0001.jpg" media-type="image/jpeg" properties="cover-image"' in files["book/content.opf"]
    assert b"<dc:title>The &lt;lamp&gt;</dc:title>" in files["book/content.opf"]
    assert b"<dc:creator>A. Kell &amp; Co.</dc:creator>" in files["book/content.opf"]
    assert thumbnail.make_thumbnail(tmp_path / "work" / "copy", tmp_path / "t", types.ACCEPTED_TYPES[MOBI])


def test_active_content_is_noted_and_is_not_in_the_copy(tmp_path: Path) -> None:
    text = (
        '<p onclick="x()">One <a href="javascript:x()">two</a> <a href="file:///C:/a">six</a></p>'
        '<script>x()</script><iframe src="a.html"></iframe>'
        '<object data="a.bin">three</object><form><input value="a"></form><svg onload="x()"/><style>p{}</style>'
        '<p style="background:url(http://example.org/a)">four <a href="https://example.org">five</a></p>'
    )
    (tmp_path / "work").mkdir()
    report, files = copied(tmp_path / "work", mobi(text, more=[b"SRCS" + bytes(12) + b"words"]))
    assert report.withhold_original
    assert {warning.code for warning in report.warnings} >= {
        "javascript_removed",
        "frames_removed",
        "unsafe_links_removed",
        "attachments_removed",
    }
    part = files["book/part0000.xhtml"]
    assert b"<p>One <a>two</a> <a>six</a></p>" in part
    assert b'<a href="https://example.org">five</a>' in part
    for never in (b"script", b"onclick", b"onload", b"iframe", b"object", b"form", b"svg", b"style", b"example.org/a"):
        assert never not in part
    assert not any(b"words" in content for content in files.values())


def test_a_book_without_active_content_keeps_its_original(tmp_path: Path) -> None:
    report, files = copied(tmp_path, mobi())
    assert not report.withhold_original
    assert next(iter(files)) == "mimetype"


def test_formulas_tables_and_notes_are_read_as_in_other_books(tmp_path: Path) -> None:
    files = [
        (
            "<html><body>",
            "</body></html>",
            (
                "<p>So <math><msup><mi>x</mi><mn>2</mn></msup></math> grows.</p>",
                "<table><tr><th>Tower</th><th>Height</th></tr><tr><td>Kell</td><td>12 m</td></tr></table>",
            ),
        )
    ]
    assert extracted(tmp_path, azw3(files)).text == "So x squared grows.\n\nTower: Kell. Height: 12 m."


@pytest.mark.parametrize(("packed", "unpacked"), [
    (b"abc\x80\x1b", b"abcabcabc"), (b"a\x80\x0f", b"a" * 11), (b"a\xe2c", b"a bc"), (b"\x02\xc3\xa9", b"\xc3\xa9"),
    (b"a\x80", b"a"),
])  # fmt: skip
def test_records_of_palmdoc_are_unpacked(packed: bytes, unpacked: bytes) -> None:
    assert compression.unpack_palmdoc(packed)[: len(unpacked)] == unpacked


def test_phrases_within_phrases_are_unpacked() -> None:
    phrases = [(bytes((byte,)), True) for byte in range(256)]
    phrases[1] = (bytes((255 - ord("a"), 255 - ord("b"))), False)
    phrases[2] = (bytes((254, 254)), False)
    codes, *records = kindle_files.huffman_records(phrases)
    assert compression.HuffmanCodes(codes, records).unpack(bytes((253, 255 - ord("!")))) == b"abab!"


@settings(max_examples=300)
@given(st.data())
def test_a_book_with_changed_bytes_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    builders: list[Callable[[], bytes]] = [
        azw3,
        kindle_files.both,
        lambda: mobi(compression=kindle_files.HUFFMAN, contents=[("One", 40, 0)]),
    ]
    content = bytearray(data.draw(st.sampled_from(builders))())
    for at, value in data.draw(st.lists(st.tuples(st.integers(78, len(content) - 1), st.integers(0, 255)), max_size=8)):
        content[at] = value
    path = tmp_path_factory.getbasetemp() / "changed.mobi"
    path.write_bytes(content)
    with contextlib.suppress(FormatError):
        assert all(isinstance(part, str) for part in read_book(path).parts)
