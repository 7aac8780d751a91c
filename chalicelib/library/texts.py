"""The reading text of a media: stored in passages, returned whole or in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from uuid import UUID

from chalicelib.extraction.model import EXTRACTOR_VERSION, BlockSpan, ExtractedText, Omission
from chalicelib.library import access, marks, passage_store, passages, search_index, store, text_version_store
from chalicelib.library.marks import TextMarks
from chalicelib.library.model import Chapter, VersionReason
from chalicelib.library.passages import Passage, PassageMarks
from chalicelib.library.store import TextSummary
from chalicelib.library.text_version_store import TextVersion
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel

# UTF-8 takes up to four bytes a character, and a Lambda response holds 6 MB in all.
MAX_RESPONSE_CHARACTERS = 500_000
MAX_PARAGRAPH_CHARACTERS = 20_000  # the next paragraph is looked for this far; a longer one is split
MAX_TEXT_CHARACTERS = 2**31 - 1  # an offset behind every text
_GAP = "\n\n"  # between paragraphs


class MediaText(TextMarks):
    """The text of a document, or a part of it. `start` and `end` are the part's offsets in code points, `length` is that of the
    whole text; `pages` is 0 for documents without pages.

    Blocks of the kinds `code`, `footnote` and `toc` are read aloud only on request. Every block of the document is in the text or
    in `left_out`. `version` is the number of the text, which changes when it is made again.
    """

    version: int
    pages: int
    chapters: list[Chapter]
    text: str
    start: int
    end: int
    length: int


class ReadableMedia(LazyModel):
    """A ready media that has text, as a speech job needs it. `is_partial`: the text behind `length` is still being recognized."""

    title: str
    language: str
    length: int
    version: int
    chapters: list[Chapter]
    is_partial: bool = False


def save(connection: Connection, owner_id: UUID, media_id: UUID, text: ExtractedText | None) -> None:
    """Store the first text of a media, if it has one, and index it together with the title.

    Call it for every media that becomes ready, after its title and language are stored: media without text are found by their
    titles.
    """
    rows = passages.split_text(text.text, [page.end for page in text.pages]) if text is not None and text.text else []
    if text is not None:
        passage_store.replace(connection, owner_id, media_id, rows, passages.list_marks(rows, text))
        text_version_store.update_extractor(connection, media_id, EXTRACTOR_VERSION)
    if text is not None and rows:
        version = TextVersion(
            1,
            VersionReason.INGEST,
            text.language,
            len(text.text),
            text.word_count,
            [asdict(chapter) for chapter in text.chapters],
            EXTRACTOR_VERSION,
        )
        text_version_store.upsert(connection, owner_id, media_id, version)
    search_index.replace(connection, media_id, rows)


def get_readable(connection: Connection, media_id: UUID, *, version: int | None = None) -> ReadableMedia:
    """Return what describes a text of a media, without a version the current one.

    Raises NotFoundError, also for a version without recordings, and ConflictError if there is no text to read (yet): `not_ready`,
    `recognizing`, `no_text`, `no_text_layer`.
    """
    return _to_readable(_get_summary(connection, media_id, version))


def get_speakable(connection: Connection, media_id: UUID) -> ReadableMedia:
    """Return what describes the text to speak: of a scan, the pages from the first up to one that is still being recognized.

    Raises as `get_readable`, and ConflictError while the text of the first page is missing.
    """
    summary = _get_summary(connection, media_id, None)
    if not summary.is_being_recognized:
        return _to_readable(summary)
    if not summary.speakable_length:
        raise _being_recognized_error(summary)
    return _to_readable(replace(summary, text_length=summary.speakable_length), is_partial=True)


def _get_summary(connection: Connection, media_id: UUID, version: int | None) -> TextSummary:
    access.require_open(connection, media_id)
    summary = store.get_text_summary(connection, media_id, version=version)
    if summary is None:
        raise NotFoundError(
            f"There is no version {version} of the text of {media_id}. An earlier text is kept while a recording of it exists."
        )
    return summary


def _being_recognized_error(summary: TextSummary) -> ConflictError:
    return ConflictError(
        f"The text of {summary.title!r} is being recognized. Wait until its `text_status` is no longer `recognizing`, or its "
        "`recognition.text_pages` is greater than 0.",
        code="recognizing",
    )


def _to_readable(summary: TextSummary, *, is_partial: bool = False) -> ReadableMedia:
    if not summary.text_length:
        if summary.is_being_recognized:
            raise _being_recognized_error(summary)
        for note in summary.notes:
            if note["code"] == "no_text_layer":
                raise ConflictError(f"{summary.title!r} cannot be read aloud. {note['detail']}", code="no_text_layer")
        raise ConflictError(f"{summary.title!r} contains no text to read aloud.", code="no_text")
    return ReadableMedia(
        title=summary.title,
        language=summary.language or "en",
        length=summary.text_length,
        version=summary.version,
        chapters=[Chapter.model_validate(chapter) for chapter in summary.chapters],
        is_partial=is_partial,
    )


def get_slice(connection: Connection, media_id: UUID, start: int, end: int, *, version: int | None = None) -> str:
    """Return the code points from `start` to `end` of a text, without a version of the current one."""
    rows = passage_store.list_passages(connection, media_id, start, end, version=version)
    if not rows:
        return ""
    offset = rows[0].text_start
    return "".join(row.body for row in rows)[start - offset : end - offset]


def list_passages(connection: Connection, media_id: UUID, media: ReadableMedia) -> list[Passage]:
    """List all passages of a text that `get_readable` returned, in order; their bodies, joined, are the text."""
    return passage_store.list_passages(connection, media_id, 0, media.length, version=media.version)


def lock_version(connection: Connection, media_id: UUID) -> None:
    """Keep the current text of a media until the end of the transaction, in which a recording of it is requested."""
    text_version_store.lock_shared(connection, media_id)


def delete_unused(connection: Connection, media_id: UUID) -> None:
    """Delete the earlier texts of a media that no recording needs any more."""
    text_version_store.delete_unused(connection, media_id)


def list_blocks(
    connection: Connection, media_id: UUID, start: int, end: int, *, version: int | None = None
) -> Sequence[BlockSpan]:
    """List the blocks that overlap a text from `start` to `end`; none in texts of an earlier release.

    Without a version, of the current text.
    """
    return list_marks(connection, media_id, start, end, version=version).blocks


def list_left_out(connection: Connection, media_id: UUID, *, version: int | None = None) -> list[Omission]:
    """List what the document has beside its text. As for `list_blocks`."""
    rows = passage_store.list_marks(connection, media_id, 0, MAX_TEXT_CHARACTERS, version=version)
    return list(dict.fromkeys(omission for row in rows for omission in row.marks.left_out))


def list_marks(
    connection: Connection, media_id: UUID, start: int, end: int, *, version: int | None = None
) -> PassageMarks:
    """List the blocks and spans that overlap a text from `start` to `end`, and what was left out around it, each in order.

    As for `list_blocks`.
    """
    rows = passage_store.list_marks(connection, media_id, start, end, version=version)
    blocks = dict.fromkeys(block for row in rows for block in row.marks.blocks)
    spans = dict.fromkeys(span for row in rows for span in row.marks.spans)
    return PassageMarks(
        [block for block in blocks if block.start < end and block.end > start],
        [span for span in spans if span.start < end and span.end > start],
        [omission for row in rows for omission in row.marks.left_out],
    )


def get_whole(owner_id: UUID, media_id: UUID, *, version: int | None = None) -> MediaText:
    """Raises NotFoundError, ConflictError, and UnprocessableContentError if the text is too long for one response."""
    with database.transaction(owner_id) as connection:
        media = get_readable(connection, media_id, version=version)
        access.record_opening(connection, media_id)
        if media.length > MAX_RESPONSE_CHARACTERS:
            raise _too_long_error(f"The text of {media.title!r}", media.length, 0)
        rows = passage_store.list_marks(connection, media_id, 0, media.length, version=media.version)
        if marks.fitting_end(rows, 0, media.length) < media.length:
            raise _too_many_blocks_error(f"The text of {media.title!r}", 0)
        text = get_slice(connection, media_id, 0, media.length, version=media.version)
        return _to_media_text(
            connection, media_id, media, text, 0, marks.clip(rows, 0, media.length, length=media.length)
        )


def get_part(owner_id: UUID, media_id: UUID, start: int, end: int | None, *, version: int | None = None) -> MediaText:
    """Return a part of the text; `start` and `end` move to the next start of a paragraph.

    Returns less if that does not fit into one response, and an empty text beyond the end. Raises NotFoundError and ConflictError.
    """
    with database.transaction(owner_id) as connection:
        media = get_readable(connection, media_id, version=version)
        access.record_opening(connection, media_id)
        first = min(start, media.length)
        last = min(media.length, first + MAX_RESPONSE_CHARACTERS, media.length if end is None else end)
        end_of_rows = last + MAX_PARAGRAPH_CHARACTERS
        rows = passage_store.list_marks(connection, media_id, first, end_of_rows, version=media.version)
        last = marks.fitting_end(rows, first, last)
        offset = max(0, first - len(_GAP))
        text = get_slice(connection, media_id, offset, last + MAX_PARAGRAPH_CHARACTERS, version=media.version)
        first, last = (offset + _paragraph_start(text, position - offset) for position in (first, last))
        clipped = marks.clip(rows, first, last, length=media.length)
        return _to_media_text(connection, media_id, media, text[first - offset : last - offset], first, clipped)


def _paragraph_start(text: str, position: int) -> int:
    """Return where the next paragraph starts; the position itself if none starts soon enough."""
    if position in (0, len(text)):
        return position
    gap = text.find(_GAP, max(0, position - len(_GAP)), position + MAX_PARAGRAPH_CHARACTERS)
    if gap >= 0:
        return gap + len(_GAP)
    return len(text) if len(text) < position + MAX_PARAGRAPH_CHARACTERS else position


def get_page(owner_id: UUID, media_id: UUID, number: int, *, version: int | None = None) -> MediaText:
    """Return one page of the reading text. Raises NotFoundError and ConflictError."""
    with database.transaction(owner_id) as connection:
        media = get_readable(connection, media_id, version=version)
        access.record_opening(connection, media_id)
        page_rows = passage_store.list_page_passages(connection, media_id, number, version=media.version)
        if not page_rows:
            pages = passage_store.get_last_page(connection, media_id, version=media.version)
            hint = f"its pages are 1 to {pages}" if pages else "it has no pages, so get the whole text"
            raise NotFoundError(f"{media.title!r} has no page {number}: {hint}.")
        text, start = "".join(row.body for row in page_rows), page_rows[0].text_start
        end = start + len(text)
        if len(text) > MAX_RESPONSE_CHARACTERS:
            raise _too_long_error(f"Page {number} of {media.title!r}", len(text), start)
        rows = passage_store.list_marks(connection, media_id, start, end, version=media.version)
        if marks.fitting_end(rows, start, end) < end:
            raise _too_many_blocks_error(f"Page {number} of {media.title!r}", start)
        clipped = marks.clip(rows, start, end, length=media.length, page=number)
        return _to_media_text(connection, media_id, media, text, start, clipped)


def _too_long_error(subject: str, length: int, start: int) -> UnprocessableContentError:
    return _partition_error(
        f"{subject} has {length:,} characters, and one response holds {MAX_RESPONSE_CHARACTERS:,}", start
    )


def _too_many_blocks_error(subject: str, start: int) -> UnprocessableContentError:
    return _partition_error(
        f"{subject} has more than the {marks.MAX_BLOCKS_AND_SPANS:,} blocks and spans, or the {marks.MAX_LEFT_OUT:,} items left "
        "out, that one response holds",
        start,
    )


def _partition_error(problem: str, start: int) -> UnprocessableContentError:
    return UnprocessableContentError(
        f"{problem}. Get it in parts: the first with ?start={start}, each next one with the end of the one before.",
        code="text_too_long",
    )


def _to_media_text(
    connection: Connection, media_id: UUID, media: ReadableMedia, text: str, start: int, of_part: TextMarks
) -> MediaText:
    return MediaText(
        version=media.version,
        pages=passage_store.get_last_page(connection, media_id, version=media.version),
        chapters=media.chapters,
        text=text,
        start=start,
        end=start + len(text),
        length=media.length,
        blocks=of_part.blocks,
        spans=of_part.spans,
        left_out=of_part.left_out,
    )
