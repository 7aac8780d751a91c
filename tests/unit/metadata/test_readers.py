"""Metadata of files, read in the sandbox from files that are built here."""

import io
import re
import struct
import zlib
from pathlib import Path

import pikepdf
import pytest

from chalicelib.inspection import types
from chalicelib.metadata import loaders, read
from chalicelib.metadata.model import MAX_CHARACTERS, MAX_CREATORS, Metadata
from tests.support import book_files, kindle_files, media_files
from tests.support.media_files import DOCX, EPUB


def metadata_of(tmp_path: Path, content: bytes | str, media_type: str) -> Metadata:
    file = tmp_path / "file"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read.read_in_sandbox(file, media_type)


# ---- EPUB ----


def epub(metadata: str) -> bytes:
    package = media_files.PACKAGE.replace(
        '<metadata><meta name="cover" content="cover"/></metadata>',
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">'
        f"{metadata}</metadata>",
    )
    return media_files.epub({"OEBPS/content.opf": package})


def test_an_epub_3_says_all_by_refinements(tmp_path: Path) -> None:
    book = epub("""
        <dc:title id="t2">or, The Lamp</dc:title><meta refines="#t2" property="title-type">subtitle</meta>
        <dc:title id="t1">The Keeper</dc:title><meta refines="#t1" property="title-type">main</meta>
        <dc:creator id="c1">Ida Translator</dc:creator><meta refines="#c1" property="role" scheme="marc:relators">trl</meta>
        <dc:creator id="c3">Ben Second</dc:creator><meta refines="#c3" property="display-seq">2</meta>
        <dc:creator id="c2">Ada First</dc:creator><meta refines="#c2" property="display-seq">1</meta>
        <meta refines="#c2" property="role">aut</meta>
        <dc:language>en-gb</dc:language><dc:publisher>Shore &amp; Sons</dc:publisher><dc:date>1922-05-31T00:00:00Z</dc:date>
        <meta property="belongs-to-collection" id="s0">All books</meta><meta refines="#s0" property="collection-type">set</meta>
        <meta property="belongs-to-collection" id="s1">Lights</meta><meta refines="#s1" property="collection-type">series</meta>
        <meta refines="#s1" property="group-position">2.5</meta>""")
    assert metadata_of(tmp_path, book, EPUB) == Metadata(
        title="The Keeper",
        creators=("Ada First", "Ben Second"),
        language="en-GB",
        publisher="Shore & Sons",
        published="1922-05-31",
        series="Lights",
        series_index=2.5,
    )


def test_an_epub_2_says_all_by_attributes_and_calibre_the_series(tmp_path: Path) -> None:
    book = epub("""
        <dc:title>Der Wärter</dc:title><dc:language>ger</dc:language>
        <dc:creator opf:role="ill">Eva Malerin</dc:creator><dc:creator opf:role="aut" >Jan Meer</dc:creator>
        <dc:date opf:event="modification">2020-01-01</dc:date><dc:date opf:event="publication">1899</dc:date>
        <meta name="calibre:series" content="Leuchttürme"/><meta name="calibre:series_index" content="3.0"/>""")
    assert metadata_of(tmp_path, book, EPUB) == Metadata(
        title="Der Wärter",
        creators=("Jan Meer",),
        language="de",
        published="1899",
        series="Leuchttürme",
        series_index=3,
    )


def test_a_book_that_only_has_an_editor_names_the_editor(tmp_path: Path) -> None:
    book = epub('<dc:title>Letters</dc:title><dc:creator opf:role="edt">Nora Editor</dc:creator>')
    assert metadata_of(tmp_path, book, EPUB).creators == ("Nora Editor",)


def test_a_date_that_calibre_does_not_know_is_none(tmp_path: Path) -> None:
    assert metadata_of(tmp_path, epub("<dc:date>0101-01-01T00:00:00+00:00</dc:date>"), EPUB).published is None


# ---- PDF ----

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:calibre="http://calibre-ebook.com/xmp-namespace"
 xmlns:calibreSI="http://calibre-ebook.com/xmp-namespace/seriesIndex">%s</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
