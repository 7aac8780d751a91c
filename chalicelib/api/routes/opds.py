"""Routes of the catalogue for e-readers: OPDS 1.2 (Atom), OPDS 2.0 (JSON), and the downloads of both.

Basic authentication: readers send an API key as the password. Downloads redirect to presigned URLs of another host, which clients
do not send the password to (RFC 9110, section 15.4; storage rejects a request with two kinds of credentials). Titles of feeds are
in the language that Accept-Language prefers.
"""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint, Request

from chalicelib.api import public_address
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import MediaQuery, redirect
from chalicelib.auth.api_key_proof import ProvedKey
from chalicelib.auth.api_keys import Scope
from chalicelib.exports import request as exports
from chalicelib.opds import atom, catalog, downloads, json_feed
from chalicelib.opds.model import Feed, Publication
from chalicelib.opds.texts import Texts, select_texts
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.speech import jobs

ATOM_PATH, JSON_PATH = "/v1/opds", "/v1/opds/v2"
ICON_PATH = "/icon-512.png"  # of the page, beside the API

routes = Blueprint(__name__)


class OpdsQuery(MediaQuery):
    """`sort`, `cursor` and what to list, as for `GET /v1/media`. Only ready media are listed."""


LISTINGS = {
    "collections": catalog.list_collections,
    "creators": catalog.list_creators,
    "series": catalog.list_series,
    "tags": catalog.list_tags,
}


@routes.route(ATOM_PATH, methods=["GET"])
@operation(routes, produces=atom.NAVIGATION_TYPE, basic=True, scope=Scope.MEDIA_READ)
def get_opds_root(owner: UUID, request: Request) -> RouteResponse:
    """Return the catalogue of your library for e-readers (OPDS 1.2): the feed that leads to all others.

    Basic authentication: the password is an API key, the user name does not matter. A key without `speech:read` sees no
    recordings.
    """
    del owner  # the first feed is the same for all
    return _atom_feed(catalog.get_root(_texts(request)), request)


@routes.route(f"{ATOM_PATH}/search.xml", methods=["GET"])
@operation(routes, produces=atom.SEARCH_TYPE, basic=True, scope=Scope.MEDIA_READ)
def get_opds_search_description(owner: UUID, request: Request) -> RouteResponse:
    """Return the OpenSearch description: the address where readers search titles, authors and series."""
    del owner  # the description is the same for all
    text = atom.render_search_description(_texts(request).search_description, root=_root(request, ATOM_PATH))
    return RouteResponse(text, 200, {"Content-Type": atom.SEARCH_TYPE})


@routes.route(f"{ATOM_PATH}/media", methods=["GET"])
@operation(
    routes,
    query=OpdsQuery,
    produces=atom.ACQUISITION_TYPE,
    basic=True,
    scope=Scope.MEDIA_READ,
    errors=(NotFoundError, UnprocessableContentError),
)
def list_opds_media(owner: UUID, query: OpdsQuery, request: Request, key: ProvedKey) -> RouteResponse:
    """List ready media with their downloads; the link `next` leads to the next page."""
    return _atom_feed(_list_media(owner, query, _texts(request), key), request)


@routes.route(f"{ATOM_PATH}/media/{{media_id}}", methods=["GET"])
@operation(routes, produces=atom.ENTRY_TYPE, basic=True, scope=Scope.MEDIA_READ, errors=(NotFoundError, ConflictError))
def get_opds_media(owner: UUID, media_id: UUID, request: Request, key: ProvedKey) -> RouteResponse:
    """Return one media with its downloads."""
    publication = _get_media(owner, media_id, _texts(request), key)
    text = atom.render_publication(publication, root=_root(request, ATOM_PATH))
    return RouteResponse(text, 200, {"Content-Type": atom.ENTRY_TYPE})


@routes.route(f"{ATOM_PATH}/{{listing}}", methods=["GET"])
@operation(
    routes,
    query=PageQuery,
    produces=atom.NAVIGATION_TYPE,
    basic=True,
    scope=Scope.MEDIA_READ,
    errors=(NotFoundError, UnprocessableContentError),
)
def list_opds(owner: UUID, listing: str, query: PageQuery, request: Request) -> RouteResponse:
    """List `collections`, or `creators`, `series` or `tags` of ready media, with the number of media in each."""
    return _atom_feed(_list(owner, listing, query, _texts(request)), request)


@routes.route(JSON_PATH, methods=["GET"])
@operation(routes, produces=json_feed.FEED_TYPE, basic=True, scope=Scope.MEDIA_READ)
def get_opds2_root(owner: UUID, request: Request) -> RouteResponse:
    """Return the catalogue of your library for e-readers (OPDS 2.0), with the same feeds and authentication as `/v1/opds`."""
    del owner  # the first feed is the same for all
    return _json_feed(catalog.get_root(_texts(request)), request)


@routes.route(f"{JSON_PATH}/media", methods=["GET"])
@operation(
    routes,
    query=OpdsQuery,
    produces=json_feed.FEED_TYPE,
    basic=True,
    scope=Scope.MEDIA_READ,
    errors=(NotFoundError, UnprocessableContentError),
)
def list_opds2_media(owner: UUID, query: OpdsQuery, request: Request, key: ProvedKey) -> RouteResponse:
    """List ready media with their downloads; the link `next` leads to the next page."""
    return _json_feed(_list_media(owner, query, _texts(request), key), request)


