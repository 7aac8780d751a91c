"""What goes into an export, in which order: any process can go on behind any file.

Rows are read while they may still change; an export is what was there while it ran, not at one moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chalicelib.account import store as accounts
from chalicelib.account.export.contents import store
from chalicelib.account.export.contents.store import Recording, StoredMedia
from chalicelib.account.store import OwnedTable
from chalicelib.library.model import original_key, view_key
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import jobs

ROWS_PER_FILE = 10_000  # of the widest table ~60 MB of JSON: seconds
ROWS_PER_READ = 500
OBJECTS_PER_READ = 200
MAX_NAME_CHARACTERS = 150  # with its folders still below the 255 that file systems take
RECORDED_BYTES_PER_MS = 8  # 64 kbit/s

# Tables that say nothing of the owner that is not said elsewhere. Every other owned table is exported.
OMITTED_TABLES = {
    "audit_heads": "the ends of the chain in audit_events",
    "erasures": "there is none, or there is no export",
    "export_entries": "the making of this archive",
    "export_parts": "the making of this archive",
    "idempotency_keys": "answers that were given, with signed URLs in them; kept for a day",
    "multipart_uploads": "storage's names of uploads under way",
    "object_deletions": "storage's names of what is being deleted",
    "outbox": "messages between functions",
    "podcasts": "proofs of tokens; which collection has a feed stands in the audit trail",
    "search_configs": "the languages of the search index",
    "search_words": "the search index of what is in media_passages",
}

README = """Everything that this account held while the archive was made.

rows/        what the database knows, one file per kind of thing, as JSON. Long lists go on in -2, -3 and so on.
media/       your files, each in a folder named by its id in rows/media.json. Of a document that carried scripts or other
             active content, the copy without them is here; no other copy is ever handed out.
recordings/  what was read aloud, each in a folder named by its id in rows/speech_jobs.json, with the time of every word.

manifest.json lists every other file with its size and SHA-256.

