"""The readers of formats that inspection, extraction and speech share."""

from pathlib import Path

import pytest

from chalicelib.formats import charset, epub_package, id3, mpeg_frames, ooxml, xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.zip_container import ZipContainer
from tests.support import hostile_files, media_files


def container(folder: Path, content: bytes) -> ZipContainer:
    (folder / "container").write_bytes(content)
    return ZipContainer(folder / "container")


# ---- ZIP containers ----


@pytest.mark.parametrize("name", [name for name in hostile_files.CASES if name.startswith("ZIP with")])
def test_a_hostile_container_raises_a_format_error_with_its_code(name: str, tmp_path: Path) -> None:
    case = hostile_files.CASES[name]
    with pytest.raises(FormatError) as raised, container(tmp_path, case.build()) as opened:
        list(opened.members())
    assert (raised.value.code, case.says in raised.value.detail) == (case.code, True)


def test_a_missing_member_raises_a_format_error(tmp_path: Path) -> None:
    with container(tmp_path, media_files.epub()) as opened, pytest.raises(FormatError, match="malformed"):
        opened.read("OEBPS/gone.xhtml")


# ---- XML ----


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<a>" * 257 + b"</a>" * 257, "bomb"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "bomb"),
        (b"<a", "malformed"),
        (b"", "malformed"),
        (b'<?xml version="1.0" encoding="unheard-of"?><a/>', "malformed"),
    ],
)
@pytest.mark.parametrize("doctype", [True, False])
def test_hostile_xml_raises_a_format_error(content: bytes, code: str, doctype: bool) -> None:
    with pytest.raises(FormatError) as raised:
        list(xml_events.events(content, doctype=doctype))
    assert raised.value.code == code


def test_a_document_type_is_rejected_unless_it_is_allowed() -> None:
    content = b"<!DOCTYPE html><html/>"
    assert [element.tag for element in xml_events.start_elements(content, doctype=True)] == ["html"]
    with pytest.raises(FormatError, match="bomb"):
        list(xml_events.start_elements(content))


def test_elements_are_reported_at_their_start_and_end_and_emptied_afterwards() -> None:
    content = b'<a xmlns:n="urn:n"><b n:key="1">text</b></a>'
    seen = []
    for is_start, element in xml_events.events(content):
        seen.append((is_start, element.tag, xml_events.attribute(element, "key"), None if is_start else element.text))
    assert seen == [(True, "a", "", None), (True, "b", "1", None), (False, "b", "1", "text"), (False, "a", "", None)]


# ---- EPUB packages ----


def test_a_package_has_its_items_spine_and_cover(tmp_path: Path) -> None:
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
        '<item id="a" href="text/one%20two.xhtml#start" media-type="application/xhtml+xml"/>'
        '<item id="b" href="https://example.org/b.png" media-type="image/png"/>'
        '<item id="c" href="../c.jpg" media-type="image/jpeg" properties="svg cover-image"/>'
        '</manifest><spine><itemref idref="a"/><itemref idref="gone"/><itemref idref="c" linear="no"/></spine></package>'
    )
    with container(tmp_path, media_files.epub({"OEBPS/content.opf": opf})) as opened:
        package = epub_package.read_package(opened)
    assert {item_id: item.name for item_id, item in package.items.items()} == {
        "a": "OEBPS/text/one two.xhtml",
        "b": "https://example.org/b.png",
        "c": "c.jpg",
    }
    assert [item.name for item in package.items.values() if item.is_remote] == ["https://example.org/b.png"]
    assert package.spine == ((package.items["a"], True), (package.items["c"], False))
    assert package.cover == package.items["c"]


def test_the_cover_of_an_epub_2_is_named_by_a_meta_element(tmp_path: Path) -> None:
    opf = '<package><meta name="cover" content="x"/><manifest><item id="x" href="x.png"/></manifest></package>'
    with container(tmp_path, media_files.epub({"OEBPS/content.opf": opf})) as opened:
        package = epub_package.read_package(opened)
    assert package.cover is not None
    assert package.cover.name == "OEBPS/x.png"


def test_a_spine_beyond_the_limit_is_a_bomb(tmp_path: Path) -> None:
    references = '<itemref idref="x"/>' * (epub_package.MAX_SPINE_ITEMS + 1)
    with (
        container(tmp_path, media_files.epub({"OEBPS/content.opf": f"<package>{references}</package>"})) as opened,
        pytest.raises(FormatError, match="bomb"),
    ):
        epub_package.read_package(opened)


@pytest.mark.parametrize(
    ("base", "href", "target"),
    [
        ("OEBPS/a.xhtml", "b.xhtml#here", ("OEBPS/b.xhtml", "here")),
        ("OEBPS/a.xhtml", "#here%20too", ("OEBPS/a.xhtml", "here too")),
        ("OEBPS/text/a.xhtml", "../b%C3%A9.xhtml", ("OEBPS/bé.xhtml", "")),
    ],
)
def test_a_link_is_resolved_against_its_file(base: str, href: str, target: tuple[str, str]) -> None:
    assert epub_package.resolve_href(base, href) == target