@routes.route(f"{JSON_PATH}/media/{{media_id}}", methods=["GET"])
@operation(
    routes,
    produces=json_feed.PUBLICATION_TYPE,
    basic=True,
    scope=Scope.MEDIA_READ,
    errors=(NotFoundError, ConflictError),
)
def get_opds2_media(owner: UUID, media_id: UUID, request: Request, key: ProvedKey) -> RouteResponse:
    """Return one media with its downloads."""
    text = json_feed.render_publication(_get_media(owner, media_id, _texts(request), key), **_json_addresses(request))
    return RouteResponse(text, 200, {"Content-Type": json_feed.PUBLICATION_TYPE})


@routes.route(f"{JSON_PATH}/{{listing}}", methods=["GET"])
@operation(
    routes,
    query=PageQuery,
    produces=json_feed.FEED_TYPE,
    basic=True,
    scope=Scope.MEDIA_READ,
    errors=(NotFoundError, UnprocessableContentError),
)
def list_opds2(owner: UUID, listing: str, query: PageQuery, request: Request) -> RouteResponse:
    """List `collections`, or `creators`, `series` or `tags` of ready media, with the number of media in each."""
    return _json_feed(_list(owner, listing, query, _texts(request)), request)


@routes.route(f"{ATOM_PATH}/media/{{media_id}}/file", methods=["GET", "HEAD"])
@operation(routes, status=302, basic=True, scope=Scope.MEDIA_READ, errors=(NotFoundError, ConflictError))
def get_opds_file(owner: UUID, media_id: UUID) -> RouteResponse:
    """Redirect to what is shown of a media, as a file to save: for PDFs and books with active content the copy without it."""
    return redirect(downloads.sign_file_url(owner, media_id))


@routes.route(f"{ATOM_PATH}/media/{{media_id}}/cover.jpg", methods=["GET", "HEAD"])
@operation(routes, status=302, basic=True, scope=Scope.MEDIA_READ, errors=(NotFoundError, ConflictError))
def get_opds_cover(owner: UUID, media_id: UUID) -> RouteResponse:
    """Redirect to the cover of a document: a JPEG, as OPDS demands, for lists and pages of the title."""
    return redirect(downloads.sign_cover_url(owner, media_id))


@routes.route(f"{ATOM_PATH}/recordings/{{job_id}}/audio.mp3", methods=["GET", "HEAD"])
@operation(routes, status=302, basic=True, scope=Scope.SPEECH_READ, errors=(NotFoundError, ConflictError))
def get_opds_recording(owner: UUID, job_id: UUID) -> RouteResponse:
    """Redirect to a finished recording."""
    return redirect(jobs.sign_audio_url(owner, job_id))


@routes.route(f"{ATOM_PATH}/exports/{{export_id}}/{{file_format}}", methods=["GET", "HEAD"])
@operation(routes, status=302, basic=True, scope=Scope.SPEECH_READ, errors=(NotFoundError, ConflictError))
def get_opds_export(owner: UUID, export_id: UUID, file_format: str) -> RouteResponse:
    """Redirect to an archive of a recording that was made before: an audio book (`m4b`) or an EPUB with audio (`epub`)."""
    export = exports.get_speech_export(owner, None, export_id)
    if export.url is None or export.format != file_format:
        raise NotFoundError(f"There is no finished export {export_id} in the format {file_format[:80]!r}.")
    return redirect(export.url)


def _list_media(owner: UUID, query: OpdsQuery, texts: Texts, key: ProvedKey) -> Feed:
    return catalog.list_publications(
        owner, query, texts, sort=query.sort, after=query.cursor, limit=query.limit, has_recordings=_reads_speech(key)
    )


def _get_media(owner: UUID, media_id: UUID, texts: Texts, key: ProvedKey) -> Publication:
    return catalog.get_publication(owner, media_id, texts, has_recordings=_reads_speech(key))


def _list(owner: UUID, listing: str, query: PageQuery, texts: Texts) -> Feed:
    if listing not in LISTINGS:
        raise NotFoundError(f"There is no list of {listing[:80]!r}. There are {', '.join(LISTINGS)}.")
    return LISTINGS[listing](owner, texts, after=query.cursor, limit=query.limit)


def _texts(request: Request) -> Texts:
    return select_texts(request.headers.get("accept-language"))


def _reads_speech(key: ProvedKey) -> bool:
    return Scope.SPEECH_READ in key.scopes


def _atom_feed(feed: Feed, request: Request) -> RouteResponse:
    text = atom.render_feed(feed, root=_root(request, ATOM_PATH))
    return RouteResponse(text, 200, {"Content-Type": atom.feed_type(feed)})


def _json_feed(feed: Feed, request: Request) -> RouteResponse:
    text = json_feed.render_feed(feed, **_json_addresses(request))
    return RouteResponse(text, 200, {"Content-Type": json_feed.FEED_TYPE})


def _json_addresses(request: Request) -> dict[str, str]:
    api = public_address.api_url(request)
    page = api.removesuffix("/api")
    return {"root": _root(request, JSON_PATH), "files": _root(request, ATOM_PATH), "no_cover": page + ICON_PATH}


def _root(request: Request, path: str) -> str:
    return public_address.api_url(request) + path