LAMPS = """<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Lamps of the North</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Ada First</rdf:li><rdf:li>Ben Second</rdf:li></rdf:Seq></dc:creator>
<dc:publisher><rdf:Bag><rdf:li>Shore</rdf:li></rdf:Bag></dc:publisher>
<dc:date><rdf:Seq><rdf:li>2019-03</rdf:li></rdf:Seq></dc:date>
<calibre:series rdf:parseType="Resource"><rdf:value>Lights</rdf:value><calibreSI:series_index>4.00</calibreSI:series_index>
</calibre:series>"""


def pdf(information: dict[str, str] | None = None, xmp: str | bytes = b"", language: str = "") -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    for name, value in (information or {}).items():
        document.docinfo[f"/{name}"] = pikepdf.String(value)
    if xmp:
        packet = xmp if isinstance(xmp, bytes) else xmp.encode()
        document.Root.Metadata = document.make_stream(packet, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    if language:
        document.Root.Lang = pikepdf.String(language)
    out = io.BytesIO()
    document.save(out, fix_metadata_version=False)
    return out.getvalue()


def test_a_pdf_says_all_in_its_xmp(tmp_path: Path) -> None:
    document = pdf({"Title": "lamps.indd", "Author": "layout"}, XMP % LAMPS, "en")
    assert metadata_of(tmp_path, document, "application/pdf") == Metadata(
        title="Lamps of the North",
        creators=("Ada First", "Ben Second"),
        language="en",
        publisher="Shore",
        published="2019-03",
        series="Lights",
        series_index=4,
    )


def test_a_pdf_without_xmp_has_the_title_of_its_information_dictionary(tmp_path: Path) -> None:
    document = pdf({"Title": "Über den Nebel", "Author": "Ada First; Ben Second", "CreationDate": "D:20240305"})
    assert metadata_of(tmp_path, document, "application/pdf") == Metadata(
        title="Über den Nebel", creators=("Ada First", "Ben Second")
    )


@pytest.mark.parametrize("xmp", [XMP % "<dc:title", b"\0" * 4_000, b"<?xpacket?>"])
def test_a_pdf_with_damaged_xmp_has_the_title_of_its_information_dictionary(tmp_path: Path, xmp: str | bytes) -> None:
    assert metadata_of(tmp_path, pdf({"Title": "Nebel"}, xmp), "application/pdf").title == "Nebel"


def test_xmp_padded_with_zeros_is_read(tmp_path: Path) -> None:
    packet = (XMP % LAMPS).encode() + b"\0" * 2_000
    assert metadata_of(tmp_path, pdf(xmp=packet), "application/pdf").title == "Lamps of the North"


def test_xmp_that_unpacks_without_end_is_not_read(tmp_path: Path) -> None:
    document = pdf({"Title": "Nebel"}, b"@" * 50_000)
    packed = zlib.compress(b"<a>" + b" " * 30_000_000)
    packed_stream = b"/Filter /FlateDecode >>\nstream\n" + packed.ljust(50_000, b"\0")
    bomb = re.sub(rb">>\nstream\n@{50000}", lambda _: packed_stream, document)
    assert bomb != document
    assert metadata_of(tmp_path, bomb, "application/pdf").title == "Nebel"


def test_xmp_with_entities_is_not_read(tmp_path: Path) -> None:
    packet = '<!DOCTYPE a [<!ENTITY b "bbb">]>' + XMP % "<dc:title><rdf:Alt><rdf:li>&b;</rdf:li></rdf:Alt></dc:title>"
    assert metadata_of(tmp_path, pdf({"Title": "Nebel"}, packet), "application/pdf").title == "Nebel"


@pytest.mark.parametrize(
    "title",
    [
        *(
            "Microsoft Word - thesis.doc",
            "untitled",
            "Untitled-1",
            "Document1",
            "thesis.dvi",
            "PowerPoint Presentation",
        ),
        *(
            "(anonymous)",
            "unspecified",
            "C:\\Users\\me\\a.txt",
            "file:///tmp/x",
            "about:blank",
            "scan",
            "Unbenannt 2",
            " - ",
            "Track 07",
        ),
    ],
)
def test_a_title_that_a_program_wrote_is_none(tmp_path: Path, title: str) -> None:
    assert metadata_of(tmp_path, pdf({"Title": title}), "application/pdf").title is None


@pytest.mark.parametrize(
    "title", ["1984", "The Document", "Untitled Love Story", "Word for Word", "It", "C: A History"]
)
def test_a_title_that_only_looks_odd_is_kept(tmp_path: Path, title: str) -> None:
    assert metadata_of(tmp_path, pdf({"Title": title}), "application/pdf").title == title


# ---- DOCX ----

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">%s</cp:coreProperties>'
)
STYLES = (
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:lang w:val="nl-NL" w:eastAsia="ja-JP"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>'
)


