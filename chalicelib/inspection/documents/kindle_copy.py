"""The copy of a Kindle book: an EPUB with its text, its pictures and its table of contents."""

import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

from chalicelib.formats.kindle import book
from chalicelib.formats.kindle.book import ContentsEntry, KindleBook, picture_number
from chalicelib.formats.kindle.header import AUTHOR, PUBLISHED, PUBLISHER
from chalicelib.formats.kindle.target import Target, address, part_name
from chalicelib.formats.zip_container import write_entry
from chalicelib.inspection import sniff
from chalicelib.inspection.documents import kindle_xhtml
from chalicelib.inspection.images import picture
from chalicelib.platform import sandbox

_CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
# As `kindle_xhtml` writes them: with an id, and closed.
_HEADING = re.compile(
    r'<h(?P<level>[1-3])(?:\s[^<>]*)?\sid="(?P<id>[^"<>]*)"[^<>]*>(?P<text>(?:(?!</?h[1-6]).)*)', re.DOTALL
)
_TAG = re.compile(r"<[^<>]*>")
MAX_METADATA_CHARACTERS = 1_000
MAX_CONTENTS_DEPTH = 6


def write_view_copy(source: Path, target: Path) -> None:
    """Write the book as an EPUB. By its construction, it has no active content. Raises FormatError."""
    kindle_book = book.read_book(source)
    sandbox.step("writing the copy")
    target.write_bytes(to_epub(kindle_book))


def to_epub(kindle_book: KindleBook) -> bytes:
    """Return the book as an EPUB: the same book gives the same bytes."""
    pictures = {
        number: name for number, content in kindle_book.pictures.items() if (name := _picture_name(number, content))
    }

    def picture_address(source: str) -> str | None:
        return pictures.get(picture_number(source) or 0)

    title, language = kindle_book.title or "Untitled", kindle_book.language
    parts = [kindle_xhtml.to_xhtml(part, title, language, picture_address) for part in kindle_book.parts]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        write_entry(archive, "mimetype", b"application/epub+zip", stored=True)
        write_entry(archive, "META-INF/container.xml", _CONTAINER.encode())
        write_entry(archive, "book/content.opf", _package(kindle_book, parts, pictures).encode())
        contents = kindle_book.contents or _headings(parts)
        write_entry(archive, "book/nav.xhtml", _navigation(contents).encode())
        for number, part in enumerate(parts):
            write_entry(archive, f"book/{part_name(number)}", part.encode())
        for number, name in pictures.items():
            write_entry(archive, f"book/{name}", kindle_book.pictures[number], stored=True)
    return out.getvalue()


def _picture_name(number: int, content: bytes) -> str:
    """Return the file name of a picture that browsers show, "" for others."""
    signature = sniff.identify(content[: sniff.HEAD_BYTES])
    media_type = (
        next((kind for kind in signature.media_types if kind in picture.PILLOW_FORMATS), "") if signature else ""
    )
    return f"picture{number:04}.{_ENDINGS[media_type]}" if media_type in _ENDINGS else ""


def _package(kindle_book: KindleBook, parts: list[str], pictures: dict[int, str]) -> str:
    identifier = uuid.uuid5(uuid.NAMESPACE_OID, "".join(parts))
    metadata = [
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>',
        f"<dc:title>{_value(kindle_book.title or 'Untitled')}</dc:title>",
        f"<dc:language>{_value(kindle_book.language or 'und')}</dc:language>",
        '<meta property="dcterms:modified">2000-01-01T00:00:00Z</meta>',
        *_metadata(kindle_book),
    ]
    items = ['<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>']
    items += [
        f'<item id="part{number}" href="{part_name(number)}" media-type="application/xhtml+xml"/>'
        for number, _ in enumerate(parts)
    ]
    media_types = {ending: media_type for media_type, ending in _ENDINGS.items()}
    for number, name in pictures.items():
        properties = ' properties="cover-image"' if number == kindle_book.cover else ""
        media_type = media_types[name.rpartition(".")[2]]
        items.append(f'<item id="picture{number}" href="{name}" media-type="{media_type}"{properties}/>')
    spine = "".join(f'<itemref idref="part{number}"/>' for number, _ in enumerate(parts))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"'
        ' unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{''.join(metadata)}</metadata><manifest>{''.join(items)}</manifest><spine>{spine}</spine></package>"
    )


def _metadata(kindle_book: KindleBook) -> Iterator[str]:
    for author in kindle_book.header.metadata.get(AUTHOR, ()):
        yield f"<dc:creator>{_value(author.decode(kindle_book.header.encoding, 'replace'))}</dc:creator>"
    for kind, name in ((PUBLISHER, "publisher"), (PUBLISHED, "date")):
        if text := kindle_book.header.text(kind):
            yield f"<dc:{name}>{_value(text)}</dc:{name}>"


def _value(text: str) -> str:
    return escape("".join(character for character in text[:MAX_METADATA_CHARACTERS] if character.isprintable()).strip())


def _headings(parts: list[str]) -> list[ContentsEntry]:
    """Return the headings as a table of contents, for books without one."""
    return [
        ContentsEntry(
            unescape(_TAG.sub("", heading["text"])), int(heading["level"]), Target(number, unescape(heading["id"]))
        )
        for number, part in enumerate(parts)
        for heading in _HEADING.finditer(part)
    ][: book.MAX_CONTENTS]


def _navigation(contents: list[ContentsEntry]) -> str:
    """Return the table of contents: nested lists of links. Without one, it links to the first part."""
    pieces: list[str] = []
    open_levels: list[int] = []
    for entry in contents:
        is_nested = not open_levels or (entry.level > open_levels[-1] and len(open_levels) < MAX_CONTENTS_DEPTH)
        pieces.append("<ol>" if is_nested else "</li>")
        while not is_nested and len(open_levels) > 1 and open_levels[-2] >= entry.level:
            open_levels.pop()
            pieces.append("</ol></li>")
        if not is_nested:
            open_levels.pop()
        open_levels.append(entry.level)
        pieces.append(f'<li><a href="{escape(address(entry.target))}">{_value(entry.title) or "…"}</a>')
    links = "".join(pieces) + "</li></ol>" * len(open_levels)
    links = links or f'<ol><li><a href="{part_name(0)}">1</a></li></ol>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"'
        ' xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Contents</title></head><body>'
        f'<nav epub:type="toc">{links}</nav></body></html>'
    )
