"""The display form of a document: sections of HTML, in which every text run carries its offset in the reading text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.extraction.display.model import Section
from chalicelib.library import access, display_store
from chalicelib.library.delivery import URL_VALID_S
from chalicelib.library.display_store import DisplayForm, StoredDisplay
from chalicelib.library.object_keys import picture_key
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database, object_deletions
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.lazy_model import LazyModel


class DocumentSection(LazyModel):
    """Section of a document: its reading text from `start` up to `end`, in code points. `title` is that of its chapter."""

    index: int
    title: str
    start: int
    end: int


class DocumentSections(LazyModel):
    """The display form of a document. The sections are in order and cover the text.

    `text_version` is the version of the text that the offsets are of, `length` its number of characters.
    """

    text_version: int
    length: int
    sections: list[DocumentSection]


class SectionHtml(LazyModel):
    """The HTML of one section: a fragment without scripts, styles, classes and ids.

    Each text run is `<span data-start="N">`, where N is its offset in the reading text: its text is exactly that of the reading
    text there. An element with `data-start` and `data-end` is shown for what is read from the one up to the other: a formula, a
    picture, a scene break. What has neither is not in the reading text. `images` are signed URLs by the name in `data-image`.
    """

    text_version: int
    index: int
    title: str
    start: int
    end: int
    html: str
    images: dict[str, str]
    expires_at: datetime


def save(connection: Connection, owner_id: UUID, media_id: UUID, form: DisplayForm | None) -> None:
    """Store the display form of the current text, in the place of a former one, or none."""
    former = display_store.get_key(connection, media_id)
    display_store.update(connection, media_id, form)
    if former is not None and (form is None or former != form.key):
        object_deletions.enqueue(connection, owner_id, [former])


def get(owner_id: UUID, media_id: UUID) -> DocumentSections:
    """Return the sections of a document's display form.

    Raises NotFoundError, also for media without a display form (`no_display_form`), and ConflictError (`not_ready`,
    `text_updating`).
    """
    with database.transaction(owner_id) as connection:
        stored, form = _get_form(connection, media_id)
        access.record_opening(connection, media_id)
    sections = [
        DocumentSection(index=index, title=section.title, start=section.start, end=section.end)
        for index, section in enumerate(form.sections)
    ]
    return DocumentSections(text_version=form.text_version, length=stored.text_length, sections=sections)


def get_section(owner_id: UUID, media_id: UUID, index: int) -> SectionHtml:
    """Return one section, with signed URLs of its pictures. Raises as `get`, and NotFoundError for one that there is not."""
    with database.transaction(owner_id) as connection:
        stored, form = _get_form(connection, media_id)
    if index >= len(form.sections):
        raise NotFoundError(
            f"{stored.filename!r} has no section {index}: its sections are 0 to {len(form.sections) - 1}."
        )
    section = form.sections[index]
    return SectionHtml(
        text_version=form.text_version,
        index=index,
        title=section.title,
        start=section.start,
        end=section.end,
        html=_read(stored, form, section),
        images={name: _presign(owner_id, media_id, name) for name in section.pictures},
        expires_at=datetime.now(UTC) + timedelta(seconds=URL_VALID_S),
    )


def _get_form(connection: Connection, media_id: UUID) -> tuple[StoredDisplay, DisplayForm]:
    access.require_open(connection, media_id)
    stored = display_store.get(connection, media_id)
    assert stored is not None  # noqa: S101 - it is open
    form = stored.form()
    if form is None and stored.is_updating:
        raise _updating_error(stored)
    if form is None:
        raise NotFoundError(
            f"{stored.filename!r} has no display form: its type has none, or none could be made. Show its text or its bytes.",
            code="no_display_form",
        )
    return stored, form


def _updating_error(stored: StoredDisplay) -> ConflictError:
    return ConflictError(
        f"The text of {stored.filename!r} is being made again, and its display form with it. Try again in a minute.",
        code="text_updating",
    )


def _read(stored: StoredDisplay, form: DisplayForm, section: Section) -> str:
    if not section.size:
        return ""
    try:
        return storage.read_range(form.key, section.at, section.at + section.size).decode()
    except storage.ObjectNotFoundError:  # another text has replaced this one meanwhile
        raise _updating_error(stored) from None


def _presign(owner_id: UUID, media_id: UUID, name: str) -> str:
    return storage.presign_get(
        picture_key(owner_id, media_id, name), filename=name, media_type="image/jpeg", inline=True, valid_s=URL_VALID_S
    )