def test_a_word_document_has_core_properties(tmp_path: Path) -> None:
    core = (
        CORE % "<dc:title>Plan</dc:title><dc:creator>Ada First;Ben Second</dc:creator><dc:language>de-DE</dc:language>"
    )
    document = media_files.docx({"docProps/core.xml": core, "word/styles.xml": STYLES})
    assert metadata_of(tmp_path, document, DOCX) == Metadata(
        title="Plan", creators=("Ada First", "Ben Second"), language="de-DE"
    )


def test_a_word_document_that_names_no_language_has_that_of_its_styles(tmp_path: Path) -> None:
    core = CORE % "<dc:title>Word Document</dc:title><dc:creator>python-docx</dc:creator>"
    document = media_files.docx({"docProps/core.xml": core, "word/styles.xml": STYLES})
    assert metadata_of(tmp_path, document, DOCX) == Metadata(language="nl-NL")


# ---- other books ----


def test_a_fictionbook_says_all_in_its_description(tmp_path: Path) -> None:
    head = (
        '<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><description><title-info>'
        "<author><first-name>Лев</first-name><middle-name>Николаевич</middle-name><last-name>Морской</last-name></author>"
        "<author><nickname>Rock</nickname></author><book-title>Маяк</book-title><date value='1899-01-02'>1899 год</date>"
        "<lang>ru</lang><translator><first-name>Ida</first-name></translator><sequence name='Огни' number='3'/></title-info>"
        "<document-info><author><nickname>scanner</nickname></author><date>2010</date></document-info>"
        "<publish-info><book-name>Маяк. Повесть</book-name><publisher>Берег</publisher><year>1901</year></publish-info>"
        "</description>"
    )
    expected = Metadata(
        title="Маяк",
        creators=("Лев Николаевич Морской", "Rock"),
        language="ru",
        publisher="Берег",
        published="1901",
        series="Огни",
        series_index=3,
    )
    book = book_files.fb2(head=head, encoding="windows-1251")
    assert metadata_of(tmp_path, book, book_files.FB2) == expected
    assert metadata_of(tmp_path, book_files.fb2_zip(book), book_files.FB2_ZIP) == expected


def test_a_comic_book_says_all_in_its_comic_info(tmp_path: Path) -> None:
    info = (
        "<ComicInfo><Title>Fog</Title><Series>Lights</Series><Number>7</Number><Writer>Ada First, Ben Second</Writer>"
        "<Publisher>Shore</Publisher><Year>2011</Year><Month>3</Month><LanguageISO>de</LanguageISO></ComicInfo>"
    )
    assert metadata_of(tmp_path, book_files.cbz({"ComicInfo.xml": info}), book_files.CBZ) == Metadata(
        title="Fog",
        creators=("Ada First", "Ben Second"),
        language="de",
        publisher="Shore",
        published="2011-03",
        series="Lights",
        series_index=7,
    )
    assert metadata_of(tmp_path, book_files.cbz(), book_files.CBZ) == Metadata()


def test_an_opendocument_text_names_who_wrote_it_first(tmp_path: Path) -> None:
    meta = (
        f"<office:document-meta {book_files.ODF_NAMESPACES}><office:meta><meta:initial-creator>Ada First</meta:initial-creator>"
        "<dc:creator>Ben Editor</dc:creator><dc:title>Plan</dc:title><dc:date>2024-01-02T03:04:05</dc:date></office:meta>"
        "</office:document-meta>"
    )
    assert metadata_of(tmp_path, book_files.odt({"meta.xml": meta}), book_files.ODT) == Metadata(
        title="Plan", creators=("Ada First",), language="en-GB"
    )


