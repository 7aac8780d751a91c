"""Everything in an account as an archive, in a fixed order so that it resumes after any file.

Rows are read while they may still change: an export is the state of the account while it was made, not at one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.exports import claim_store
from chalicelib.exports.archive import (
    ArchivePosition,
    ContentPosition,
    HashedEntry,
    SourcePosition,
    StreamedArchive,
    StreamedFile,
)
from chalicelib.exports.claim_store import AccountExportClaim
from chalicelib.exports.content import store
from chalicelib.exports.content.store import StoredMedia, StoredRecording
from chalicelib.library.object_keys import original_key, view_key
from chalicelib.platform import file_names
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.resumable_upload import Part, UploadProgress
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, owned_tables
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.owned_tables import OwnedTable
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import jobs

ROWS_PER_FILE = 10_000  # of the widest table ~60 MB of JSON: seconds
ROWS_PER_READ = 500
OBJECTS_PER_READ = 200
RECORDED_BYTES_PER_MS = 8  # 64 kbit/s
COMPLETE = "complete"  # the source after the last: all parts are in storage

# Tables that contain nothing about the owner beyond what others contain. Every other owned table is exported.
OMITTED_TABLES = {
    "audit_checks": "how far the sweep has verified audit_events",
    "audit_heads": "the ends of the chain in audit_events",
    "changes": "which of the other rows changed when, for clients that keep copies; kept for 31 days",
    "erasures": "an account that has one cannot be exported",
    "export_entries": "the checkpoint of this archive",
    "export_parts": "the checkpoint of this archive",
    "idempotency_keys": "stored responses with signed URLs in them; kept for a day",
    "multipart_uploads": "S3's ids of unfinished uploads",
    "object_deletions": "S3 keys of objects to delete",
    "outbox": "messages between functions",
    "podcasts": "hashes of tokens; the audit trail shows which collections have a feed",
    "recognition_pages": "the words of unfinished recognitions; the text in media_passages is made of them",
    "search_configs": "the languages of the search index",
    "search_words": "the search index of media_passages",
    "speech_pending_jobs": "the turns of jobs in speech_jobs at voice providers",
    "speech_pending_owners": "the same turns, by owner",
    "webhook_sequences": "the last numbers of the events in webhook_deliveries",
}

# A credential's hash helps its owner with nothing, and secrets are shown once.
OMITTED_COLUMNS = {"api_keys": ["secret_hash"], "shares": ["password_hash"], "webhooks": ["secret", "previous_secret"]}

README = """Everything in this account at the time of the export.

rows/        database rows as JSON, one file per table. Long tables continue in -2, -3 and so on.
media/       your files, each in a folder named after its id in rows/media.json. For a document with scripts or other active
             content, the copy without them is included; no other copy can be downloaded.
recordings/  the audio of your documents, each in a folder named after its id in rows/speech_jobs.json, with the time of
             every word.

manifest.json lists all other files with their size and SHA-256.