rows/audit_events.json is a chain: each hash is the SHA-256 of the hash before it (nothing for event 1) and the JSON array
[owner id, number, microseconds since 1970, actor, action, subject id, detail, address, agent, request id].
"""

STORE, COMPRESS = 0, 6  # levels of zlib: books, pictures and recordings are compressed already

Place = dict[str, Any]


@dataclass(frozen=True)
class StreamedFile:
    """A file for the archive. `place`, asked once the content was read, is where its source goes on."""

    name: str
    content: Iterator[bytes]
    level: int
    source: str
    place: Callable[[], Place]
    size_bytes: int = 0


@dataclass(frozen=True)
class _Stored:
    """An object for the archive."""

    id: UUID
    folder: str
    name: str
    key: str
    level: int
    size_bytes: int


def list_files(
    owner_id: UUID, *, source: str | None, place: Place | None, manifest: Callable[[], Iterator[bytes]]
) -> Iterator[StreamedFile]:
    """All files behind a place, in order; from the beginning without a source."""
    with database.transaction(owner_id) as connection:
        tables = [table for table in accounts.list_owned_tables(connection) if table.name not in OMITTED_TABLES]
    sources: dict[str, Callable[[Place | None], Iterator[StreamedFile]]] = {
        "readme": lambda done: _single("readme", "README.txt", lambda: iter([README.encode()]), done),
        **{f"rows {table.name}": _rows_of(owner_id, table) for table in tables},
        "media": _objects(owner_id, "media", _media),
        "recordings": _objects(owner_id, "recordings", _recordings),
        "marks": _objects(owner_id, "marks", _marks),
        "manifest": lambda done: _single("manifest", "manifest.json", manifest, done),
    }
    names = list(sources)
    for name in names[names.index(source) if source else 0 :]:
        yield from sources[name](place if name == source else None)


def _single(
    source: str, name: str, content: Callable[[], Iterator[bytes]], done: Place | None
) -> Iterator[StreamedFile]:
    if done is None:
        yield StreamedFile(name, content(), COMPRESS, source, dict)


# ---- rows ---------------------------------------------------------------------------------------------------------------


@dataclass
class _Rows:
    """A JSON array of up to ROWS_PER_FILE rows behind `last`, which moves along."""

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

    def is_over(self) -> bool:
        return not self._read(1)

    def place(self) -> Place:
        return {"number": self.number, "after": self.last}

    def _read(self, limit: int) -> list[tuple[str, list[str]]]:
        with database.transaction(self.owner_id) as connection:
            return store.list_rows(connection, self.table, self.last, limit=limit)


def _rows_of(owner_id: UUID, table: OwnedTable) -> Callable[[Place | None], Iterator[StreamedFile]]:
    source = f"rows {table.name}"

    def of(done: Place | None) -> Iterator[StreamedFile]:
        number, after = (done["number"], done["after"]) if done else (0, None)
        while True:
            number += 1
            rows = _Rows(owner_id, table, number, after)
            if number > 1 and rows.is_over():
                return
            name = f"rows/{table.name}.json" if number == 1 else f"rows/{table.name}-{number}.json"
            yield StreamedFile(name, rows.content(), COMPRESS, source, rows.place)
            after = rows.last

    return of


# ---- objects ------------------------------------------------------------------------------------------------------------


def _objects(
    owner_id: UUID, source: str, find: Callable[[Connection, UUID | None], Sequence[_Stored]]
) -> Callable[[Place | None], Iterator[StreamedFile]]:
    def of(done: Place | None) -> Iterator[StreamedFile]:
        after = UUID(done["after"]) if done else None
        while True:
            with database.transaction(owner_id) as connection:
                found = find(connection, after)
            for stored in found:
                yield _object(source, stored)
                after = stored.id
            if len(found) < OBJECTS_PER_READ:
                return

    return of


def _object(source: str, stored: _Stored) -> StreamedFile:
    def place() -> Place:
        return {"after": str(stored.id)}

    folder = f"{stored.folder}/{stored.id}/"
    try:
        content = storage.stream(stored.key)
    except ObjectNotFoundError:  # purged a moment ago, or lost: then the sweep tells the operators
        logger.warning("export without an object", source=source, subject_id=stored.id)
        said = f"{stored.name} was not there any more.\n".encode()
        return StreamedFile(folder + "MISSING.txt", iter([said]), COMPRESS, source, place)
    return StreamedFile(folder + safe_name(stored.name), content, stored.level, source, place, stored.size_bytes)


def _media(connection: Connection, after: UUID | None) -> list[_Stored]:
    return [_of_media(media) for media in store.list_media(connection, after, limit=OBJECTS_PER_READ)]


def _of_media(media: StoredMedia) -> _Stored:
    level = COMPRESS if media.media_type.startswith("text/") else STORE
    if media.original_withheld:
        key = view_key(media.owner_id, media.id, media.media_type)
    else:
        key = original_key(media.owner_id, media.id)
    return _Stored(media.id, "media", media.filename, key, level, media.size_bytes)


def _recordings(connection: Connection, after: UUID | None) -> list[_Stored]:
    return [_of_recording(found) for found in store.list_recordings(connection, after, limit=OBJECTS_PER_READ)]


def _of_recording(found: Recording) -> _Stored:
    key = jobs.recording_key(found.owner_id, found.id)
    return _Stored(found.id, "recordings", "audio.mp3", key, STORE, found.duration_ms * RECORDED_BYTES_PER_MS)


def _marks(connection: Connection, after: UUID | None) -> list[_Stored]:
    found = store.list_recordings(connection, after, limit=OBJECTS_PER_READ)
    return [
        _Stored(each.id, "recordings", "marks.json", jobs.marks_key(each.owner_id, each.id), COMPRESS, 0)
        for each in found
    ]


def safe_name(filename: str) -> str:
    """A name that every file system takes and that leads nowhere else."""
    plain = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", filename).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > MAX_NAME_CHARACTERS and dot and len(ending) <= 10:
        return f"{stem[: MAX_NAME_CHARACTERS - len(ending) - 1]}.{ending}"
    return plain[:MAX_NAME_CHARACTERS] or "file"