@pytest.mark.parametrize(
    ("info", "title", "creators"),
    [
        (r"{\title The lighthouse}{\author Ada Kell}", "The lighthouse", ("Ada Kell",)),
        (r"{\author Zo\'eb;Ben}{\title \u1052?\u1072?\u1103?\u1082? {\b two}}", "Маяк two", ("Zoë", "Ben")),
        (r"{\title {\uc0\u-10179\u-8704  day}}{\operator x}", "😀 day", ()),
        (r"{\title Untitled}{\*\company Shore}", None, ()),
    ],
)
def test_a_rich_text_has_an_information_group(
    tmp_path: Path, info: str, title: str | None, creators: tuple[str, ...]
) -> None:
    document = book_files.rtf().replace(rb"{\title The lighthouse}{\author Ada Kell}", info.encode("ascii"))
    assert metadata_of(tmp_path, document, book_files.RTF) == Metadata(title=title, creators=creators)


def test_a_kindle_book_has_records_in_its_header(tmp_path: Path) -> None:
    records = [(100, "Ada Öberg".encode()), (100, b"Ben Second"), (101, b"Shore"), (106, b"1922-05-31T00:00:00+00:00")]
    book = kindle_files.mobi(metadata=[*records, (503, b"Lamps"), (524, b"en-us")])
    assert metadata_of(tmp_path, book, "application/x-mobipocket-ebook") == Metadata(
        title="Lamps", creators=("Ada Öberg", "Ben Second"), language="en-US", publisher="Shore", published="1922-05-31"
    )


# ---- HTML, Markdown ----


def test_a_page_says_all_in_meta_elements(tmp_path: Path) -> None:
    page = """<!DOCTYPE html><html lang="fr"><head><title>Les phares | Le Journal</title>
        <meta property="og:title" content="Les phares &amp; la mer"><meta property="og:site_name" content="Le Journal">
        <meta name="author" content="Anne Dubois"><meta property="article:author" content="https://example.org/anne">
        <meta property="article:published_time" content="2021-04-02T10:00:00+02:00"></head>
        <body><svg><title>No title</title></svg><p>Texte.</p></body></html>"""
    assert metadata_of(tmp_path, page, "text/html") == Metadata(
        title="Les phares & la mer",
        creators=("Anne Dubois",),
        language="fr",
        publisher="Le Journal",
        published="2021-04-02",
    )


def test_a_paper_names_each_author_and_its_date(tmp_path: Path) -> None:
    page = """<html><head><meta name="citation_title" content="On fog"><meta name="citation_author" content="First, Ada">
        <meta name="citation_author" content="Second, Ben"><meta name="DC.Language" content="en">
        <meta name="citation_publication_date" content="2018/11/05"></head><body></body></html>"""
    assert metadata_of(tmp_path, page, "text/html") == Metadata(
        title="On fog", creators=("First, Ada", "Second, Ben"), language="en", published="2018-11-05"
    )


def test_a_plain_page_has_its_title_and_language(tmp_path: Path) -> None:
    assert metadata_of(tmp_path, "<html xml:lang=sv><title> Fyren\n på ön </title>", "text/html") == Metadata(
        title="Fyren på ön", language="sv"
    )


YAML = """---
title: "The Keeper: a story"   # for the shelf
author:
  - name: Ada First
    email: ada@example.org
  - Ben Second
lang: en-US
date: 31 May 1922
publisher: Shore
series: Lights
series_index: 2
tags: [sea, light]
abstract: |
  Title: none
  of this.
---
# The Keeper
"""


def test_markdown_says_all_in_its_front_matter(tmp_path: Path) -> None:
    assert metadata_of(tmp_path, YAML, "text/markdown") == Metadata(
        title="The Keeper: a story",
        creators=("Ada First", "Ben Second"),
        language="en-US",
        publisher="Shore",
        published="1922",
        series="Lights",
        series_index=2,
    )


@pytest.mark.parametrize(
    ("lines", "creators"),
    [
        ("author: Ada First", ("Ada First",)),
        ("authors: [Ada First, 'Ben Second']", ("Ada First", "Ben Second")),
        ("author:\n- Ada First\n- Ben Second", ("Ada First", "Ben Second")),
        ("author: Ada\n  First", ("Ada First",)),
        ("author: null", ()),
    ],
)
def test_front_matter_names_authors_in_any_form(tmp_path: Path, lines: str, creators: tuple[str, ...]) -> None:
    assert metadata_of(tmp_path, f"---\n{lines}\n---\nText", "text/markdown").creators == creators


