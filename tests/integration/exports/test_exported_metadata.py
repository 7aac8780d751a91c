"""Titles, authors, covers and structure of a document in the exports of its recordings."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.integration.conftest import Cloud, Platform, User
from tests.integration.exports.test_speech_exports import (
    DC,
    OPF,
    SMIL,
    XHTML,
    check_with_epubcheck,
    download,
    export_recording,
    open_archive,
    open_mp3,
    parse,
)
from tests.integration.library.test_metadata import PACKAGE
from tests.integration.speech.test_speech import get, start
from tests.integration.uploads.test_uploads import upload
from tests.support import media_files
from tests.support.media_files import EPUB

EPUB_TYPE = "{http://www.idpf.org/2007/ops}"
DRAWING = media_files.saved(media_files.drawn(size=(300, 200)), "PNG")
CHAPTER = (
    '<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:epub="http://www.idpf.org/2007/ops" lang="en"><head><title>x</title></head><body><h1>The lamp</h1>'
    "<p>It began on a Tuesday, as such things do.</p><img src='drawing.png' alt='A drawing of a lamp'/>"
    "<h2>Oil &amp; wick</h2><p>First the oil.</p>"
    "<table><tr><td>Barrels</td><td>Four</td></tr></table>"
    "<h3>Afterwards</h3><p>Nothing more [12] was <em>written</em><a epub:type='noteref' href='#n1'>1</a>, or "
    "<code>kept()</code>, "
    "she said: <i lang='fr' xml:lang='fr'>c'est la vie, mon ami</i>. See https://rock.example/a?b=1&amp;c=2 for more.</p>"
    "<aside epub:type='footnote' id='n1'><p>1 Not by the keeper.</p></aside>"
    "<table><tr><th>Tower</th><th>Height</th></tr><tr><td>Kell</td><td>12 m</td></tr>"
    "<tr><td>Old Rock</td><td>8 m</td></tr></table>"
    "<blockquote><p>Keep it.</p><p>Light it.</p></blockquote><ul><li>oil</li><li>wick</li></ul></body></html>"
)


@pytest.fixture
def job(platform: Platform, alice: User) -> Any:
    parts: dict[str, bytes | str | None] = {
        "OEBPS/content.opf": PACKAGE,
        "OEBPS/one.xhtml": CHAPTER,
        "OEBPS/drawing.png": DRAWING,
    }
    book = media_files.epub(parts)
    media = upload(platform, alice, book, filename="scan_0001.epub", media_type=EPUB)
    assert media["status"] == "ready", media["rejection"]
    started = start(platform.client, alice, media["id"]).json_body
    platform.run()
    return get(platform.client, alice, f"/v1/speech/{started['id']}").json_body


def read_tags(content: bytes, tmp_path: Path) -> Any:
    file = tmp_path / "sound.mp3"
    file.write_bytes(content)
    return open_mp3(file).tags


def check_tags(tags: Any, title: str) -> None:
    texts = {
        name: str(tags[name]) for name in ("TIT2", "TALB", "TPE1", "TPUB", "TDRC", "TXXX:SERIES", "TXXX:SERIES-PART")
    }
    assert texts == {
        "TIT2": title,
        "TALB": "Lamps of the North",
        "TPE1": "Ada Öberg",
        "TPUB": "Shore",
        "TDRC": "1922",
        "TXXX:SERIES": "Lighthouses",
        "TXXX:SERIES-PART": "2",
    }
    (cover,) = tags.getall("APIC")
    picture = Image.open(io.BytesIO(cover.data))
    assert (cover.mime, cover.type, picture.format, picture.size) == ("image/jpeg", 3, "JPEG", (120, 180))


def test_the_recording_names_its_work_author_series_and_has_its_cover(
    platform: Platform, alice: User, cloud: Cloud, job: Any, tmp_path: Path
) -> None:
    content = download(cloud, export_recording(platform, alice, job, "mp3"))
    check_tags(read_tags(content, tmp_path), "Lamps of the North")


def test_each_chapter_is_a_track_of_the_work(
    platform: Platform, alice: User, cloud: Cloud, job: Any, tmp_path: Path
) -> None:
    opened = open_archive(cloud, export_recording(platform, alice, job, "zip"))
    names = [name for name in opened.namelist() if name.endswith(".mp3")]
    for number, name in enumerate(names, 1):
        tags = read_tags(opened.read(name), tmp_path)
        check_tags(tags, name.removesuffix(".mp3").partition(" ")[2])
        assert str(tags["TRCK"]) == f"{number}/{len(names)}"


def test_a_book_names_its_author_has_its_cover_and_keeps_the_levels_of_headings(
    platform: Platform, alice: User, cloud: Cloud, job: Any, tmp_path: Path
) -> None:
    book = open_archive(cloud, export_recording(platform, alice, job, "epub"))
    package = parse(book, "EPUB/package.opf")
    texts = {name: package.findtext(f".//{DC}{name}") for name in ("title", "creator", "publisher", "date", "language")}
    assert texts == {
        "title": "Lamps of the North", "creator": "Ada Öberg", "publisher": "Shore", "date": "1922-05", "language": "en",
    }  # fmt: skip
    properties = {meta.get("property"): meta.text for meta in package.iter(f"{OPF}meta")}
    assert (properties["belongs-to-collection"], properties["group-position"]) == ("Lighthouses", "2")
    (cover,) = [item for item in package.iter(f"{OPF}item") if item.get("properties") == "cover-image"]
    assert Image.open(io.BytesIO(book.read(f"EPUB/{cover.get('href')}"))).size == (120, 180)
    chapters = [name for name in sorted(book.namelist()) if name.startswith("EPUB/chapter") and name.endswith(".xhtml")]
    elements = [
        (element.tag.removeprefix(XHTML), " ".join("".join(element.itertext()).split()))
        for name in chapters
        for element in parse(book, name).iter()
        if element.tag.removeprefix(XHTML) in {"h1", "h2", "h3"}
    ]
    assert elements == [
        ("h1", "The lamp"),
        ("h2", "Oil & wick"),
        ("h3", "Afterwards"),
    ]
    document = parse(book, chapters[0])
    (picture,) = document.iter(f"{XHTML}img")
    assert picture.get("alt") == "A drawing of a lamp"
    assert Image.open(io.BytesIO(book.read(f"EPUB/{picture.get('src')}"))).size == (300, 200)
    order = [
        element.tag.removeprefix(XHTML)
        for element in document.iter()
        if element.tag.removeprefix(XHTML) in {"h1", "img", "h2"}
    ]
    assert order == ["h1", "img", "h2"]
    assert not any(b' dir="rtl"' in book.read(name) for name in chapters)
    counts = Counter(element.tag.removeprefix(XHTML) for name in chapters for element in parse(book, name).iter())
    assert {name: counts[name] for name in ("table", "th", "td", "blockquote", "li", "em", "code", "aside")} == {
        "table": 2, "th": 2, "td": 5, "blockquote": 1, "li": 2, "em": 2, "code": 1, "aside": 1,
    }  # fmt: skip
    assert any(span.get("lang") == "fr" for name in chapters for span in parse(book, name).iter(f"{XHTML}span"))
    (link,) = (link for name in chapters for link in parse(book, name).iter(f"{XHTML}a"))
    assert (link.get("href"), "".join(link.itertext())) == ("https://rock.example/a?b=1&c=2", "rock.example")
    features = [m.text for m in package.iter(f"{OPF}meta") if m.get("property") == "schema:accessibilityFeature"]
    assert {"alternativeText", "synchronizedAudioText", "tableOfContents", "structuralNavigation"} <= set(features)
    words = {span.get("id"): span.text for name in chapters for span in parse(book, name).iter(f"{XHTML}span")}
    skippable = {
        words[text.get("src", "").partition("#")[2]]: par.get(f"{EPUB_TYPE}type")
        for name in chapters
        for par in parse(book, name.replace(".xhtml", ".smil")).iter(f"{SMIL}par")
        for text in par.iter(f"{SMIL}text")
        if par.get(f"{EPUB_TYPE}type")
    }
    figure = dict.fromkeys(["A", "drawing", "of", "a", "lamp"], "figure")
    table = dict.fromkeys(["Barrels", "Four", "Tower", "Kell", "Height", "12 m", "Old", "Rock", "8 m"], "table")
    assert skippable == {**figure, **table}, "a citation is not said: nothing to skip"
    check_with_epubcheck(book, tmp_path)


def test_a_book_in_arabic_runs_from_right_to_left(platform: Platform, alice: User, cloud: Cloud) -> None:
    text = "كان الحارس يصعد الدرج كل مساء ويعد الدرجات دون تفكير. ثم يضيء المصباح وينظر إلى البحر.\n"
    media = upload(platform, alice, text.encode(), filename="ar.txt")
    started = start(platform.client, alice, media["id"]).json_body
    platform.run()
    job = get(platform.client, alice, f"/v1/speech/{started['id']}").json_body
    book = open_archive(cloud, export_recording(platform, alice, job, "epub"))
    package = parse(book, "EPUB/package.opf")
    spine = package.find(f"{OPF}spine")
    assert spine is not None
    assert spine.get("page-progression-direction") == "rtl"
    for name in book.namelist():
        if name.endswith(".xhtml"):
            assert parse(book, name).get("dir") == "rtl", name
