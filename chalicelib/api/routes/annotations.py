"""Routes of bookmarks, highlights and notes."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint
from pydantic import ConfigDict

from chalicelib.annotations import service
from chalicelib.annotations.model import (
    Annotation,
    AnnotationChanges,
    AnnotationFormat,
    AnnotationSearch,
    NewAnnotation,
)
from chalicelib.api.authorizer import authorize
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import MERGE_PATCH
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.aws import storage
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import ConflictError, ContentTooLargeError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel

routes = Blueprint(__name__)


class AnnotationQuery(PageQuery, AnnotationSearch):
    """Which annotations to list."""


class AnnotationExportQuery(LazyModel):
    """`format`: `markdown` to read and to keep, or `jsonld` for other programs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: AnnotationFormat = AnnotationFormat.MARKDOWN


@routes.route(
    "/v1/media/{media_id}/annotations", methods=["POST"], authorizer=authorize, content_types=["application/json"]
)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=NewAnnotation,
    response_model=Annotation,
    versioned=True,
    status=201,
    other_responses={200: Annotation},
    creates=True,
    errors=(NotFoundError, ConflictError),
)
def create_annotation(owner: UUID, media_id: UUID, body: NewAnnotation, new_id: UUID) -> RouteResponse:
    """Bookmark a place, or highlight a passage, with or without a note.

    200 if an annotation with the `id` exists, which stays as it is. 409 `limit_reached` at 10,000 annotations.
    """
    annotation, is_new = service.create(owner, media_id, body, new_id=new_id)
    return RouteResponse(annotation, 201 if is_new else 200)


@routes.route("/v1/media/{media_id}/annotations", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=PageQuery,
    response_model=Page[Annotation],
    errors=(NotFoundError, ConflictError),
)
def list_media_annotations(owner: UUID, media_id: UUID, query: PageQuery) -> Page[Annotation]:
    """List the bookmarks, highlights and notes of a document in the order of its text."""
    return service.list_of_media(owner, media_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/media/{media_id}/annotations/export", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=AnnotationExportQuery,
    produces=AnnotationFormat.MARKDOWN.media_type,
    errors=(NotFoundError, ConflictError, ContentTooLargeError),
)
def export_annotations(owner: UUID, media_id: UUID, query: AnnotationExportQuery) -> RouteResponse:
    """Return all annotations of a document as a file: Markdown, or W3C Web Annotations as `application/ld+json`."""
    file = service.export_media(owner, media_id, query.format)
    disposition = storage.content_disposition(file.name, inline=False)
    return RouteResponse(file.content, headers={"Content-Type": file.media_type, "Content-Disposition": disposition})


@routes.route("/v1/annotations", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    query=AnnotationQuery,
    response_model=Page[Annotation],
    errors=(UnprocessableContentError,),
)
def list_annotations(owner: UUID, query: AnnotationQuery) -> Page[Annotation]:
    """List the bookmarks, highlights and notes of all documents, newest first, without those in the trash."""
    return service.list_all(owner, query.q, after=query.cursor, limit=query.limit)


@routes.route("/v1/annotations/{annotation_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=Annotation, versioned=True, errors=(NotFoundError,))
def get_annotation(owner: UUID, annotation_id: UUID) -> Annotation:
    """Return one annotation."""
    return service.get(owner, annotation_id)


@routes.route("/v1/annotations/{annotation_id}", methods=["PATCH"], authorizer=authorize, content_types=MERGE_PATCH)
@operation(
    routes,
    scope=Scope.MEDIA_WRITE,
    body=AnnotationChanges,
    response_model=Annotation,
    versioned=True,
    errors=(NotFoundError, UnprocessableContentError),
)
def change_annotation(
    owner: UUID, annotation_id: UUID, body: AnnotationChanges, precondition: Precondition
) -> Annotation:
    """Change the colour or the note of an annotation."""
    return service.update(owner, annotation_id, body, precondition)


@routes.route("/v1/annotations/{annotation_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_WRITE, status=204, errors=(NotFoundError,))
def delete_annotation(owner: UUID, annotation_id: UUID) -> None:
    """Delete an annotation."""
    service.delete(owner, annotation_id)