def test_a_title_in_front_matter_is_plain(tmp_path: Path) -> None:
    content = "---\ntitle: A *small* book of `ice`\n---\nText"
    assert metadata_of(tmp_path, content, "text/markdown").title == "A small book of ice"


def test_front_matter_in_toml_is_read(tmp_path: Path) -> None:
    content = (
        '+++\ntitle = "Fog"\nauthors = ["Ada First"]\ndate = 2020-02-03T04:05:06Z\n[params]\ntitle = "No"\n+++\nText'
    )
    assert metadata_of(tmp_path, content, "text/markdown") == Metadata(
        title="Fog", creators=("Ada First",), published="2020-02-03"
    )


@pytest.mark.parametrize(
    "content", ["", "---\n", "---\ntitle: Open end\n", "+++\n[[[[\n+++\n", "Text\n---\ntitle: No\n---\n"]
)
def test_markdown_without_front_matter_says_nothing(tmp_path: Path, content: str) -> None:
    assert metadata_of(tmp_path, content, "text/markdown") == Metadata()


# ---- recordings ----


def latin(text: str) -> bytes:
    return b"\0" + text.encode("latin-1")


def unicode(text: str) -> bytes:
    return b"\1" + text.encode("utf-16")


def test_an_mp3_has_id3_texts(tmp_path: Path) -> None:
    frames = [
        media_files.id3_frame(name, content)
        for name, content in (
            (b"TIT2", unicode("Über das Meer")),
            (b"TPE1", latin("Ada First")),
            (b"TALB", latin("Sea songs")),
            (b"TRCK", latin("3/12")),
            (b"TPUB", latin("Shore")),
            (b"TYER", latin("1998")),
            (b"TLAN", latin("ger")),
        )
    ]
    assert metadata_of(tmp_path, media_files.id3(*frames) + media_files.mp3(), "audio/mpeg") == Metadata(
        title="Über das Meer",
        creators=("Ada First",),
        language="de",
        publisher="Shore",
        published="1998",
        series="Sea songs",
        series_index=3,
    )


def test_an_id3_tag_of_version_4_may_have_several_values_and_names_of_its_own(tmp_path: Path) -> None:
    frames = [
        media_files.id3_frame(name, content, version=4)
        for name, content in (
            (b"TIT2", b"\3Keeper"),
            (b"TPE1", b"\3Ada First\0Ben Second"),
            (b"TALB", b"\3Keeper"),
            (b"TDRC", b"\x032004-05-06T07:08"),
            (b"TXXX", b"\3series\0Lights"),
            (b"TXXX", b"\3SERIES-PART\x002"),
        )
    ]
    assert metadata_of(tmp_path, media_files.id3(*frames, version=4) + media_files.mp3(), "audio/mpeg") == Metadata(
        title="Keeper", creators=("Ada First", "Ben Second"), published="2004-05-06", series="Lights", series_index=2
    )


def test_an_mp3_with_version_1_only_has_its_fields(tmp_path: Path) -> None:
    tag = (
        b"TAG"
        + b"Fog".ljust(30, b"\0")
        + "Zoë".encode("cp1252").ljust(30)
        + b"Sea".ljust(30, b"\0")
        + b"1977"
        + bytes(31)
    )
    assert metadata_of(tmp_path, media_files.mp3() + tag, "audio/mpeg") == Metadata(
        title="Fog", creators=("Zoë",), published="1977", series="Sea"
    )


def vorbis_comments(*comments: str) -> bytes:
    encoded = [comment.encode() for comment in comments]
    body = b"".join(struct.pack("<I", len(comment)) + comment for comment in encoded)
    return struct.pack("<I", 4) + b"test" + struct.pack("<I", len(comments)) + body


COMMENTS = vorbis_comments(
    "title=Мгла", "Artist=Ада", "ARTIST=Бен", "album=Море", "TRACKNUMBER=2", "DATE=2011-12", "LANGUAGE=rus", "=", "x"
)
FOG = Metadata(title="Мгла", creators=("Ада", "Бен"), language="ru", published="2011-12", series="Море", series_index=2)


