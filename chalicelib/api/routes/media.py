"""Routes of the media library."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from chalice.app import Blueprint
from pydantic import ConfigDict, Field, model_validator

from chalicelib.api.authorizer import authorize, authorize_player
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.auth.api_keys import Scope
from chalicelib.library import contents, delivery, display_forms, media, positions, recording_chapters, texts
from chalicelib.library.contents import Contents
from chalicelib.library.delivery import Disposition, SignedUrl, Variant
from chalicelib.library.display_forms import DocumentSections, SectionHtml
from chalicelib.library.model import Media, MediaChanges, MediaFilter, MediaPosition, MediaSort
from chalicelib.library.positions import NewMediaPosition
from chalicelib.library.recording_chapters import FileChapters
from chalicelib.library.texts import MediaText
from chalicelib.platform import caller
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.trash import trash

MERGE_PATCH = ["application/json", "application/merge-patch+json"]

routes = Blueprint(__name__)


class MediaQuery(PageQuery, MediaFilter):
    sort: MediaSort = MediaSort.NEWEST


class DeleteQuery(LazyModel):
    """`permanent` skips the trash."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    permanent: bool = False


class UrlQuery(LazyModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    disposition: Disposition = Disposition.INLINE
    variant: Variant | None = None


Offset = Annotated[int, Field(ge=0, le=10_000_000)]


class TextQuery(LazyModel):
    """One page, or a part. `start` and `end` count code points; each is moved forward to the start of a paragraph, so that
    consecutive parts neither share nor split paragraphs. Without `end`, a part is as long as a response may be. `version` is the
    `text_version` of a recording, to get the text that it was made of after another one has replaced it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    start: Offset | None = None
    end: Offset | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None

    @model_validator(mode="after")
    def _is_page_or_part(self) -> Self:
        if self.page is not None and (self.start is not None or self.end is not None):
            raise ValueError("Request either a page, or a part with start and end.")
        if self.end is not None and self.end < (self.start or 0):
            raise ValueError(f"The part starts at {self.start}, after its end at {self.end}. Swap them.")
        return self


class VersionQuery(LazyModel):
    """`version` is the `text_version` of a recording; without it, the current text is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


@routes.route("/v1/media", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=MediaQuery, response_model=Page[Media], errors=(UnprocessableContentError,)
)
def list_media(owner: UUID, query: MediaQuery) -> Page[Media]:
    """List your media, newest first unless `sort` says otherwise. Media in the trash are listed only with `status=trashed`."""
    return media.list_page(owner, query, sort=query.sort, after=query.cursor, limit=query.limit)


@routes.route("/v1/media/{media_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=Media, versioned=True, errors=(NotFoundError,))
def get_media(owner: UUID, media_id: UUID) -> Media:
    """Return a media item."""
    return media.get(owner, media_id)


@routes.route("/v1/media/{media_id}", methods=["PATCH"], authorizer=authorize, content_types=MERGE_PATCH)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=MediaChanges,
    response_model=Media,
    versioned=True,
    errors=(NotFoundError, ConflictError, UnprocessableContentError),
)
def change_media(owner: UUID, media_id: UUID, body: MediaChanges, precondition: Precondition) -> Media:
    """Change title, metadata, tags, language or encoding.

    The last two are those of the text, which is made again (`text_updating`). Recordings keep the text that they were made of.
    """
    return media.update(owner, media_id, body, precondition)


@routes.route("/v1/media/{media_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, query=DeleteQuery, status=204, errors=(NotFoundError, ConflictError))
def delete_media(owner: UUID, media_id: UUID, query: DeleteQuery) -> None:
    """Move a media item to the trash, for 30 days. With `permanent`, and if it never became ready, it is deleted at once.

    Its recordings are closed and opened with it. A signed URL that was given out before works until it expires, up to 15 minutes
    later; after a permanent deletion until its object is deleted, a few minutes later.
    """
    (trash.purge if query.permanent else trash.move_to_trash)(owner, media_id)


@routes.route(
    "/v1/media/{media_id}/restore", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(routes, scope=Scope.MEDIA_WRITE, response_model=Media, versioned=True, errors=(NotFoundError, ConflictError))
def restore_media(owner: UUID, media_id: UUID) -> Media:
    """Restore a media item from the trash, with its place in collections."""
    return trash.restore(owner, media_id)


@routes.route(
    "/v1/media/{media_id}/position", methods=["PUT"], authorizer=authorize, content_types=["application/json"]
)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewMediaPosition,
    response_model=MediaPosition,
    errors=(NotFoundError, ConflictError, UnprocessableContentError),
)
def set_media_position(owner: UUID, media_id: UUID, body: NewMediaPosition) -> MediaPosition:
    """Save where you are in a media. Its recordings continue there, and a position in one of them is one in the media.

    The latest position wins across devices; the response is the one that is stored now.
    """
    return positions.update(owner, media_id, body)


@routes.route("/v1/media/{media_id}/url", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=UrlQuery, response_model=SignedUrl, errors=(NotFoundError, ConflictError)
)
def get_media_url(owner: UUID, media_id: UUID, query: UrlQuery) -> SignedUrl:
    """Return a short-lived URL for the bytes. S3 serves Range requests on it."""
    return delivery.presign(owner, media_id, variant=query.variant, disposition=query.disposition)


@routes.route("/v1/media/stream/{media_id}", methods=["GET"], authorizer=authorize_player)
@operation(routes, scope=Scope.MEDIA_READ, status=302, errors=(NotFoundError, ConflictError))
def stream_media(owner: UUID, media_id: UUID) -> RouteResponse:
    """Redirect a player to the bytes."""
    signed = delivery.presign(owner, media_id, variant=None, disposition=Disposition.INLINE)
    return redirect(signed.url)


@routes.route("/v1/media/stream/{media_id}", methods=["HEAD"], authorizer=authorize_player)
@operation(routes, scope=Scope.MEDIA_READ, status=302, errors=(NotFoundError, ConflictError))
def head_media(owner: UUID, media_id: UUID) -> RouteResponse:
    """Redirect to storage, which says length, type and ETag of what `GET` redirects to.

    The URL is signed for HEAD only.
    """
    signed = delivery.presign(owner, media_id, variant=None, disposition=Disposition.INLINE)
    return redirect(signed.url)


@routes.route("/v1/media/{media_id}/text", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=TextQuery,
    response_model=MediaText,
    errors=(NotFoundError, ConflictError, UnprocessableContentError),
)
def get_media_text(owner: UUID, media_id: UUID, query: TextQuery) -> MediaText:
    """Return the text that will be read aloud: all of it, one page, or a part.

    A text of more than 500,000 characters is not returned at once (422 `text_too_long`). Request parts instead, each starting at
    the `end` of the previous one, until `end` is `length`.
    """
    return read_text(owner, media_id, query)


@routes.route("/v1/media/{media_id}/document", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=DocumentSections, errors=(NotFoundError, ConflictError))
def get_media_document(owner: UUID, media_id: UUID) -> DocumentSections:
    """List the sections in which a book, a Word, HTML or Markdown document is shown with its form.

    Other media have none (404 `no_display_form`). While it is made again with the text, 409 `text_updating`.
    """
    return display_forms.get(owner, media_id)


@routes.route("/v1/media/{media_id}/document/{index}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=SectionHtml, errors=(NotFoundError, ConflictError))
def get_media_document_section(owner: UUID, media_id: UUID, index: int) -> SectionHtml:
    """Return the HTML of one section, counted from 0, with signed URLs of its pictures."""
    return display_forms.get_section(owner, media_id, index)


@routes.route("/v1/media/{media_id}/contents", methods=["GET"], authorizer=authorize)
@operation(
    routes, scope=Scope.MEDIA_READ, query=VersionQuery, response_model=Contents, errors=(NotFoundError, ConflictError)
)
def get_contents(owner: UUID, media_id: UUID, query: VersionQuery) -> Contents:
    """Return the chapters and headings of a document, with their places in its text."""
    return contents.get(owner, media_id, version=query.version)


@routes.route("/v1/media/{media_id}/chapters", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=FileChapters, errors=(NotFoundError, ConflictError))
def get_chapters(owner: UUID, media_id: UUID) -> FileChapters:
    """Return the chapters that an uploaded sound or video has in itself, with their times; none for other media."""
    return recording_chapters.get(owner, media_id)


def read_text(owner: UUID, media_id: UUID, query: TextQuery) -> MediaText:
    """Return the part of a text that a query asks for."""
    if query.page is not None:
        return texts.get_page(owner, media_id, query.page, version=query.version)
    if query.start is None and query.end is None:
        return texts.get_whole(owner, media_id, version=query.version)
    return texts.get_part(owner, media_id, query.start or 0, query.end, version=query.version)


def redirect(url: str) -> RouteResponse:
    """Redirect to a presigned URL, which players may cache for half of its lifetime.

    HEAD is redirected, too, because API Gateway gives each response to HEAD the length 0. That is not cached: a cache must not
    send GET to a URL that is signed for HEAD.
    """
    cache = "no-store" if caller.current().is_head else f"private, max-age={delivery.URL_VALID_S // 2}"
    return RouteResponse(None, 302, {"Location": url, "Cache-Control": cache})
