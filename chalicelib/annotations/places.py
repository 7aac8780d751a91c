"""The place of a new annotation: its range in the current text, its page, and what the text says there."""

from __future__ import annotations

from uuid import UUID

from chalicelib.annotations.model import AnnotationKind, NewAnnotation
from chalicelib.annotations.store import AnnotatedRange
from chalicelib.library import media, store, text_places, texts
from chalicelib.library.anchors import Quotation, TextRange
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, FieldError, UnprocessableContentError

_NOTHING = Quotation("", "", "")


def locate(connection: Connection, media_id: UUID, request: NewAnnotation) -> AnnotatedRange:
    """Return the place that a request means in the current text.

    Raises NotFoundError, ConflictError (`no_text`), and UnprocessableContentError for a range outside the text or a page that the
    document does not have.
    """
    texts.lock_version(connection, media_id)
    summary = store.get_text_summary(connection, media_id)
    length = summary.text_length or 0 if summary is not None else 0
    _check_page(request.page, media.load(connection, media_id).page_count)
    if not length:
        if request.page is None:
            raise ConflictError(
                "The document has no text to annotate. Where it has pages, bookmark one by its `page`.", code="no_text"
            )
        return AnnotatedRange(0, 0, request.page, _NOTHING)
    if request.start is None:
        start = text_places.get_page_start(connection, media_id, request.page or 1)
        return AnnotatedRange(start, start, request.page, text_places.quote_position(connection, media_id, start))
    asked = TextRange(request.start, request.start if request.kind is AnnotationKind.BOOKMARK else request.end or 0)
    if request.quote is not None and not _is_at(connection, media_id, asked.start, request.quote):
        return _anchor(connection, media_id, asked, request, request.quote, length)
    _check_range(asked, length)
    return _quoted(connection, media_id, asked, request.page)


def _anchor(
    connection: Connection, media_id: UUID, asked: TextRange, request: NewAnnotation, quote: str, length: int
) -> AnnotatedRange:
    """Return the place of a text that the client has read somewhere else: the document's text was made again."""
    quotation = Quotation(quote, "", "")
    place = text_places.find_range(connection, media_id, quotation, near=min(asked.start, length))
    if place is None:
        start, end = min(asked.start, length), min(asked.end, length)
        return AnnotatedRange(start, end, request.page, quotation, detached=True)
    end = place.start if request.kind is AnnotationKind.BOOKMARK else place.end
    return _quoted(connection, media_id, TextRange(place.start, end), None)


def _quoted(connection: Connection, media_id: UUID, place: TextRange, page: int | None) -> AnnotatedRange:
    page = page or text_places.get_page(connection, media_id, place.start)
    quotation = (
        text_places.quote(connection, media_id, place.start, place.end)
        if place.end > place.start
        else text_places.quote_position(connection, media_id, place.start)
    )
    return AnnotatedRange(place.start, place.end, page, quotation)


def _is_at(connection: Connection, media_id: UUID, start: int, quote: str) -> bool:
    return texts.get_slice(connection, media_id, start, start + len(quote)) == quote


def _check_page(page: int | None, page_count: int | None) -> None:
    if page is None or page <= (page_count or 0):
        return
    detail = (
        f"The document has {page_count:,} pages, and no page {page:,}. Send a page from 1 to {page_count:,}."
        if page_count
        else f"The document has no pages, and so no page {page:,}. Send `start` instead."
    )
    raise UnprocessableContentError(detail, errors=[FieldError("page", detail)])


def _check_range(asked: TextRange, length: int) -> None:
    for field, offset in (("start", asked.start), ("end", asked.end)):
        if offset > length:
            detail = f"The offset {offset:,} is outside the text, which has {length:,} characters."
            raise UnprocessableContentError(detail, errors=[FieldError(field, detail)])
