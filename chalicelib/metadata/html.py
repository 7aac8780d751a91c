"""Metadata of an HTML page: its title, and meta elements of HTML, Open Graph, Dublin Core and scholarly indexes."""

from pathlib import Path
from typing import Any

from chalicelib.extraction import html_parser
from chalicelib.formats.charset import decode_markup
from chalicelib.metadata.model import MetadataDraft

MAX_HEAD_BYTES = 2 * 1024 * 1024  # of a page, in which its head ends; saved pages have their styles in it
MAX_ELEMENTS = 2_000  # meta elements; papers have one for each reference

# Names of meta elements, the most reliable first: those made for catalogues, then those made for previews of links.
_TITLES = ("citation_title", "dc.title", "dcterms.title", "og:title")
_CREATORS = ("citation_author", "dc.creator", "dcterms.creator", "author", "article:author", "book:author")
_LANGUAGES = ("citation_language", "dc.language", "dcterms.language", "og:locale", "content-language")
_PUBLISHERS = ("citation_publisher", "dc.publisher", "dcterms.publisher", "article:publisher", "og:site_name")
_DATES = (
    *("citation_publication_date", "citation_date", "dcterms.issued", "dc.date.issued", "dc.date", "dcterms.date"),
    *("article:published_time", "book:release_date", "date"),
)


def read(path: Path) -> MetadataDraft:
    """Return what the head of the page says."""
    from selectolax.lexbor import LexborHTMLParser

    with path.open("rb") as file:
        page = LexborHTMLParser(html_parser.without_options(decode_markup(file.read(MAX_HEAD_BYTES))))
    values = _meta_values(page)
    title = page.css_first("head > title")
    root = page.css_first("html")
    attributes = root.attributes if root is not None else {}
    return MetadataDraft(
        titles=[*_values(values, _TITLES), title.text() if title is not None else ""],
        creators=[_names(values.get(name, ())) for name in _CREATORS],
        languages=[attributes.get("lang") or attributes.get("xml:lang") or "", *_values(values, _LANGUAGES)],
        publishers=_values(values, _PUBLISHERS),
        dates=_values(values, _DATES),
    )


def _meta_values(page: Any) -> dict[str, list[str]]:
    """Return the contents of meta elements by their names in lower case."""
    values: dict[str, list[str]] = {}
    for element in page.css("meta[content]")[:MAX_ELEMENTS]:
        attributes = element.attributes
        name = attributes.get("name") or attributes.get("property") or attributes.get("http-equiv") or ""
        if content := attributes.get("content"):
            values.setdefault(name.strip().lower(), []).append(content)
    return values


def _values(values: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [value for name in names for value in values.get(name, ())]


def _names(values: list[str] | tuple[()]) -> list[str]:
    """Return names of authors; previews of links may have the address of a profile instead."""
    return [value for value in values if "://" not in value]