def test_flac_has_vorbis_comments(tmp_path: Path) -> None:
    block = b"\x84" + len(COMMENTS).to_bytes(3, "big") + COMMENTS
    assert metadata_of(tmp_path, media_files.flac(more=block), "audio/flac") == FOG


@pytest.mark.parametrize(
    ("head", "prefix"), [(media_files.OPUS_HEAD, b"OpusTags"), (media_files.VORBIS_HEAD, b"\x03vorbis")]
)
def test_ogg_has_vorbis_comments_in_its_second_packet(tmp_path: Path, head: bytes, prefix: bytes) -> None:
    comments = prefix + COMMENTS + bytes(70_000)  # a cover, on further pages
    first, rest = comments[: 255 * 255], comments[255 * 255 :]
    lacing = b"OggS\0\0" + struct.pack("<QIII", 0, 7, 1, 0) + b"\xff" + b"\xff" * 255
    pages = media_files.ogg_page(7, 0, 0, 2, head) + lacing + first + media_files.ogg_page(7, 2, 0, 1, rest)
    assert metadata_of(tmp_path, pages, "audio/ogg") == FOG


def test_m4a_has_itunes_tags(tmp_path: Path) -> None:
    def entry(kind: bytes, content: bytes, *before: bytes) -> bytes:
        return media_files.box(kind, *before, media_files.box(b"data", struct.pack(">II", 1, 0), content))

    series = media_files.box(b"mean", bytes(4), b"com.apple.iTunes"), media_files.box(b"name", bytes(4), b"series")
    entries = [
        entry(b"\xa9nam", "Nebel über Öland".encode()),
        entry(b"\xa9ART", b"Ada First"),
        entry(b"\xa9alb", b"Sea songs"),
        entry(b"\xa9day", b"2015-06-07T00:00:00Z"),
        entry(b"trkn", struct.pack(">HHHH", 0, 4, 9, 0)),
    ]
    expected = Metadata(
        title="Nebel über Öland", creators=("Ada First",), published="2015-06-07", series="Sea songs", series_index=4
    )

    def recording(entries: list[bytes]) -> bytes:
        tags = media_files.box(b"ilst", *entries)
        return media_files.mp4() + media_files.box(
            b"moov", media_files.box(b"udta", media_files.box(b"meta", bytes(4), tags))
        )

    assert metadata_of(tmp_path, recording(entries), "audio/mp4") == expected
    named = metadata_of(tmp_path, recording([*entries, entry(b"----", b"Lights", *series)]), "audio/mp4")
    assert named.series == "Lights"


def test_wav_has_a_list_of_texts(tmp_path: Path) -> None:
    texts = b"INFO" + b"INAM" + struct.pack("<I", 4) + b"Fog\0" + b"IART" + struct.pack("<I", 3) + b"Ada\0"
    recording = media_files.riff(b"WAVE", media_files.wav_format(), (b"LIST", texts), (b"data", bytes(64)))
    assert metadata_of(tmp_path, recording, "audio/wav") == Metadata(title="Fog", creators=("Ada",))


# ---- bounds ----


def test_values_have_one_line_and_a_bounded_length(tmp_path: Path) -> None:
    title = "A\u202egpj\x00.\n" + "long " * 200_000
    found = metadata_of(tmp_path, pdf({"Title": title, "Author": ";".join(map(str, range(1_000)))}), "application/pdf")
    assert found.title is not None
    assert found.title.startswith("Agpj . long long")
    assert found.title.endswith("long…")
    assert len(found.title) <= MAX_CHARACTERS
    assert len(found.creators) == MAX_CREATORS


@pytest.mark.parametrize("media_type", loaders.READERS)
def test_a_file_that_no_reader_understands_says_nothing(tmp_path: Path, media_type: str) -> None:
    for content in (
        b"%PDF-1.7 nothing",
        b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + b"TIT2\xff\xff\xff\xff",
        b"OggS" * 20,
        b"RIFF" * 9,
    ):
        assert metadata_of(tmp_path, content, media_type) == Metadata()


def test_each_type_with_a_reader_is_accepted() -> None:
    assert set(loaders.READERS) <= set(types.ACCEPTED_TYPES)
