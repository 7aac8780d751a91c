"""EPUB, comic and FictionBook files, as publishers, converters and scanners make them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.support import book_files, kindle_files, media_files
from tests.support.corpus.containers import pack
from tests.support.corpus.specimen import Specimen, choose
from tests.support.media_files import CHAPTER, EPUB

Parts = dict[str, bytes | str]


def _chapter(markup: str) -> Callable[[Parts], None]:
    def add(parts: Parts) -> None:
        parts["OEBPS/one.xhtml"] = str(parts["OEBPS/one.xhtml"]).replace("<p>", f"{markup}<p>", 1)

    return add


def _head(markup: str) -> Callable[[Parts], None]:
    def add(parts: Parts) -> None:
        parts["OEBPS/one.xhtml"] = str(parts["OEBPS/one.xhtml"]).replace("</head>", f"{markup}</head>", 1)

    return add


def _more(more: Parts) -> Callable[[Parts], None]:
    return lambda parts: parts.update(more)


def _doctype(parts: Parts) -> None:
    old = '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">'
    parts["OEBPS/one.xhtml"] = str(parts["OEBPS/one.xhtml"]).replace("<!DOCTYPE html>", old)


EPUB_ODDITIES: Mapping[str, Callable[[Parts], None]] = {
    "a script": _head("<script>if (a) { x(); }</script>"),
    "a script of a reading app": _more({"OEBPS/kobo.js": "x()"}),
    "data for search engines": _head('<script type="application/ld+json">{"@type": "Book"}</script>'),
    "a quoted script": _chapter("<pre><![CDATA[<script>x()</script>]]></pre>"),
    "a film in a frame": _chapter('<iframe src="https://example.org/video"></iframe>'),
    "a drawing as an object": _chapter('<object data="a.svg" type="image/svg+xml"><p>a drawing</p></object>'),
    "a film": _chapter('<video src="a.mp4" controls="controls"/><audio src="https://example.org/a.mp3"/>'),
    "a handler": _chapter('<p onclick="x()">a</p>'),
    "a link that runs a script": _chapter('<a href="javascript:x()">a</a>'),
    "words like a handler": _chapter('<img src="cover.png" alt="valid only = 3"/><a href="https://example.org/online=1">x</a>'),
    "a drawing": _chapter('<svg xmlns="http://www.w3.org/2000/svg"><text>words</text><image href="cover.png"/></svg>'),
    "a formula": _chapter('<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>'),
    "a remote font": _more({"OEBPS/a.css": "@font-face { src: url(https://example.org/a.woff) }"}),
    "an old document type": _doctype,
    "old entities": _chapter("<p>&#233;&#160;&#8212; &amp;</p>"),
    "files of a Mac": _more({".DS_Store": bytes(99), "__MACOSX/._a": bytes(9)}),
    "data of a shop": _more({"iTunesMetadata.plist": "<plist/>", "META-INF/com.apple.ibooks.xml": "<options/>"}),
    "bookmarks of a library": _more({"META-INF/calibre_bookmarks.txt": "encoding=json+base64:W10="}),
    "a font": _more({"OEBPS/fonts/a.otf": b"OTTO" + bytes(200)}),
    "hidden fonts": _more({
        "META-INF/encryption.xml": '<encryption xmlns="urn:x"><EncryptedData>'
        '<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></EncryptedData></encryption>'
    }),
    "names with blanks and letters": _more({"OEBPS/Über uns.css": "p {}", "OEBPS/a b.css": "p {}"}),
    "a contents page": _more({"OEBPS/nav.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol/></nav></body></html>'}),
    "an old contents page": _more({"OEBPS/toc.ncx": '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap/></ncx>'}),
    "2,010 parts": lambda parts: parts.update({f"OEBPS/p{number}.css": "p {}" for number in range(2_010)}),
    "a read-along": _more({"OEBPS/one.smil": '<smil xmlns="http://www.w3.org/ns/SMIL"/>'}),
}  # fmt: skip


def epub(rng: random.Random) -> Specimen:
    parts: Parts = {**media_files.epub_parts(), "OEBPS/one.xhtml": CHAPTER}
    oddities = choose(rng, EPUB_ODDITIES)
    for name in oddities:
        EPUB_ODDITIES[name](parts)
    form = rng.choice(["", "", "", "mimetype is compressed", "mimetype is last"])
    if form == "mimetype is last":
        parts["mimetype"] = parts.pop("mimetype")
    content, packing = pack(rng, parts, first="" if form else "mimetype")
    return Specimen(
        rng.choice([EPUB, EPUB, "", "application/octet-stream"]), "a.epub", content, (*oddities, *packing, form)
    )


def cbz(rng: random.Random) -> Specimen:
    parts: Parts = {}
    for number in range(rng.randint(1, 12)):
        kind, ending = rng.choice([("JPEG", "jpg"), ("JPEG", "JPEG"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif")])
        folder = rng.choice(["", "", "Comic/", "Chapter 1/"])
        parts[f"{folder}page {number}.{ending}"] = book_files.comic_page(kind, rng.randint(0, 250))
    more: Mapping[str, Parts] = {
        "a description": {"ComicInfo.xml": book_files.COMIC_INFO},
        "a note of the scanner": {"readme.txt": b"Scanned by hand."},
        "a list of checksums": {"release.sfv": b"page 1.jpg 00000000"},
        "files of a Mac": {"__MACOSX/._page 1.jpg": bytes(82), ".DS_Store": bytes(99)},
        "files of Windows": {"Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99)},
        "an address": {"site.url": b"[InternetShortcut]\nURL=https://example.org"},
    }
    oddities = choose(rng, more, most=3)
    for name in oddities:
        parts |= more[name]
    content, packing = pack(rng, parts)
    media_type = rng.choice([book_files.CBZ, "application/x-cbz", "", "application/octet-stream"])
    return Specimen(media_type, "a.cbz", content, (*oddities, *packing))


def fb2(rng: random.Random) -> Specimen:
    bodies = {
        "a poem": "<body><section><poem><stanza><v>one</v><v>two</v></stanza></poem></section></body>",
        "a table": "<body><section><table><tr><th>a</th><td>1</td></tr></table></section></body>",
        "a link that runs a script": '<body><p><a l:href="javascript:x()">a</a></p></body>',
        "an epigraph": "<body><section><epigraph><p>x</p><text-author>y</text-author></epigraph><p>z</p></section></body>",
        "an unknown element": "<body><section><p>a<font>b</font></p></section></body>",
    }
    more = {
        "a picture": book_files.fb2_binary(book_files.comic_page("JPEG"), "a.jpg", "image/jpeg"),
        "a file that is no picture": book_files.fb2_binary(b"words", "a.txt", "text/plain"),
        "a comment": "<!-- made by hand -->",
    }
    chosen, added = choose(rng, bodies, most=2), choose(rng, more, most=2)
    encoding = rng.choice(["utf-8", "windows-1251", "koi8-r", "utf-16"])
    content = book_files.fb2(
        book_files.FB2_BODY + "".join(bodies[name] for name in chosen),
        more="".join(more[name] for name in added),
        encoding=encoding,
    )
    if rng.random() < 0.4:
        content, packing = pack(rng, {rng.choice(["book.fb2", "Лампа.fb2"]): content})
        return Specimen(book_files.FB2_ZIP, "a.fb2.zip", content, (*chosen, *added, encoding, *packing))
    media_type = rng.choice([book_files.FB2, "text/xml", "", "application/octet-stream"])
    return Specimen(media_type, "a.fb2", content, (*chosen, *added, encoding))


def mobi(rng: random.Random) -> Specimen:
    compression = rng.choice([kindle_files.NONE, kindle_files.PALMDOC, kindle_files.HUFFMAN])
    form = rng.choice(["MOBI", "MOBI", "MOBI", "AZW3", "both in one"])
    if form == "AZW3":
        content = kindle_files.azw3()
    elif form == "both in one":
        content = kindle_files.both()
    else:
        content = kindle_files.mobi(
            kindle_files.TEXT + rng.choice(["", "<p>It was about &lt;script&gt;.</p>", "<script>x()</script>"]),
            pictures=[book_files.comic_page("JPEG")] * rng.randint(0, 3),
            compression=compression,
            encoding="utf-8" if compression == kindle_files.HUFFMAN else rng.choice(["utf-8", "cp1252"]),
            trailing=compression != kindle_files.HUFFMAN and rng.random() < 0.4,
        )
    names = [
        (kindle_files.MOBI, "a.mobi"),
        (kindle_files.MOBI, "a.azw"),
        ("", "a.azw3"),
        ("application/octet-stream", "a.prc"),
    ]
    media_type, filename = rng.choice(names)
    return Specimen(media_type, filename, content, (form, f"compression {compression}"))
