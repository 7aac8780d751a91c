"""Illustrations of books: which pictures they are, where they stand in the reading text, and what is kept of them."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from chalicelib.exports.content import illustrations as placed
from chalicelib.extraction import extract
from chalicelib.illustrations import archive, collect
from chalicelib.illustrations.archive import IllustrationArchive
from chalicelib.illustrations.places import LetterIndex
from chalicelib.inspection import types
from chalicelib.inspection.documents import kindle_copy
from tests.support import book_files, kindle_files, media_files, structured_documents
from tests.support.book_files import FB2
from tests.support.media_files import DOCX, EPUB

PICTURE = media_files.saved(media_files.drawn(size=(300, 200)), "PNG")
SMALL = media_files.saved(media_files.drawn(size=(20, 20)), "PNG")


def document(body: str) -> str:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{body}</body></html>'


def book(bodies: Sequence[str], **pictures: bytes) -> bytes:
    """Return a book of these documents; pictures are named after their keywords, with the ending .png."""
    items = "".join(
        f'<item id="d{n}" href="d{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(bodies))
    )
    items += "".join(f'<item id="{name}" href="{name}.png" media-type="image/png"/>' for name in pictures)
    spine = "".join(f'<itemref idref="d{n}"/>' for n in range(len(bodies)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata><meta name="cover" content="cover"/></metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    return media_files.epub({
        "OEBPS/content.opf": package,
        "OEBPS/one.xhtml": None,
        "OEBPS/cover.png": None,
        **{f"OEBPS/d{n}.xhtml": document(body) for n, body in enumerate(bodies)},
        **{f"OEBPS/{name}.png": content for name, content in pictures.items()},
    })  # fmt: skip


def collected(tmp_path: Path, content: bytes, media_type: str = EPUB) -> tuple[IllustrationArchive, str]:
    """Return the illustrations of a document, and its reading text."""
    source, target = tmp_path / "book", tmp_path / "illustrations"
    source.write_bytes(content)
    text = extract.extract_in_sandbox(source, media_type).text
    if not collect.collect_pictures(source, target, tmp_path / "pictures", media_type, text).has_illustrations:
        assert not target.exists()
        return IllustrationArchive(), text
    return archive.decode(target.read_bytes()), text


def test_a_picture_stands_between_the_paragraphs_where_its_author_put_it(tmp_path: Path) -> None:
    bodies = [
        "<h1>The first chapter</h1><p>It began on a Tuesday.</p><p><img src='a.png' alt='A lighthouse at dusk'/></p>"
        "<p>“It ended,” she said, on Friday.</p>",
        "<img src='b.png' alt=''/><h1>The second chapter</h1><p>Nobody knew why it had begun.</p>",
    ]
    stored, text = collected(
        tmp_path, book(bodies, a=PICTURE, b=media_files.saved(media_files.drawn(size=(90, 60)), "GIF"))
    )
    assert [(row.file, row.description) for row in stored.illustrations] == [
        ("1.jpg", "A lighthouse at dusk"),
        ("2.jpg", ""),
    ]
    first, second = (row.offset for row in stored.illustrations)
    assert text[:first].endswith("It began on a Tuesday")
    assert text[second:].startswith("The second chapter")
    assert stored.pictures is not None
    sizes = {name: Image.open(io.BytesIO(content)).size for name, content in stored.pictures.items()}
    assert sizes == {"1.jpg": (300, 200), "2.jpg": (90, 60)}


def test_of_a_picture_only_the_pixels_are_kept(tmp_path: Path) -> None:
    photo = media_files.saved(media_files.drawn(size=(300, 200)), "JPEG", exif=media_files.exif_with_location())
    stored, _ = collected(tmp_path, book(["<p>It began on a Tuesday.</p><img src='a.png'/>"], a=photo))
    assert stored.pictures is not None
    assert b"telephone" not in b"".join(stored.pictures.values())
    assert not Image.open(io.BytesIO(stored.pictures["1.jpg"])).getexif()


@pytest.mark.parametrize(
    ("body", "pictures"),
    [
        ("<p>It began on a Tuesday.</p>", {}),
        ("<img src='cover.png'/><p>It began on a Tuesday.</p>", {"cover": PICTURE}),
        ("<p>It began on a Tuesday.</p><img src='a.png'/>", {"a": SMALL}),
        ("<p>It began on a Tuesday.</p><img src='a.png'/>", {"a": b"\x89PNG\r\n\x1a\n no picture"}),
        ("<p>It began on a Tuesday.</p><img src='../../etc/passwd'/><img src='data:image/png;base64,AAAA'/>", {}),
        ("<p>It began on a Tuesday.</p><img src='https://example.org/a.png'/>", {}),
        ("<p><img src='a.png' alt='I'/>t began on a Tuesday.</p>", {"a": PICTURE}),
        ("<p>It began.</p>" + "<p>And went on.</p><img src='a.png'/>" * 6, {"a": PICTURE}),
    ],
    ids=("no picture", "cover", "small", "damaged", "outside", "remote", "initial", "ornament"),
)
def test_what_is_no_illustration_is_left_out(tmp_path: Path, body: str, pictures: dict[str, bytes]) -> None:
    stored, _ = collected(tmp_path, book([body], **pictures))
    assert stored == IllustrationArchive()


def test_a_book_with_more_pictures_than_are_kept_has_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MAX_PICTURES", 2)
    source, target = tmp_path / "book.epub", tmp_path / "illustrations"
    names = [f"p{number}" for number in range(5)]
    body = "".join(f"<p>The paragraph of the picture {name}.</p><img src='{name}.png'/>" for name in names)
    source.write_bytes(book([body], **dict.fromkeys(names, PICTURE)))
    text = extract.extract(source, EPUB).text
    collect.load("epub")
    assert len(collect._write(source, target, tmp_path / "pictures", text, "epub").pictures) == 2
    assert [row.file for row in archive.decode(target.read_bytes()).illustrations] == ["1.jpg", "2.jpg"]


def test_a_place_is_found_again_in_another_version_of_the_text(tmp_path: Path) -> None:
    bodies = ["<p>It began on a Tuesday, long ago.</p><img src='a.png' alt='Dusk'/><p>It ended on Friday.</p>"]
    stored, text = collected(tmp_path, book(bodies, a=PICTURE))
    (same,) = placed.place(stored.illustrations, text, text_start=0)
    assert text[: same.offset].endswith("long ago")
    other = "A new preface.\n\n" + text
    (moved,) = placed.place(stored.illustrations, other, text_start=0)
    assert other[: moved.offset].endswith("long ago")
    (part,) = placed.place(stored.illustrations, text[10:], text_start=10)
    assert part.offset == same.offset
    assert (
        placed.place(stored.illustrations, "Something else altogether, of the same length as before.", text_start=0)
        == []
    )


def test_letters_have_one_offset_each_whatever_their_case() -> None:
    text = "İstanbul, ǅ — ﬁne. 𝒜 Straße und Ärmel!"
    index = LetterIndex.of(text)
    assert len(index.letters) == len(index.ends)
    assert text[: index.find("straßeundär", "")] == "İstanbul, ǅ — ﬁne. 𝒜 Straße und Är"


# ---- other formats ------------------------------------------------------------------------------------------------------

BEFORE, AFTER = "It began on a Tuesday, as such things do.", "It ended on a Friday, as most of them do."
DRAWING = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="wp"><wp:docPr id="1" name="p" descr="A lighthouse at dusk"/>'
    '<a:blip xmlns:a="a" xmlns:r="r" r:embed="{}"/></wp:inline></w:drawing></w:r></w:p>'
)


def word_file() -> bytes:
    relationships = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId7" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="media/a.png"/>'
        '<Relationship Id="rId8" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="https://rock.example/a.png" TargetMode="External"/></Relationships>'
    )
    fallback = (
        '<mc:Fallback xmlns:mc="mc"><w:pict><v:imagedata xmlns:v="v" xmlns:r="r" r:id="rId7"/></w:pict></mc:Fallback>'
    )
    body = (
        f"<w:p><w:r><w:t>{BEFORE}</w:t></w:r></w:p>{DRAWING.format('rId7')}<w:p><w:r>{fallback}<w:t>{AFTER}</w:t></w:r></w:p>"
        f"{DRAWING.format('rId8')}{DRAWING.format('rId9')}"
    )
    return structured_documents.docx(
        body, parts={"word/_rels/document.xml.rels": relationships, "word/media/a.png": PICTURE}
    )


def fiction_book() -> bytes:
    body = (
        f'<section><p>{BEFORE}</p><image l:href="#a.png" alt="A lighthouse at dusk"/><p>{AFTER}</p>'
        '<image l:href="#missing.png"/></section>'
    )
    return book_files.fb2(f"<body>{body}</body>", more=book_files.fb2_binary(PICTURE, "a.png"))


def page() -> bytes:
    address = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    return document(
        f"<p>{BEFORE}</p><img src='{address}' alt='A lighthouse at dusk'/><p>{AFTER}</p><img src='https://rock.example/b.png'/>"
        "<img src='data:image/png;base64,%'/>"
    ).encode()


def open_document() -> bytes:
    frame = (
        "<text:p><draw:frame><draw:image xlink:href='Pictures/a.png'/><draw:image xlink:href='Pictures/replacement.png'/>"
        "<svg:title>Dusk</svg:title><svg:desc>A lighthouse at dusk</svg:desc></draw:frame></text:p>"
    )
    formula = (
        "<draw:frame><draw:object xlink:href='./Object 1'/><draw:image xlink:href='Pictures/formula.png'/></draw:frame>"
    )
    missing = "<draw:frame><draw:image xlink:href='gone.png'/></draw:frame>"
    body = f"<text:p>{BEFORE}</text:p>{frame}<text:p>{AFTER}{formula}{missing}</text:p>"
    pictures = {f"Pictures/{name}.png": PICTURE for name in ("a", "replacement", "formula")}
    return book_files.odt({"content.xml": book_files.odt_content(body), **pictures})


def rich_text() -> bytes:
    hexadecimal = PICTURE.hex()
    lines = "\n".join(hexadecimal[start : start + 128] for start in range(0, len(hexadecimal), 128))
    properties = r"{\*\picprop{\sp{\sn wzName}{\sv p}}{\sp{\sn wzDescription}{\sv A lighthouse at dusk}}}"
    picture = rf"{{\*\shppict{{\pict{properties}\picw300\pngblip{{\*\blipuid 00ff}}{lines}}}}}"
    old = rf"{{\nonshppict{{\pict\pngblip {lines}}}}}"
    metafile = r"{\pict\wmetafile8 0100}"
    return book_files.rtf(
        rf"\pard {BEFORE}\par\pard {{\*\bkmkstart place}}{picture}{old}\par\pard {AFTER} \u233?t\'e9{metafile}\par"
    )


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (DOCX, word_file()),
        (FB2, fiction_book()),
        ("text/html", page()),
        (book_files.ODT, open_document()),
        ("application/rtf", rich_text()),
    ],
    ids=["docx", "fb2", "html", "odt", "rtf"],
)
def test_pictures_of_other_formats_stand_where_their_author_put_them(
    tmp_path: Path, media_type: str, content: bytes
) -> None:
    stored, text = collected(tmp_path, content, media_type)
    (illustration,) = stored.illustrations
    assert illustration.description == "A lighthouse at dusk"
    assert text[: illustration.offset].rstrip(".").endswith(BEFORE.rstrip("."))
    assert stored.pictures is not None
    assert Image.open(io.BytesIO(stored.pictures[illustration.file])).size == (300, 200)


def test_pictures_of_a_kindle_book_are_those_of_its_copy(tmp_path: Path) -> None:
    source, copy = tmp_path / "book.mobi", tmp_path / "book.epub"
    text = f"<html><body><p>{BEFORE}</p><p><img recindex='00001' alt='A lighthouse at dusk'/></p><p>{AFTER}</p></body></html>"
    source.write_bytes(kindle_files.mobi(text, pictures=[PICTURE]))
    kindle_copy.write_view_copy(source, copy)
    kind = types.get_by_media_type("application/x-mobipocket-ebook")
    assert kind is not None
    stored, reading_text = collected(tmp_path, copy.read_bytes(), kind.view_media_type)
    (illustration,) = stored.illustrations
    assert illustration.description == "A lighthouse at dusk"
    assert reading_text[: illustration.offset].rstrip(".").endswith(BEFORE.rstrip("."))
