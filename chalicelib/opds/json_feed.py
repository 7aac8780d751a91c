"""OPDS 2.0: feeds and publications in JSON. Source: drafts.opds.io/opds-2.0 and its JSON schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from chalicelib.opds.atom import ACQUISITION
from chalicelib.opds.model import Feed, FeedKind, NavigationEntry, Publication, PublicationFile

FEED_TYPE = "application/opds+json"
PUBLICATION_TYPE = "application/opds-publication+json"

_AUDIO_BOOK, _BOOK, _WORK = (f"http://schema.org/{name}" for name in ("Audiobook", "Book", "CreativeWork"))


def render_feed(feed: Feed, *, root: str, files: str, no_cover: str) -> str:
    """Render a feed. `root` is the address of the catalogue, `files` that of the downloads, `no_cover` that of a PNG for
    publications without a cover: the schema demands a picture of each.
    """
    links = [
        _link("self", root + feed.path, FEED_TYPE),
        _link("start", root, FEED_TYPE),
        {**_link("search", f"{root}/media{{?q}}", FEED_TYPE), "templated": True},
    ]
    if feed.next_path is not None:
        links.append(_link("next", root + feed.next_path, FEED_TYPE))
    document: dict[str, Any] = {"metadata": {"title": feed.title, "modified": _time(feed.updated_at)}, "links": links}
    if feed.kind is FeedKind.ACQUISITION:
        document["publications"] = [_publication(item, root, files, no_cover) for item in feed.publications]
    else:
        document["navigation"] = [_navigation_link(entry, root) for entry in feed.entries]
    return json.dumps(document)


def render_publication(publication: Publication, *, root: str, files: str, no_cover: str) -> str:
    """Render a publication as a document of its own."""
    return json.dumps(_publication(publication, root, files, no_cover))


def _navigation_link(entry: NavigationEntry, root: str) -> dict[str, Any]:
    link = {**_link(entry.relation, root + entry.path, FEED_TYPE), "title": entry.title}
    return link if entry.count is None else {**link, "properties": {"numberOfItems": entry.count}}


def _publication(publication: Publication, root: str, files: str, no_cover: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "@type": _work_type(publication),
        "identifier": publication.id.urn,
        "title": publication.title,
        "author": list(publication.authors),
        "language": publication.language,
        "publisher": publication.publisher,
        "published": _date(publication.published),
        "modified": _time(publication.updated_at),
        "description": publication.summary,
        "subject": list(publication.tags),
    }
    if publication.series:
        metadata["belongsTo"] = {"series": {"name": publication.series, **_position(publication.series_index)}}
    cover = {"href": files + publication.cover_path, "type": "image/jpeg"}
    return {
        "metadata": {key: value for key, value in metadata.items() if value},
        "links": [
            _link("self", root + publication.path, PUBLICATION_TYPE),
            *(_acquisition(download, files) for download in publication.downloads),
        ],
        "images": [cover if publication.has_cover else {"href": no_cover, "type": "image/png"}],
    }


def _position(index: float | None) -> dict[str, float]:
    """Return the position in a series, as a whole number where it is one: some readers take no others."""
    return {} if index is None else {"position": int(index) if index.is_integer() else index}


def _acquisition(download: PublicationFile, files: str) -> dict[str, Any]:
    link = {**_link(ACQUISITION, files + download.path, download.media_type), "title": download.title}
    return link if download.size_bytes is None else {**link, "size": download.size_bytes}


def _work_type(publication: Publication) -> str:
    families = {download.media_type.partition("/")[0] for download in publication.downloads[:1]}
    return _AUDIO_BOOK if families == {"audio"} else _WORK if families & {"image", "video"} else _BOOK


def _link(relation: str, address: str, media_type: str) -> dict[str, Any]:
    return {"rel": relation, "href": address, "type": media_type}


def _date(published: str | None) -> str | None:
    """Return a year or a month as its first day: the schema takes days only."""
    return None if published is None else "-".join([*published.split("-"), "01", "01"][:3])


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
