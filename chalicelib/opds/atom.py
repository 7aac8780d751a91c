"""OPDS 1.2: feeds and entries in Atom, and the OpenSearch description. Source: specs.opds.io/opds-1.2."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from chalicelib.opds.model import Feed, FeedKind, NavigationEntry, Publication

NAVIGATION_TYPE = "application/atom+xml;profile=opds-catalog;kind=navigation"
ACQUISITION_TYPE = "application/atom+xml;profile=opds-catalog;kind=acquisition"
ENTRY_TYPE = "application/atom+xml;type=entry;profile=opds-catalog"
SEARCH_TYPE = "application/opensearchdescription+xml"
ACQUISITION = "http://opds-spec.org/acquisition"
IMAGE = "http://opds-spec.org/image"

_TYPES = {FeedKind.NAVIGATION: NAVIGATION_TYPE, FeedKind.ACQUISITION: ACQUISITION_TYPE}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATOM = {"xmlns": "http://www.w3.org/2005/Atom", "xmlns:dc": "http://purl.org/dc/terms/"}


def feed_type(feed: Feed) -> str:
    return _TYPES[feed.kind]


def render_feed(feed: Feed, *, root: str) -> str:
    """Render a feed; `root` is the address of the catalogue."""
    document = Element("feed", _ATOM)
    _add(document, "id", root + feed.path)
    _add(document, "title", feed.title)
    _add(document, "updated", _time(feed.updated_at))
    _add_author(document, "Visionary Media")
    _link(document, "self", root + feed.path, _TYPES[feed.kind])
    _link(document, "start", root, NAVIGATION_TYPE)
    _link(document, "search", f"{root}/search.xml", SEARCH_TYPE)
    if feed.path:
        _link(document, "up", root, NAVIGATION_TYPE)
    if feed.next_path is not None:
        _link(document, "next", root + feed.next_path, _TYPES[feed.kind])
    for entry in feed.entries:
        document.append(_navigation_entry(entry, feed.updated_at, root))
    for publication in feed.publications:
        document.append(_publication_entry(Element("entry"), publication, root))
    return _to_text(document)


def render_publication(publication: Publication, *, root: str) -> str:
    """Render a publication as a document of its own."""
    return _to_text(_publication_entry(Element("entry", _ATOM), publication, root))


def render_search_description(description: str, *, root: str) -> str:
    """Render the OpenSearch description: where clients send what is searched for."""
    document = Element("OpenSearchDescription", {"xmlns": "http://a9.com/-/spec/opensearch/1.1/"})
    _add(document, "ShortName", "Visionary")  # at most 16 characters
    _add(document, "Description", description)
    _add(document, "InputEncoding", "UTF-8")
    SubElement(document, "Url", {"type": ACQUISITION_TYPE, "template": f"{root}/media?q={{searchTerms}}"})
    return _to_text(document)


def _navigation_entry(entry: NavigationEntry, updated_at: datetime, root: str) -> Element:
    element = Element("entry")
    _add(element, "id", root + entry.path)
    _add(element, "title", entry.title)
    _add(element, "updated", _time(updated_at))
    _add(element, "content", entry.summary, type="text")
    _link(element, entry.relation, root + entry.path, _TYPES[entry.kind])
    return element


def _publication_entry(element: Element, publication: Publication, root: str) -> Element:
    _add(element, "id", publication.id.urn)
    _add(element, "title", publication.title)
    _add(element, "updated", _time(publication.updated_at))
    _add(element, "published", _time(publication.added_at))
    for name in publication.authors:
        _add_author(element, name)
    terms = {"language": publication.language, "publisher": publication.publisher, "issued": publication.published}
    for term, value in terms.items():
        if value:
            _add(element, f"dc:{term}", value)
    for tag in publication.tags:
        SubElement(element, "category", {"term": _xml(tag), "label": _xml(tag)})
    _add(element, "summary", publication.summary, type="text")
    _link(element, "alternate", root + publication.path, ENTRY_TYPE)
    if publication.has_cover:
        for relation in (IMAGE, f"{IMAGE}/thumbnail"):
            _link(element, relation, root + publication.cover_path, "image/jpeg")
    for download in publication.downloads:
        link = _link(element, ACQUISITION, root + download.path, download.media_type)
        link.set("title", download.title)
        if download.size_bytes is not None:
            link.set("length", str(download.size_bytes))
    return element


def _link(parent: Element, relation: str, address: str, media_type: str) -> Element:
    return SubElement(parent, "link", {"rel": relation, "href": address, "type": media_type})


def _add_author(parent: Element, name: str) -> None:
    _add(SubElement(parent, "author"), "name", name)


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _xml(text)


def _xml(text: str) -> str:
    """Return a text without the characters that XML cannot contain."""
    return _NOT_XML.sub(" ", text)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _to_text(document: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(document, encoding="unicode")