# ---- OOXML ----


def test_relationships_have_their_kind_and_whether_they_are_external() -> None:
    content = media_files.relations(("image", "https://example.org/a.png", True), ("styles", "styles.xml", False))
    assert list(ooxml.relationships(content.encode())) == [
        ooxml.Relationship("r0", "image", "https://example.org/a.png", is_external=True),
        ooxml.Relationship("r1", "styles", "styles.xml", is_external=False),
    ]


def test_the_main_part_of_a_package_is_its_office_document(tmp_path: Path) -> None:
    relations = media_files.relations(("officeDocument", "/word/other.xml", False))
    with container(tmp_path, media_files.docx({"_rels/.rels": relations})) as opened:
        assert ooxml.main_part(opened) == "word/other.xml"
    with container(tmp_path, media_files.docx({"_rels/.rels": None})) as opened:
        assert ooxml.main_part(opened) == "word/document.xml"


# ---- charsets ----


@pytest.mark.parametrize(
    ("content", "codec"),
    [
        (b"<p>", "utf-8"),
        (b"\xef\xbb\xbf<meta charset=latin1>", "utf-8-sig"),
        ("<p>".encode("utf-16"), "utf-16"),
        (b'<meta charset="ISO-8859-1">f\xfcr', "cp1252"),
        (b'<meta charset="ISO-8859-1">f\xc3\xbcr', "utf-8"),  # valid UTF-8 refutes a declaration of Latin letters
        (b"<meta charset=utf-16><p>", "utf-8"),  # nobody can read that in UTF-16
        (b"<meta http-equiv=x content='text/html; charset=koi8-r'>", "koi8-r"),
        (b'<?xml version="1.0" encoding="Shift_JIS"?>', "shift_jis"),
        (b"<meta charset=unheard-of>", None),
        (b" " * charset.DECLARATION_WINDOW_BYTES + b"<meta charset=koi8-r>", "utf-8"),
    ],
)
def test_the_encoding_of_a_page_is_its_mark_then_its_declaration_then_utf_8(content: bytes, codec: str | None) -> None:
    encoding = charset.markup_encoding(content)
    assert (encoding and encoding.codec) == codec
    assert not (encoding and encoding.is_guess)


@pytest.mark.parametrize(
    "content", [b"<meta charset=utf-8>caf\xe9", b"<meta charset=unheard-of>caf\xe9", b"<meta charset=hex>caf\xe9"]
)
def test_a_page_that_does_not_fit_its_encoding_is_read_as_windows_1252(content: bytes) -> None:
    assert charset.decode_markup(content).endswith("café")


# ---- MPEG frames and ID3 ----


@pytest.mark.parametrize(
    ("header", "frame"),
    [
        ("fffb9064", (417, 44_100, 2, 128, 1_152, 36)),
        ("fffb92c4", (418, 44_100, 1, 128, 1_152, 21)),  # padded, mono
        ("fffa9064", (417, 44_100, 2, 128, 1_152, 38)),  # with a CRC
        ("fff384c4", (192, 24_000, 1, 64, 576, 13)),
        ("ffe340c4", (208, 11_025, 1, 32, 576, 13)),
    ],
)
def test_a_frame_header_gives_length_rate_and_samples(header: str, frame: tuple[int, ...]) -> None:
    assert mpeg_frames.parse_header(bytes.fromhex(header)) == frame


@pytest.mark.parametrize(
    "header", ["", "fffb90", "fffd9064", "ffeb9064", "fffb0064", "fffbf064", "fffb9c64", "00fb9064"]
)
def test_other_bytes_are_not_a_layer_iii_header(header: str) -> None:
    assert mpeg_frames.parse_header(bytes.fromhex(header)) is None


def test_a_tag_header_counts_header_body_and_footer() -> None:
    assert id3.read_tag_header(b"..ID3\x04\x00\x10\x00\x00\x02\x01", 2) == (4, 0x10, 257, 277, True)
    header = id3.read_tag_header(b"ID3\x03\x00\x00\x80\x00\x00\x01")
    assert header is not None
    assert not header.has_valid_size
    assert id3.read_tag_header(b"ID3\x03\x00\x00\x00\x00\x00") is None
    assert id3.read_tag_header(b"TAG" + bytes(20)) is None


@pytest.mark.parametrize("number", [0, 127, 128, 2**28 - 1])
def test_a_synchsafe_number_is_read_as_it_was_written(number: int) -> None:
    raw = id3.write_synchsafe(number)
    assert max(raw) < 0x80
    assert id3.read_synchsafe(raw) == number
