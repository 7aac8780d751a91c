"""The article of a page, without what is around it. Runs in the sandbox: a page may be made to break its parser."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from chalicelib.formats import charset, markup_depth
from chalicelib.imports.model import ImportFailedError
from chalicelib.metadata import read as metadata
from chalicelib.metadata.model import Metadata
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

CPU_S, WALL_S = 10, 12.0  # a page of 1 MB takes 0.5 s
MEMORY_BYTES = 768 * 1024 * 1024
MEDIA_TYPE = "text/html"
MAX_PICTURES = 60
MIN_ARTICLE_CHARACTERS = 250  # of text; a shorter article is a part of the page that was taken for it
MIN_TABLE_ROWS = 2  # of two cells or more; what has fewer is layout
MAX_TABLE_CHARACTERS = 20_000  # of a table of data; pages that are one table have more
# What a document does not have: programs, forms, players, and parts that are on other servers.
_DROPPED = (
    *("script", "style", "link", "noscript", "template", "iframe", "object", "embed", "applet", "svg", "canvas"),
    *("video", "audio", "source", "track", "input", "button", "select", "textarea"),
)
_PICTURE_ATTRIBUTES = (
    "data-src",
    "data-original",
    "data-lazy-src",
    "src",
)  # pages that load pictures late have the first ones
_KEPT_ATTRIBUTES = frozenset({
    *("href", "id", "name", "lang", "dir", "title", "alt", "cite", "datetime", "display"),
    *("colspan", "rowspan", "headers", "scope", "start", "reversed", "value"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """A picture of an article, and what precedes it in the markup."""

    before: str
    address: str
    description: str


@dataclass(frozen=True, slots=True)
class Article:
    """The markup of an article: that before each picture, and after the last one. `title` may be empty."""

    title: str
    pictures: list[PicturePlace]
    rest: str
    has_text: bool


def extract(path: Path, url: str, charsets: tuple[str, ...]) -> Article:
    """Return the article of a page. Raises ImportFailedError."""
    described = metadata.read_in_sandbox(path, MEDIA_TYPE)
    try:
        article = sandbox.run(
            find_article,
            path,
            url,
            list(charsets),
            described,
            prepare=_load,
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=WALL_S,
        )
    except sandbox.SandboxError as error:
        logger.warning("article not found", reason=str(error))
        raise ImportFailedError(
            "unreadable", "This page cannot be read. Save it as a file in your browser, and upload that."
        ) from None
    if not article.has_text:
        raise ImportFailedError(
            "no_text", "This page shows no text without its scripts. Save it as a PDF in your browser, and upload that."
        )
    return article


def _load() -> None:
    import lxml.html
    import readability

    charset.load_detector()
    assert lxml.html  # noqa: S101 - loaded
    assert readability  # noqa: S101


def find_article(path: Path, url: str, charsets: list[str], described: Metadata) -> Article:
    """Find the article in this process: use `extract` unless the page is trusted."""
    content = path.read_bytes()
    sandbox.step("decoding the page")
    encoding = charset.markup_encoding(content, *charsets)
    text = content.decode(encoding.codec if encoding else "utf-8", errors="replace")
    sandbox.step("measuring how deep it nests")
    if markup_depth.is_too_complex(text.encode(), is_xhtml=markup_depth.is_xhtml(text)):
        return Article("", [], "", has_text=False)
    sandbox.step("finding the article")
    root = _article_root(text, url)
    sandbox.step("cleaning the article")
    pictures = list(_clean(root, url))
    has_text = any(map(str.isalnum, root.text_content())) or bool(pictures)
    before, after = _frame(described, url, has_heading=root.find(".//h1") is not None)
    pieces = _split(root, len(pictures))
    places = [PicturePlace(piece, *picture) for piece, picture in zip(pieces, pictures, strict=False)]
    if places:
        places[0] = PicturePlace(before + places[0].before, places[0].address, places[0].description)
        return Article(described.title or "", places, pieces[-1] + after, has_text)
    return Article(described.title or "", [], before + pieces[0] + after, has_text)


def _article_root(text: str, url: str) -> Any:
    """Return the element of the article; that of the whole page where no part stands out."""
    import lxml.html
    from lxml.etree import LxmlError
    from readability import Document
    from readability.readability import Unparseable

    page = lxml.html.document_fromstring(text)
    body = page.find("body")
    whole = body if body is not None else page
    _drop(whole)
    tables = _set_tables_aside(whole)
    try:
        summary = Document(lxml.html.tostring(page, encoding="unicode"), url=url).summary(html_partial=True)
        root = lxml.html.fragment_fromstring(summary, create_parent="article")
    except (Unparseable, LxmlError):
        root = None
    if root is None or len(_words(root)) < MIN_ARTICLE_CHARACTERS < len(_words(whole)):
        root = whole
        root.tag = "article"
    _put_tables_back(root, tables)
    return root


def _set_tables_aside(root: Any) -> dict[str, Any]:
    """Replace tables of data by paragraphs, and return them by the texts of those: the search takes them for layout."""
    import lxml.html

    tables: dict[str, Any] = {}
    for table in list(root.iter("table")):
        rows = [row for row in table.iter("tr") if len(row) > 1]
        is_nested = table.find(".//table") is not None or next(table.iterancestors("table"), None) is not None
        is_layout = table.get("role") == "presentation" or len(rows) < MIN_TABLE_ROWS
        if is_nested or is_layout or len(_words(table)) > MAX_TABLE_CHARACTERS:
            continue
        place = lxml.html.Element("p")
        place.text = f"table-{secrets.token_hex(16)}"
        place.tail, table.tail = table.tail, None
        table.getparent().replace(table, place)
        tables[place.text] = table
    return tables


def _put_tables_back(root: Any, tables: dict[str, Any]) -> None:
    for place in list(root.iter("p")):
        table = tables.get((place.text_content() or "").strip())
        if table is not None:
            table.tail = place.tail
            place.getparent().replace(place, table)


def _words(element: Any) -> str:
    return " ".join(element.text_content().split())


def _drop(root: Any) -> None:
    for element in list(root.iter(*_DROPPED)):
        if element is not root and element.getparent() is not None:
            element.drop_tree()


def _clean(root: Any, url: str) -> Iterator[tuple[str, str]]:
    """Remove what a document does not have; yield the addresses and descriptions of the pictures that stay, in order."""
    _drop(root)
    count = 0
    for element in list(root.iter()):
        if not isinstance(element.tag, str):  # comments and processing instructions
            if element.getparent() is not None:
                element.drop_tree()
            continue
        if element.tag == "img":
            address = next(filter(None, (element.get(name, "").strip() for name in _PICTURE_ATTRIBUTES)), "")
            if not address or address.startswith("data:") or count == MAX_PICTURES:
                element.drop_tree()
                continue
            count += 1
            description = " ".join((element.get("alt") or "").split())
            element.attrib.clear()
            yield _absolute(url, address), description
            continue
        for name in list(element.attrib):
            if name not in _KEPT_ATTRIBUTES:
                del element.attrib[name]
        if href := element.get("href"):
            element.set("href", href if href.startswith("#") else _absolute(url, href))


def _absolute(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def _split(root: Any, picture_count: int) -> list[str]:
    """Return the markup between the pictures: one part more than there are pictures."""
    import lxml.html

    markup: str = lxml.html.tostring(root, encoding="unicode", method="html")
    parts = markup.split("<img>")
    assert len(parts) == picture_count + 1  # noqa: S101 - text has no such brackets, and all other pictures are removed
    return parts


def _frame(described: Metadata, url: str, *, has_heading: bool) -> tuple[str, str]:
    """Return the markup before and after the article, with what the page says of itself."""
    meta = partial(map, lambda pair: f'<meta name="{pair[0]}" content="{escape(pair[1])}">')
    values = [
        *(("author", creator) for creator in described.creators),
        ("dcterms.publisher", described.publisher or ""),
        ("dcterms.date", described.published or ""),
        ("dcterms.source", url),
    ]
    language = f' lang="{escape(described.language)}"' if described.language else ""
    title = escape(described.title or "", quote=False)
    head = f'<meta charset="utf-8"><title>{title}</title>' + "".join(meta(pair for pair in values if pair[1]))
    heading = f"<h1>{title}</h1>" if title and not has_heading else ""
    return f"<!DOCTYPE html>\n<html{language}><head>{head}</head><body>{heading}", "</body></html>\n"
