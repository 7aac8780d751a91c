"""SQL of the pronunciation lexicon. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection
from chalicelib.speech.lexicon.model import LexiconEntry, NewLexiconEntry, Pronunciation

PRONUNCIATION_COLUMNS: LiteralString = "written, spoken, ipa, language, whole_word, case_sensitive"
ENTRY_COLUMNS: LiteralString = f"id, {PRONUNCIATION_COLUMNS}, media_id, created_at, updated_at"
# Entries of a document in the trash are not shown; they are deleted and restored with it.
_IS_SHOWN: LiteralString = "(media_id IS NULL OR media_id NOT IN (SELECT id FROM media WHERE status = 'trashed'))"


@dataclass(frozen=True, slots=True)
class Document:
    """A document, and the length of its text in characters."""

    id: UUID
    language: str
    length: int


class EntryExistsError(Exception):
    """The owner already has an entry for this word, in this language and for these documents."""


def insert(connection: Connection, owner_id: UUID, entry_id: UUID, entry: NewLexiconEntry) -> None:
    """Insert an entry unless its id exists. Raises EntryExistsError; the transaction must then be rolled back."""
    from psycopg import errors

    try:
        connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
        connection.execute(
            """INSERT INTO lexicon_entries (id, owner_id, media_id, language, written, spoken, ipa, whole_word, case_sensitive)
               VALUES (%(id)s, %(owner)s, %(media_id)s, %(language)s, %(written)s, %(spoken)s, %(ipa)s, %(whole_word)s,
                       %(case_sensitive)s)
               ON CONFLICT (id) DO NOTHING""",
            {"id": entry_id, "owner": owner_id, **entry.model_dump()},
        )
    except errors.UniqueViolation:
        raise EntryExistsError(entry.written) from None


def update(connection: Connection, entry_id: UUID, entry: NewLexiconEntry) -> None:
    """Replace an entry. Raises EntryExistsError; the transaction must then be rolled back."""
    from psycopg import errors

    try:
        connection.execute(
            """UPDATE lexicon_entries
               SET media_id = %(media_id)s, language = %(language)s, written = %(written)s, spoken = %(spoken)s, ipa = %(ipa)s,
                   whole_word = %(whole_word)s, case_sensitive = %(case_sensitive)s, updated_at = now()
               WHERE id = %(id)s""",
            {"id": entry_id, **entry.model_dump()},
        )
    except errors.UniqueViolation:
        raise EntryExistsError(entry.written) from None


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM lexicon_entries").fetchone()
    return int(row[0]) if row else 0


def exists(connection: Connection, entry_id: UUID) -> bool:
    return connection.execute("SELECT 1 FROM lexicon_entries WHERE id = %s", [entry_id]).fetchone() is not None


def get(connection: Connection, entry_id: UUID) -> LexiconEntry | None:
    return database.fetch_one(
        connection,
        LexiconEntry,
        f"SELECT {ENTRY_COLUMNS} FROM lexicon_entries WHERE id = %(id)s AND {_IS_SHOWN}",
        {"id": entry_id},
    )


def lock(connection: Connection, entry_id: UUID) -> None:
    """Lock an entry against other changes until the end of the transaction."""
    connection.execute("SELECT FROM lexicon_entries WHERE id = %s FOR UPDATE", [entry_id])


def list_newest(
    connection: Connection, *, media_id: UUID | None, after: TimeCursor | None, limit: int
) -> list[LexiconEntry]:
    """List entries, newest first; those of one document if there is a `media_id`."""
    condition: LiteralString = "(created_at, id) < (%(at)s, %(id)s)" if after else "true"
    return database.fetch(
        connection,
        LexiconEntry,
        f"""SELECT {ENTRY_COLUMNS} FROM lexicon_entries
            WHERE {_IS_SHOWN} AND {condition} AND (%(media)s::uuid IS NULL OR media_id = %(media)s)
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"media": media_id, "at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def list_pronunciations(connection: Connection, media_id: UUID | None) -> list[Pronunciation]:
    """List what counts for a document: its own entries before those for all documents, longer before shorter."""
    return database.fetch(
        connection,
        Pronunciation,
        f"""SELECT {PRONUNCIATION_COLUMNS} FROM lexicon_entries WHERE media_id IS NULL OR media_id = %(media)s
            ORDER BY media_id IS NULL, length(written) DESC, case_sensitive DESC, id""",
        {"media": media_id},
    )


def list_documents(connection: Connection, media_id: UUID | None, *, limit: int) -> list[Document]:
    """List documents with a text, newest first; the one with `media_id` if there is one."""
    return database.fetch(
        connection,
        Document,
        """SELECT id, coalesce(language, 'en') AS language, text_length AS length FROM media
           WHERE status = 'ready' AND text_length > 0 AND (%(media)s::uuid IS NULL OR id = %(media)s)
           ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"media": media_id, "limit": limit},
    )


def list_containing(connection: Connection, media_ids: Sequence[UUID], letters: str) -> set[UUID]:
    """Return which of the documents contain these letters, in any case."""
    rows = connection.execute(
        """SELECT id FROM unnest(%(ids)s::uuid[]) AS id
           WHERE EXISTS (SELECT FROM media_passages WHERE media_id = id AND position(lower(%(letters)s) IN lower(body)) > 0)""",
        {"ids": list(media_ids), "letters": letters},
    )
    return {row[0] for row in rows}


def delete(connection: Connection, entry_id: UUID) -> bool:
    return connection.execute("DELETE FROM lexicon_entries WHERE id = %s", [entry_id]).rowcount == 1
