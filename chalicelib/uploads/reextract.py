"""Re-extraction: make the text of a stored document again, as its owner chose, or with a newer extractor.

It runs in the ingest function, which has the parsers. The text and the end of its request are stored in one transaction, so that
it can be repeated after a crash, and begins anew when the owner has chosen something else meanwhile.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from chalicelib.extraction import extract
from chalicelib.extraction.model import EXTRACTOR_VERSION, ExtractedText
from chalicelib.formats.charset import Encoding
from chalicelib.inspection import examine, types
from chalicelib.inspection.model import InspectionWarning
from chalicelib.inspection.previews import view_copy
from chalicelib.library import display_forms as library_display_forms
from chalicelib.library import (
    passage_store,
    search_index,
    text_request_store,
    text_version_store,
    text_versions,
)
from chalicelib.library import store as library_store
from chalicelib.library.display_store import DisplayForm
from chalicelib.library.model import Status, VersionReason
from chalicelib.library.object_keys import original_key, view_key, withheld_key
from chalicelib.library.text_request_store import TextRequestClaim
from chalicelib.library.text_requests import NOT_UPDATED_CODE, TextRequestMessage
from chalicelib.metadata import read as metadata
from chalicelib.metadata.model import Metadata
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.telemetry.observability import logger
from chalicelib.uploads import display_forms, pictures

WORK_S = 85  # of the function's 90; 5 s remain to record the outcome
MIN_EXTRACTION_S = 15  # 1,200 pages take 4 s; if a slow machine has less time left, the queue retries
LEASE_S = 95  # the function's time limit and a little: a lease never expires while its worker lives
ENCODING_GUESSED_CODE = "encoding_guessed"


class ReextractOutcome(StrEnum):
    DONE = "done"
    UNCHANGED = "unchanged"  # no text could be made, and the former one stays
    NO_REQUEST = "no_request"  # a repeated message, or another worker has the request
    LEASE_LOST = "lease_lost"  # the owner chose something else meanwhile, or deleted the media


@dataclass(frozen=True, slots=True)
class _Result:
    """The new text of a stored document, with what depends on its encoding. Without a text, `failure` says why there is none."""

    text: ExtractedText | None
    failure: str = ""
    has_new_view: bool = False
    view_etag: str | None = None
    view_bytes: int | None = None
    notes: tuple[InspectionWarning, ...] = ()
    metadata: Metadata | None = None
    display: DisplayForm | None = None


def reextract(message: TextRequestMessage) -> ReextractOutcome:
    """Make a requested text and store it as the current one; safe to repeat.

    A failure of ours (storage or database down) is raised, so that the queue retries. Without a text, the former one stays, and a
    note tells the owner.
    """
    with database.transaction(message.owner_id) as connection:
        request = text_request_store.claim(connection, message.media_id, lease_s=LEASE_S)
    if request is None:
        return ReextractOutcome.NO_REQUEST
    outcome = ReextractOutcome.LEASE_LOST
    with lease.hold(request, text_request_store.release):
        outcome = _reextract(request)
    return outcome  # noqa: RET504 - the block may end early, and quietly


def _reextract(request: TextRequestClaim) -> ReextractOutcome:
    if request.status not in {Status.READY, Status.TRASHED}:
        return _complete(request, _Result(None))
    if request.is_recognized:  # its text is that of the recognition, which sees the chosen language for itself
        return _complete_language(request)
    with tempfile.TemporaryDirectory(prefix="reextract-") as folder:
        return _complete(request, _extract(request, Path(folder), Deadline(WORK_S)))


def _extract(request: TextRequestClaim, folder: Path, deadline: Deadline) -> _Result:
    source, view = folder / "source", folder / "view"
    result = _Result(None)
    if request.reason == VersionReason.ENCODING:
        _download(_stored_key(request), source)
        result = _write_view(request, source, view, deadline)
        if result.failure:
            return result
        path = view if view.exists() else source
    else:
        path = source
        key = view_key(request.owner_id, request.id, request.media_type) if request.has_view else _stored_key(request)
        _download(key, path)
    text = extract.extract_in_sandbox(
        path,
        request.media_type,
        wall_s=deadline.check(extract.WALL_S, min_s=MIN_EXTRACTION_S),
        chosen_language=request.chosen_language,
        structure=folder / "structure",
    )
    if text.warning == "unreadable" or not text.text:
        return replace(result, failure="no text was found in the file" if request.has_text else "")
    file_type = types.ACCEPTED_TYPES[request.media_type]
    if not request.has_metadata:
        wall_s = deadline.check(metadata.WALL_S, min_s=0)
        result = replace(result, metadata=metadata.read_in_sandbox(path, request.media_type, wall_s=wall_s))
        pictures.store_previews(request.owner_id, request.id, path, file_type, deadline)
    display = display_forms.store(request.owner_id, request.id, path, file_type, text, folder / "structure", deadline)
    if view.exists():
        key = view_key(request.owner_id, request.id, request.media_type)
        media_type = types.ACCEPTED_TYPES[request.media_type].view_media_type
        etag = storage.put(key, view, media_type=media_type)
        result = replace(result, view_etag=etag, view_bytes=view.stat().st_size)
    return replace(result, text=text, display=display)


def _write_view(request: TextRequestClaim, source: Path, view: Path, deadline: Deadline) -> _Result:
    """Write the copy in UTF-8 that another encoding needs; none for a text that browsers read as it is."""
    codec, notes = request.chosen_encoding, tuple[InspectionWarning, ...]()
    if codec is None:
        report = examine.examine(
            source,
            declared_type=request.media_type,
            filename=request.filename,
            size_bytes=source.stat().st_size,
            sha256=None,
            wall_s=deadline.check(examine.WALL_S, min_s=examine.WALL_S),
        )
        if report.rejection is not None:
            return _Result(None, failure="its encoding was not recognized")
        codec = report.encoding
        notes = tuple(note for note in report.warnings if note.code == ENCODING_GUESSED_CODE)
    if codec is not None:
        file_type = types.ACCEPTED_TYPES[request.media_type]
        wall_s = deadline.check(view_copy.WALL_S, min_s=view_copy.WALL_S)
        if view_copy.make_view_copy(source, view, file_type, encoding=codec, wall_s=wall_s) is not None:
            return _Result(None, failure=f"it is not a text in {Encoding(codec).name}")
    return _Result(None, has_new_view=True, notes=notes)


def _complete(request: TextRequestClaim, result: _Result) -> ReextractOutcome:
    with database.transaction(request.owner_id) as connection:
        text_request_store.complete(connection, request)
        if result.text is None:
            text_version_store.update_extractor(connection, request.id, EXTRACTOR_VERSION)
            if request.reason != VersionReason.UPGRADE and result.failure:
                _note_failure(connection, request, result.failure)
            outcome = ReextractOutcome.UNCHANGED
        else:
            _save(connection, request, result.text, result)
            outcome = ReextractOutcome.DONE
    logger.info("text request finished", media_id=request.id, reason=request.reason, outcome=outcome.value)
    return outcome


def _save(connection: Connection, request: TextRequestClaim, text: ExtractedText, result: _Result) -> None:
    outdated = {NOT_UPDATED_CODE, *([ENCODING_GUESSED_CODE] if result.has_new_view else [])}
    if result.has_new_view:
        text_request_store.update_view(connection, request.id, etag=result.view_etag, size_bytes=result.view_bytes)
    number = text_versions.save_new(
        connection,
        request.owner_id,
        request.id,
        text,
        VersionReason(request.reason),
        notes=result.notes,
        outdated_notes=outdated,
    )
    display = None if result.display is None else replace(result.display, text_version=number)
    library_display_forms.save(connection, request.owner_id, request.id, display)
    names = library_store.get_names(connection, request.id)
    if result.metadata is not None and names is not None:
        library_store.update_names(connection, request.id, names.with_file_metadata(asdict(result.metadata)))
        search_index.update_heading(connection, request.id)


def _complete_language(request: TextRequestClaim) -> ReextractOutcome:
    """Index a recognized text by the rules of the language that was chosen for it."""
    with database.transaction(request.owner_id) as connection:
        text_request_store.complete(connection, request)
        text_version_store.update_extractor(connection, request.id, EXTRACTOR_VERSION)
        search_index.replace(connection, request.id, passage_store.list_current(connection, request.id))
    return ReextractOutcome.DONE


def _note_failure(connection: Connection, request: TextRequestClaim, failure: str) -> None:
    chosen = request.chosen_encoding if request.reason == VersionReason.ENCODING else request.chosen_language
    name = Encoding(chosen).name if chosen and request.reason == VersionReason.ENCODING else chosen
    detail = (
        f"The text was not made again with the {request.reason} {name or 'that was found'}: {failure}. The former text is "
        f"still read. Choose another {request.reason}."
    )
    text_request_store.add_note(connection, request.id, InspectionWarning(NOT_UPDATED_CODE, detail))


def _stored_key(request: TextRequestClaim) -> str:
    return (withheld_key if request.original_withheld else original_key)(request.owner_id, request.id)


def _download(key: str, target: Path) -> None:
    with target.open("wb") as file:
        for chunk in storage.stream(key):
            file.write(chunk)
