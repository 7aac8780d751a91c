"""A recognised document: its pages are found, its text grows with them, and its view copy is made once all are finished."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from chalicelib.extraction.recognition import document as pages_file
from chalicelib.extraction.recognition import layout, text_layer
from chalicelib.inspection.model import InspectionWarning
from chalicelib.library import text_versions
from chalicelib.library.model import VersionReason
from chalicelib.library.object_keys import view_key
from chalicelib.platform import sandbox
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, lease
from chalicelib.platform.telemetry.observability import logger
from chalicelib.recognition import claim_store, messages, source_file, store
from chalicelib.recognition.messages import RecognitionMessage
from chalicelib.recognition.model import (
    MAX_IN_FLIGHT,
    MAX_PAGES,
    PageResult,
    RecognitionClaim,
    RecognitionStatus,
    RunClaim,
)
from chalicelib.recognition.source_file import SourceFile

RESULTS_PER_READ = 100  # ~1 MB
EXTRACTION_WALL_S = 90.0  # 2,000 pages of words take 20 s

# Notes of a recognition, by code.
SKIPPED_PAGES, DOUBTFUL_PAGES = "pages_not_recognized", "pages_recognized_poorly"
OUTDATED_NOTES = (SKIPPED_PAGES, DOUBTFUL_PAGES)


def find_pages_or_make_text(message: RecognitionMessage, *, lease_s: int) -> None:
    """Do what a document needs before its first page and after its last one; nothing in between."""
    with database.transaction(message.owner_id) as connection:
        claim = claim_store.claim(connection, message.recognition_id, lease_s=lease_s)
    if claim is None:
        return
    with lease.hold(claim, claim_store.release):
        try:
            source = _download(claim)
        except sandbox.SandboxError:  # a picture that cannot be read
            if not _is_any_page_recognized(claim):
                _fail(claim)
                return
            raise
        if claim.status == RecognitionStatus.QUEUED:
            _find_pages(message, claim, source)
        else:
            _make_text(claim, source)


def _download(claim: RecognitionClaim | RunClaim) -> SourceFile:
    try:
        return source_file.download(claim.owner_id, claim.media_id)
    except ObjectNotFoundError:  # it was deleted in the meantime
        raise lease.LeaseLostError from None


def _find_pages(message: RecognitionMessage, claim: RecognitionClaim, source: SourceFile) -> None:
    pages = extract.extract_in_sandbox(source.path, source_file.MEDIA_TYPE).unreadable_pages
    with database.transaction(claim.owner_id) as connection:
        claim_store.release(connection, claim)
        if not 0 < len(pages) <= MAX_PAGES:
            claim_store.complete(connection, claim, RecognitionStatus.DONE)
            store.set_progress(connection, claim.media_id, None, None, None)
            return
        store.set_progress(connection, claim.media_id, "recognizing", 0, len(pages))
        store.insert_pages(connection, claim.owner_id, claim.id, pages)
    for _ in pages[:MAX_IN_FLIGHT]:
        messages.send(message)


def make_text_of_run(message: RecognitionMessage, *, lease_s: int) -> None:
    """Add the first pages to the text, if there are enough new ones without a gap. Recordings of an earlier text keep it."""
    with database.transaction(message.owner_id) as connection:
        claim = claim_store.claim_run(connection, message.recognition_id, lease_s=lease_s)
    if claim is None:
        return
    with lease.hold(claim, claim_store.release):
        source = _download(claim)
        _make_text_of_run(claim, source)


def _make_text_of_run(claim: RunClaim, source: SourceFile) -> None:
    with tempfile.TemporaryDirectory(prefix="recognition-") as folder:
        recognized = Path(folder) / "recognized"
        pages_file.write_pages(recognized, _recognized_pages(claim, claim.page_count, [], []))
        text = _extract(claim, source, recognized)
    with database.transaction(claim.owner_id) as connection:
        claim_store.complete_run(connection, claim)
        if text.text:
            text_versions.save_new(connection, claim.owner_id, claim.media_id, text, VersionReason.RECOGNITION)
    logger.info("first pages recognised", media_id=claim.media_id, pages=claim.page_count, word_count=text.word_count)


def _extract(claim: RecognitionClaim | RunClaim, source: SourceFile, recognized: Path) -> ExtractedText:
    return extract.extract_in_sandbox(
        source.path,
        source_file.MEDIA_TYPE,
        wall_s=EXTRACTION_WALL_S,
        recognized=recognized,
        chosen_language=claim.chosen_language,
    )


def _make_text(claim: RecognitionClaim, source: SourceFile) -> None:
    skipped: list[int] = []
    doubtful: list[int] = []
    with tempfile.TemporaryDirectory(prefix="recognition-") as folder:
        recognized, view = Path(folder) / "recognized", Path(folder) / "view"
        pages_file.write_pages(recognized, _recognized_pages(claim, claim.pages[-1], skipped, doubtful))
        if len(skipped) == len(claim.pages):
            _fail(claim)
            return
        text = _extract(claim, source, recognized)
        view_copy = None if source.is_picture else _put_view_copy(claim, source, recognized, view)
    with database.transaction(claim.owner_id) as connection:
        claim_store.complete(connection, claim, RecognitionStatus.DONE)
        store.set_progress(connection, claim.media_id, None, None, None)
        if view_copy is not None:
            claim_store.update_view_copy(connection, claim.media_id, *view_copy)
        text_versions.save_new(
            connection,
            claim.owner_id,
            claim.media_id,
            text,
            VersionReason.RECOGNITION,
            notes=list(_notes(skipped, doubtful, is_picture=source.is_picture)),
            outdated_notes=OUTDATED_NOTES,
        )
    logger.info(
        "document recognised",
        media_id=claim.media_id,
        pages=len(claim.pages),
        skipped=len(skipped),
        word_count=text.word_count,
    )


def _recognized_pages(
    claim: RecognitionClaim | RunClaim, last: int, skipped: list[int], doubtful: list[int]
) -> Iterator[tuple[int, bytes]]:
    """Yield the words of the pages up to the `last` one by their indexes; note the skipped and the doubtful ones."""
    after = 0
    while results := _list_results(claim, after, last):
        for result in results:
            after = result.page
            if result.words is None:
                skipped.append(result.page)
                continue
            if result.confidence is not None and result.confidence < layout.MIN_PAGE_CONFIDENCE:
                doubtful.append(result.page)
            yield result.page - 1, bytes(result.words)


def _is_any_page_recognized(claim: RecognitionClaim) -> bool:
    return not claim.pages or any(_recognized_pages(claim, claim.pages[-1], [], []))


def _list_results(claim: RecognitionClaim | RunClaim, after: int, last: int) -> list[PageResult]:
    with database.transaction(claim.owner_id) as connection:
        return claim_store.list_results(connection, claim.id, after=after, last=last, limit=RESULTS_PER_READ)


def _put_view_copy(
    claim: RecognitionClaim, source: SourceFile, recognized: Path, target: Path
) -> tuple[str, int] | None:
    """Replace the view copy by one with a text layer; return its ETag and size. None if none can be made: the old one stays.

    A worker that dies behind this leaves a copy whose text layer the next one replaces.
    """
    if not text_layer.add_in_sandbox(source.path, recognized, target):
        return None
    key = view_key(claim.owner_id, claim.media_id, source_file.MEDIA_TYPE)
    replaces = source.etag if source.media.view_etag is not None else None
    etag = storage.put(key, target, media_type=source_file.MEDIA_TYPE, replaces=replaces)
    return etag, target.stat().st_size


def _fail(claim: RecognitionClaim) -> None:
    with database.transaction(claim.owner_id) as connection:
        claim_store.complete(connection, claim, RecognitionStatus.FAILED)
        store.set_progress(connection, claim.media_id, "failed", 0, len(claim.pages))
    logger.warning("document not recognised", media_id=claim.media_id, pages=len(claim.pages))


def _notes(skipped: Sequence[int], doubtful: Sequence[int], *, is_picture: bool) -> Iterator[InspectionWarning]:
    if skipped:
        detail = (
            f"The text of {page_list(skipped)} could not be recognized and is not read aloud. You can view the pages."
        )
        yield InspectionWarning(SKIPPED_PAGES, detail)
    if doubtful:
        place, remedy = ("the picture", "sharper picture") if is_picture else (page_list(doubtful), "better scan")
        detail = f"The text of {place} was hard to recognize and may be wrong. A {remedy} would help."
        yield InspectionWarning(DOUBTFUL_PAGES, detail)


def page_list(pages: Sequence[int]) -> str:
    """Return the pages as people write them: "page 3", "pages 3, 5–9 and 12"."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][-1] + 1:
            ranges[-1][1:] = [page]
        else:
            ranges.append([page])
    names = ["–".join(map(str, bounds)) for bounds in ranges]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{'page' if len(pages) == 1 else 'pages'} {listed}"
