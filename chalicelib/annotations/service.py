"""Create, get, list, change, delete and export annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from chalicelib import audit
from chalicelib.annotations import export, places, store
from chalicelib.annotations.model import (
    MAX_ANNOTATIONS,
    Annotation,
    AnnotationChanges,
    AnnotationFormat,
    AnnotationKind,
    HighlightColour,
    NewAnnotation,
)
from chalicelib.audit import Action
from chalicelib.library import access, folding, media
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, ContentTooLargeError, NotFoundError, UnprocessableContentError

BY_PLACE = "place"  # the sort order of a document's annotations
MAX_EXPORT_CHARACTERS = 1_400_000  # up to four bytes each: below the 6 MB of a response
ROWS_PER_READ = 500


class ExportedFile(NamedTuple):
    """A file to download."""

    name: str
    media_type: str
    content: str


def create(owner_id: UUID, media_id: UUID, request: NewAnnotation, *, new_id: UUID) -> tuple[Annotation, bool]:
    """Create an annotation with the id of the request, else with `new_id`; return whether it is new.

    One that exists stays as it is. Raises NotFoundError (media), UnprocessableContentError, and ConflictError (`limit_reached`,
    `id_taken`, and as `places.locate`).
    """
    annotation_id = request.id or new_id
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        is_new = store.get_media_id(connection, annotation_id) is None and _insert(
            connection, owner_id, media_id, annotation_id, request
        )
        if store.get_media_id(connection, annotation_id) != media_id:
            raise ConflictError(
                f"The id {annotation_id} is that of an annotation of another document. Make a new id.", code="id_taken"
            )
        if is_new:
            audit.record(connection, owner_id, Action.ANNOTATION_CREATED, annotation_id, kind=request.kind)
        return _load(connection, annotation_id), is_new


def _insert(
    connection: Connection, owner_id: UUID, media_id: UUID, annotation_id: UUID, request: NewAnnotation
) -> bool:
    """Insert an annotation; return False if another request with its id was faster."""
    if store.count(connection) >= MAX_ANNOTATIONS:
        raise ConflictError(
            f"You have {MAX_ANNOTATIONS:,} bookmarks, highlights and notes, which is the limit. Delete one first.",
            code="limit_reached",
        )
    annotated = places.locate(connection, media_id, request)
    is_highlight = request.kind is AnnotationKind.HIGHLIGHT
    return store.insert(
        connection,
        owner_id,
        media_id,
        annotation_id,
        kind=request.kind,
        annotated=annotated,
        colour=(request.colour or HighlightColour.YELLOW) if is_highlight else None,
        note=request.note,
        folded=_fold(annotated.quotation.exact, request.note),
    )


def get(owner_id: UUID, annotation_id: UUID) -> Annotation:
    """Raises NotFoundError, also for annotations of a document in the trash."""
    with database.transaction(owner_id) as connection:
        return _load(connection, annotation_id)


def list_of_media(owner_id: UUID, media_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Annotation]:
    """List a page of a document's annotations in the order of its text. Raises NotFoundError, and ConflictError in the trash."""
    position = cursor.decode_key(after, BY_PLACE, cursor.parse_bigint)
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        rows = store.list_by_place(connection, media_id, after=position, limit=limit + 1)
    return cursor.keyset_page(rows, limit, lambda last: cursor.encode_key(BY_PLACE, str(last.start), last.id))


def list_all(owner_id: UUID, query: str, *, after: str | None, limit: int) -> cursor.Page[Annotation]:
    """List a page of the annotations of all documents that contain what was searched for, newest first."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest(connection, folding.fold(query).split(), after=position, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def update(
    owner_id: UUID, annotation_id: UUID, changes: AnnotationChanges, precondition: Callable[[Annotation], None]
) -> Annotation:
    """Change the colour or the note of an annotation.

    `precondition` gets the annotation as it is before the change, locked, and raises to prevent it. Raises NotFoundError, and
    UnprocessableContentError for the colour of a bookmark.
    """
    with database.transaction(owner_id) as connection:
        store.lock(connection, annotation_id)
        before = _load(connection, annotation_id)
        precondition(before)
        if changes.colour is not None and before.kind is AnnotationKind.BOOKMARK:
            raise UnprocessableContentError(f"A bookmark has no colour, not even {changes.colour.value}. Leave it out.")
        note = changes.note if "note" in changes.model_fields_set else before.note
        store.update(
            connection,
            annotation_id,
            colour=changes.colour or before.colour,
            note=note,
            folded=_fold(before.quotation.exact, note),
        )
        fields = ",".join(sorted(changes.model_fields_set))
        audit.record(connection, owner_id, Action.ANNOTATION_UPDATED, annotation_id, fields=fields)
        return _load(connection, annotation_id)


def delete(owner_id: UUID, annotation_id: UUID) -> None:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        kind = _load(connection, annotation_id).kind
        store.delete(connection, annotation_id)
        audit.record(connection, owner_id, Action.ANNOTATION_DELETED, annotation_id, kind=kind)


def export_media(owner_id: UUID, media_id: UUID, file_format: AnnotationFormat) -> ExportedFile:
    """Return all annotations of a document as a file.

    Raises NotFoundError, ConflictError (`not_ready`), and ContentTooLargeError.
    """
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        document = media.load(connection, media_id)
        annotations = _list_for_export(connection, media_id)
    make = export.to_markdown if file_format is AnnotationFormat.MARKDOWN else export.to_jsonld
    name = f"{document.title}.{file_format.extension}"
    return ExportedFile(name, file_format.media_type, make(document.id, document.title, annotations))


def _list_for_export(connection: Connection, media_id: UUID) -> list[Annotation]:
    annotations: list[Annotation] = []
    characters, last = 0, None
    while True:
        rows = store.list_by_place(connection, media_id, after=last, limit=ROWS_PER_READ)
        annotations += rows
        characters += sum(len(row.note or "") + len(row.quotation.exact) for row in rows)
        if characters > MAX_EXPORT_CHARACTERS:
            raise ContentTooLargeError(
                f"The notes and passages of this document have more than {MAX_EXPORT_CHARACTERS:,} characters. Export your "
                "account, which contains all of them."
            )
        if len(rows) < ROWS_PER_READ:
            return annotations
        last = cursor.KeysetCursor(rows[-1].start, rows[-1].id)


def _load(connection: Connection, annotation_id: UUID) -> Annotation:
    annotation = store.get(connection, annotation_id)
    if annotation is None:
        raise NotFoundError(f"There is no annotation with the id {annotation_id}.")
    return annotation


def _fold(exact: str, note: str | None) -> str:
    return folding.fold(f"{exact} {note or ''}")