rows/audit_events.json is a chain: each hash is the SHA-256 of the hash before it (nothing for event 1) and the JSON array
[owner id, number, microseconds since 1970, actor, action, subject id, detail, address, agent, request id].
Older events have two actions by their former names: capability.given is token.issued, upload.given_up is upload.aborted.
"""

NO_COMPRESSION, COMPRESSION = 0, 6  # levels of zlib: books, images and recordings are compressed already


class ManifestFile(LazyModel):
    """A file of the archive; `sha256` is hex."""

    name: str
    size_bytes: int
    sha256: str


class Manifest(LazyModel):
    """The last file of an export: it lists all others."""

    export_id: UUID
    account_id: UUID
    requested_at: datetime
    files: list[ManifestFile]


class AccountContent:
    """The export of an account. Its size is unknown until its last file was read."""

    digest = ""  # an export never starts anew because its content has changed

    def __init__(self, claim: AccountExportClaim, entries: Sequence[HashedEntry], etags: list[str]) -> None:
        self._claim = claim
        self._archive = StreamedArchive(entries, offset=claim.byte_count, made_at=claim.created_at)
        self._is_written = claim.source == COMPLETE
        self.progress = UploadProgress(claim.upload_id, self.digest, etags)

    @classmethod
    def load(cls, connection: Connection, claim: AccountExportClaim) -> AccountContent:
        return cls(claim, claim_store.list_entries(connection, claim.id), claim_store.list_etags(connection, claim.id))

    @property
    def size(self) -> int | None:
        return self._archive.offset if self._is_written else None

    def list_parts(self, uploaded: int) -> Iterator[Part[ArchivePosition]]:
        del uploaded  # the claim's source and position are where to resume
        if self._is_written:
            return
        files = list_files(
            self._claim.owner_id,
            source=self._claim.source,
            position=self._claim.source_position,
            manifest=self._manifest,
        )
        for part in self._archive.list_parts(files, end=ContentPosition(COMPLETE, None)):
            self._is_written = part.is_last
            yield part

    def start(self, upload_id: str, digest: str) -> None:
        del digest
        with database.transaction(self._claim.owner_id) as connection:
            claim_store.start_account_upload(connection, self._claim, upload_id)

    def record_parts(self, etags: Sequence[str], position: ArchivePosition) -> None:
        with database.transaction(self._claim.owner_id) as connection:
            claim_store.record_account_parts(connection, self._claim, etags, position)

    def _manifest(self) -> Iterator[bytes]:
        """Yield the manifest of the files that the archive contains when this is read: all others."""
        files = [
            ManifestFile(name=entry.name, size_bytes=entry.size_bytes, sha256=entry.sha256)
            for entry in self._archive.entries
        ]
        claim = self._claim
        manifest = Manifest(export_id=claim.id, account_id=claim.owner_id, requested_at=claim.created_at, files=files)
        yield manifest.model_dump_json(indent=1).encode()


def list_files(
    owner_id: UUID, *, source: str | None, position: SourcePosition | None, manifest: Callable[[], Iterator[bytes]]
) -> Iterator[StreamedFile]:
    """Yield all files behind a position, in order; from the beginning without a source."""
    with database.transaction(owner_id) as connection:
        tables = [table for table in owned_tables.list_owned_tables(connection) if table.name not in OMITTED_TABLES]
    sources: dict[str, Callable[[SourcePosition | None], Iterator[StreamedFile]]] = {
        "readme": lambda after: _single_file("readme", "README.txt", lambda: iter([README.encode()]), after),
        **{f"rows {table.name}": _row_files(owner_id, table) for table in tables},
        "media": _object_files(owner_id, "media", _list_media),
        "recordings": _object_files(owner_id, "recordings", _list_recordings),
        "marks": _object_files(owner_id, "marks", _list_marks),
        "manifest": lambda after: _single_file("manifest", "manifest.json", manifest, after),
    }
    names = list(sources)
    for name in names[names.index(source) if source else 0 :]:
        yield from sources[name](position if name == source else None)


def _single_file(
    source: str, name: str, content: Callable[[], Iterator[bytes]], after: SourcePosition | None
) -> Iterator[StreamedFile]:
    if after is None:
        yield StreamedFile(name, content(), COMPRESSION, lambda: ContentPosition(source, {}))


# ---- rows ---------------------------------------------------------------------------------------------------------------


@dataclass
class _RowFile:
    """A JSON array of up to ROWS_PER_FILE rows behind the key `last`, which advances as rows are read."""

    owner_id: UUID
    table: OwnedTable
    number: int
    last: list[str] | None

    def content(self) -> Iterator[bytes]:
        yield b"["
        separator, count = b"\n", 0
        while count < ROWS_PER_FILE:
            rows = self._read(ROWS_PER_READ)
            for row, key in rows:
                yield separator + row.encode()
                separator, self.last = b",\n", key
            count += len(rows)
            if len(rows) < ROWS_PER_READ:
                break
        yield b"\n]\n"

    def is_empty(self) -> bool:
        return not self._read(1)

    def next_position(self) -> ContentPosition:
        return ContentPosition(f"rows {self.table.name}", {"number": self.number, "after": self.last})

    def _read(self, limit: int) -> list[tuple[str, list[str]]]:
        with database.transaction(self.owner_id) as connection:
            return store.list_rows(
                connection, self.table, self.last, omitted_columns=OMITTED_COLUMNS.get(self.table.name, []), limit=limit
            )


def _row_files(owner_id: UUID, table: OwnedTable) -> Callable[[SourcePosition | None], Iterator[StreamedFile]]:
    def list_row_files(position: SourcePosition | None) -> Iterator[StreamedFile]:
        number, after = (position["number"], position["after"]) if position else (0, None)
        while True:
            number += 1
            rows = _RowFile(owner_id, table, number, after)
            if number > 1 and rows.is_empty():
                return
            name = f"rows/{table.name}.json" if number == 1 else f"rows/{table.name}-{number}.json"
            yield StreamedFile(name, rows.content(), COMPRESSION, rows.next_position)
            after = rows.last

    return list_row_files


# ---- objects ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ObjectFile:
    """An object in storage that becomes a file of the archive."""

    id: UUID
    folder: str
    name: str
    key: str
    level: int
    size_bytes: int


def _object_files(
    owner_id: UUID, source: str, list_objects: Callable[[Connection, UUID | None], Sequence[_ObjectFile]]
) -> Callable[[SourcePosition | None], Iterator[StreamedFile]]:
    def list_object_files(position: SourcePosition | None) -> Iterator[StreamedFile]:
        after = UUID(position["after"]) if position else None
        while True:
            with database.transaction(owner_id) as connection:
                objects = list_objects(connection, after)
            for stored in objects:
                yield _stream_object(source, stored)
                after = stored.id
            if len(objects) < OBJECTS_PER_READ:
                return

    return list_object_files


def _stream_object(source: str, stored: _ObjectFile) -> StreamedFile:
    def next_position() -> ContentPosition:
        return ContentPosition(source, {"after": str(stored.id)})

    folder = f"{stored.folder}/{stored.id}/"
    try:
        content = storage.stream(stored.key)
    except ObjectNotFoundError:  # purged a moment ago, or lost: then the sweep reports it to the operators
        logger.warning("object missing from export", source=source, subject_id=stored.id)
        message = f"{stored.name} no longer exists.\n".encode()
        return StreamedFile(folder + "MISSING.txt", iter([message]), COMPRESSION, next_position)
    return StreamedFile(folder + file_names.safe(stored.name), content, stored.level, next_position, stored.size_bytes)


def _list_media(connection: Connection, after: UUID | None) -> list[_ObjectFile]:
    return [_media_file(media) for media in store.list_media(connection, after, limit=OBJECTS_PER_READ)]


def _media_file(media: StoredMedia) -> _ObjectFile:
    level = COMPRESSION if media.media_type.startswith("text/") else NO_COMPRESSION
    if media.original_withheld:
        key = view_key(media.owner_id, media.id, media.media_type)
    else:
        key = original_key(media.owner_id, media.id)
    return _ObjectFile(media.id, "media", media.filename, key, level, media.size_bytes)


def _list_recordings(connection: Connection, after: UUID | None) -> list[_ObjectFile]:
    return [_audio_file(recording) for recording in store.list_recordings(connection, after, limit=OBJECTS_PER_READ)]


def _audio_file(recording: StoredRecording) -> _ObjectFile:
    key, size_bytes = (
        jobs.recording_key(recording.owner_id, recording.id),
        recording.duration_ms * RECORDED_BYTES_PER_MS,
    )
    return _ObjectFile(recording.id, "recordings", "audio.mp3", key, NO_COMPRESSION, size_bytes)


def _list_marks(connection: Connection, after: UUID | None) -> list[_ObjectFile]:
    return [_marks_file(recording) for recording in store.list_recordings(connection, after, limit=OBJECTS_PER_READ)]


def _marks_file(recording: StoredRecording) -> _ObjectFile:
    key = jobs.marks_key(recording.owner_id, recording.id)
    return _ObjectFile(recording.id, "recordings", "marks.json", key, COMPRESSION, 0)
