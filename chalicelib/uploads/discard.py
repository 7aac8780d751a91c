"""Discard the bytes in the incoming bucket of an upload that has ended, and tell its owner of those that were not inspected.

A signed PUT stays valid for minutes. While the object is there, storage rejects another one (`If-None-Match`); afterwards it
accepts any bytes of that size and type, and a form accepts them at any time. They are never read, so the media's notes and the
audit trail say what became of them. The same bytes again are a client's retry, and change nothing.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection.model import InspectionWarning
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.uploads import store

OTHER_BYTES = InspectionWarning(
    "other_bytes_removed",
    "Other bytes were also sent to the address of this upload. They were deleted and never read. "
    "An address is for one file: to send another one, start a new upload.",
)


def discard(owner_id: UUID, media_id: UUID, *, inspected_etag: str | None = None) -> None:
    """Delete every version of an incoming object. Without `inspected_etag`, the row knows which bytes were inspected."""
    versions = storage.list_incoming_versions(incoming_key(owner_id, media_id))
    etags = {version.etag for version in versions if version.etag}
    if etags - {inspected_etag}:
        _tell(owner_id, media_id, etags)
    storage.delete_incoming_versions(versions)


def _tell(owner_id: UUID, media_id: UUID, etags: set[str]) -> None:
    with suppress(AccountBeingErasedError), database.transaction(owner_id) as connection:
        if store.add_note_on_other_bytes(connection, media_id, OTHER_BYTES, etags):
            audit.record(connection, owner_id, Action.UPLOAD_BYTES_DISCARDED, media_id)
