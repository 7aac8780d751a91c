"""Text versions: a document's text is made again, and recordings, positions and exports keep their places.

New recordings, search and readers use the current text. A recording goes on with the text that it was made of, which is deleted
with the last of its recordings. The listener's position and annotations move to the same words of the new text.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from uuid import UUID

from chalicelib.extraction import extract, language
from chalicelib.extraction.model import EXTRACTOR_VERSION, ExtractedText
from chalicelib.inspection.model import InspectionWarning
from chalicelib.library import (
    anchors,
    annotation_ranges,
    passage_store,
    passages,
    position_store,
    search_index,
    texts,
)
from chalicelib.library import text_version_store as store
from chalicelib.library.anchors import Quotation
from chalicelib.library.model import Status, VersionReason
from chalicelib.library.text_version_store import CurrentText, TextVersion
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.telemetry.observability import logger


def save_new(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    text: ExtractedText,
    reason: VersionReason,
    *,
    notes: Sequence[InspectionWarning] = (),
    outdated_notes: Collection[str] = (),
) -> int:
    """Make a text the current one of a ready media, and return its number.

    If its characters are those of the current text, that version stays, with the new blocks and chapters. The media's notes about
    its text are replaced, as are those with a code of `outdated_notes`. Raises NotFoundError, and ConflictError (`not_ready`) for
    media that are neither ready nor in the trash.
    """
    current = store.lock_current(connection, media_id)
    if current is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if current.status not in {Status.READY, Status.TRASHED}:
        raise ConflictError(
            f"{current.filename!r} is {current.status}. Only ready media have a text.", code="not_ready"
        )
    former = texts.get_slice(connection, media_id, 0, current.text_length or 0)
    number = current.text_version
    if former and former != text.text:
        _keep_former(connection, owner_id, media_id, current)
        _move_position(connection, media_id, former, text.text)
        number += 1
    version = TextVersion(
        number,
        reason,
        current.chosen_language or (text.language if text.language != language.UNDETERMINED else None),
        len(text.text),
        text.word_count,
        [asdict(chapter) for chapter in text.chapters],
        EXTRACTOR_VERSION,
    )
    kept_notes = [note for note in current.notes if note["code"] not in {*extract.EXTRACTION_WARNINGS, *outdated_notes}]
    added_notes = [{"code": note.code, "detail": note.detail} for note in (*notes, *_warnings(text))]
    store.update_current(connection, media_id, version, [*kept_notes, *added_notes])
    store.upsert(connection, owner_id, media_id, version)
    rows = passages.split_text(text.text, [page.end for page in text.pages]) if text.text else []
    passage_store.replace(connection, owner_id, media_id, rows, passages.list_marks(rows, text))
    if former != text.text:
        annotation_ranges.move(connection, media_id, text.text, rows, former_length=len(former))
    search_index.replace(connection, media_id, rows)
    store.delete_unused(connection, media_id)
    logger.info("text version saved", media_id=media_id, reason=reason.value, version=number, characters=len(text.text))
    return number


def _keep_former(connection: Connection, owner_id: UUID, media_id: UUID, current: CurrentText) -> None:
    """Keep the current text for its recordings, if there are any."""
    if not store.set_jobs_version(connection, media_id, current.text_version):
        return
    version = TextVersion(
        current.text_version,
        VersionReason.INGEST,  # of an earlier release; the row of a later one has its own
        current.language,
        current.text_length or 0,
        current.word_count or 0,
        current.chapters,
        current.text_extractor,
        current.ready_at,
    )
    store.upsert(connection, owner_id, media_id, version)
    store.keep_passages(connection, media_id, current.text_version)


def _move_position(connection: Connection, media_id: UUID, former: str, text: str) -> None:
    """Move the listener's position to the same words. If they are gone, it stays at as great a part of the text."""
    position = position_store.get(connection, media_id)
    if position is None:
        return
    if position.detached and position.quotation is not None:
        quotation = Quotation.from_selector(position.quotation)
    else:
        quotation = anchors.quote_position(former, position.text_offset)
    expected = min(len(text), position.text_offset * len(text) // max(len(former), 1))
    place = anchors.find(text, quotation, near=expected)
    text_offset = expected if place is None else place.start
    position_store.move(
        connection,
        media_id,
        text_offset=text_offset,
        fraction=text_offset / max(len(text), 1),
        quotation=quotation,
        detached=place is None,
    )


def _warnings(text: ExtractedText) -> list[InspectionWarning]:
    return [] if text.warning is None else [InspectionWarning(text.warning, extract.EXTRACTION_WARNINGS[text.warning])]
