"""The files of publications: what is shown of a media, its latest recording, and the archives that were made of that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from chalicelib.exports.model import MEDIA_TYPES, Format
from chalicelib.inspection import types
from chalicelib.library import access, delivery
from chalicelib.library import store as library_store
from chalicelib.library.delivery import Disposition, Variant
from chalicelib.library.model import StoredObject
from chalicelib.library.object_keys import cover_key
from chalicelib.opds import store
from chalicelib.opds.model import PublicationFile
from chalicelib.opds.texts import ENGLISH, Texts
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import artwork, jobs
from chalicelib.speech.podcast import store as recording_store


def list_by_media(
    owner_id: UUID, media_ids: Sequence[UUID], texts: Texts, *, has_recordings: bool
) -> dict[UUID, list[PublicationFile]]:
    """Return the downloads of each media, its own file first."""
    files: dict[UUID, list[PublicationFile]] = defaultdict(list)
    with database.transaction(owner_id) as connection:
        for stored in library_store.list_objects(connection, media_ids):
            files[stored.id].append(_file(stored, texts))
        recordings = recording_store.list_latest_recordings(connection, media_ids) if has_recordings else []
        media_by_job = {recording.job_id: recording.media_id for recording in recordings}
        exports = store.list_done_exports(connection, list(media_by_job), [*texts.exports]) if media_by_job else []
    for recording in recordings:
        path = f"/recordings/{recording.job_id}/audio.mp3"
        files[recording.media_id].append(
            PublicationFile(path, jobs.RECORDING_MEDIA_TYPE, texts.recording, recording.size_bytes)
        )
    for export in exports:
        file_format = Format(export.format)
        files[media_by_job[export.job_id]].append(
            PublicationFile(
                f"/exports/{export.id}/{file_format}",
                MEDIA_TYPES[file_format],
                texts.exports[file_format],
                export.size_bytes,
            )
        )
    return dict(files)


def has_cover(media_type: str) -> bool:
    """Return whether media of a type have a cover in JPEG, provided that they have a thumbnail."""
    kind = types.ACCEPTED_TYPES.get(media_type)
    return kind is not None and kind.has_text


def sign_file_url(owner_id: UUID, media_id: UUID) -> str:
    """Return a URL of what is shown of a media, as a file to save. Raises like `delivery.presign`."""
    return delivery.presign(owner_id, media_id, variant=Variant.VIEW, disposition=Disposition.ATTACHMENT).url


def sign_cover_url(owner_id: UUID, media_id: UUID) -> str:
    """Return a URL of a cover. Raises NotFoundError, also without a cover, and like `access.require_open`."""
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
    key = cover_key(owner_id, media_id)
    try:
        storage.size(key)
    except storage.ObjectNotFoundError:
        raise NotFoundError(f"The media {media_id} has no cover.", code="no_thumbnail") from None
    return storage.presign_get(
        key, filename="cover.jpg", media_type=artwork.MEDIA_TYPE, inline=True, valid_s=delivery.URL_VALID_S
    )


def _file(stored: StoredObject, texts: Texts) -> PublicationFile:
    kind = types.ACCEPTED_TYPES[stored.media_type]
    selected = delivery.select_object(stored, Variant.VIEW, Disposition.ATTACHMENT)
    media_type = kind.view_media_type if stored.view_bytes is not None else stored.media_type
    title = kind.label.partition(" ")[2] if texts is ENGLISH else kind.extensions[0].removeprefix(".").upper()
    return PublicationFile(f"/media/{stored.id}/file", media_type, title, selected.size_bytes)
