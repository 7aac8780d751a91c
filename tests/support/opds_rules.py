"""Rules for OPDS 1.2 feeds and entries, by the sentences of the specification (specs.opds.io/opds-1.2) and of Atom (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
ACQUISITION = "http://opds-spec.org/acquisition"
IMAGES = {"http://opds-spec.org/image", "http://opds-spec.org/image/thumbnail"}
CATALOG_TYPE = re.compile(r"application/atom\+xml;profile=opds-catalog;kind=(navigation|acquisition)")
ONCE = ("id", "title", "updated", "published", "content", "summary")

Element = ElementTree.Element


def broken_rules(document: bytes) -> list[str]:
    """Return what a feed breaks; an empty list for a valid one."""
    feed = ElementTree.fromstring(document)  # noqa: S314 - our own response
    if feed.tag != f"{ATOM}feed":
        return ["a catalog document is an Atom feed"]
    links = {link.get("rel"): link for link in feed.findall(f"{ATOM}link")}
    broken = [
        *_common(feed, "the feed"),
        *(f"a feed has a link {name}" for name in ("self", "start") if name not in links),
    ]
    kind = CATALOG_TYPE.fullmatch(links["self"].get("type", "")) if "self" in links else None
    if kind is None:
        return [*broken, "the link self has the type of a navigation or an acquisition feed"]
    entries = feed.findall(f"{ATOM}entry")
    check = _navigation if kind[1] == "navigation" else _acquisition
    for entry in entries:
        broken += [*_common(entry, "an entry"), *check(entry)]
    if len({entry.findtext(f"{ATOM}id") for entry in entries}) != len(entries):
        broken.append("ids of entries are unique")
    if "search" in links and links["search"].get("type") != "application/opensearchdescription+xml":
        broken.append("the link search has the type of an OpenSearch description")
    return broken


def _common(element: Element, name: str) -> Iterator[str]:
    for child in ("id", "title", "updated"):
        if not (element.findtext(ATOM + child) or "").strip():
            yield f"{name} has {child}"
    for child in ONCE:
        if len(element.findall(ATOM + child)) > 1:
            yield f"{name} has {child} once"
    try:
        if datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo is None:
            yield f"updated of {name} has a time zone"
    except ValueError:
        yield f"updated of {name} is a time of RFC 3339"
    if not urlsplit(element.findtext(f"{ATOM}id") or "").scheme:
        yield f"id of {name} is an IRI"
    for link in element.findall(f"{ATOM}link"):
        if not (link.get("href") and link.get("rel") and link.get("type")):
            yield f"links of {name} have an address, a relation and a type"
    for author in element.findall(f"{ATOM}author"):
        if not (author.findtext(f"{ATOM}name") or "").strip():
            yield f"authors of {name} have a name"


def _navigation(entry: Element) -> Iterator[str]:
    links = entry.findall(f"{ATOM}link")
    if not any(CATALOG_TYPE.fullmatch(link.get("type", "")) for link in links):
        yield "an entry of a navigation feed leads to a catalog document"
    if entry.find(f"{ATOM}content") is None:
        yield "an entry of a navigation feed describes where it leads to in content"
    if any(link.get("rel") == ACQUISITION for link in links):
        yield "a navigation feed contains no publications"


def _acquisition(entry: Element) -> Iterator[str]:
    links = entry.findall(f"{ATOM}link")
    if not any(link.get("rel") == ACQUISITION for link in links):
        yield "an entry of an acquisition feed has an acquisition link"
    for link in links:
        if link.get("rel") in IMAGES and link.get("type") not in {"image/gif", "image/jpeg", "image/png"}:
            yield "images are GIF, JPEG or PNG"
    if not any(link.get("type") == "application/atom+xml;type=entry;profile=opds-catalog" for link in links):
        yield "a partial entry links to the complete one"
