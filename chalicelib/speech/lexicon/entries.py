"""Create, get, list, update and delete entries of the pronunciation lexicon."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import media, texts
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.speech.lexicon import store
from chalicelib.speech.lexicon.lexicon import Lexicon
from chalicelib.speech.lexicon.model import MAX_ENTRIES, LexiconEntry, LexiconEntryChanges, NewLexiconEntry


def create(owner_id: UUID, request: NewLexiconEntry, *, entry_id: UUID) -> LexiconEntry:
    """Raises NotFoundError (media), and ConflictError (`limit_reached`, `entry_exists`)."""
    try:
        with database.transaction(owner_id) as connection:
            _require_media(connection, request.media_id)
            if store.count(connection) >= MAX_ENTRIES and not store.exists(connection, entry_id):
                raise ConflictError(
                    f"You have {MAX_ENTRIES:,} lexicon entries, which is the limit. Delete one first.",
                    code="limit_reached",
                )
            store.insert(connection, owner_id, entry_id, request)
            audit.record(connection, owner_id, Action.LEXICON_CREATED, entry_id, language=request.language)
            return _load(connection, entry_id)
    except store.EntryExistsError:
        raise _entry_exists_error(request) from None


def get(owner_id: UUID, entry_id: UUID) -> LexiconEntry:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        return _load(connection, entry_id)


def list_page(owner_id: UUID, *, media_id: UUID | None, after: str | None, limit: int) -> cursor.Page[LexiconEntry]:
    """List a page of entries, newest first; those of one document if there is a `media_id`."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest(connection, media_id=media_id, after=position, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def update(
    owner_id: UUID, entry_id: UUID, changes: LexiconEntryChanges, precondition: Callable[[LexiconEntry], None]
) -> LexiconEntry:
    """Change an entry; recordings that exist, and jobs that have been requested, stay as they are.

    `precondition` gets the entry as it is before the change, locked, and raises to prevent it. Raises NotFoundError (entry,
    media), ConflictError (`entry_exists`), and UnprocessableContentError for an entry that would say nothing.
    """
    with database.transaction(owner_id) as connection:
        store.lock(connection, entry_id)
        before = _load(connection, entry_id)
        precondition(before)
        entry = _merge(before, changes)
        _require_media(connection, entry.media_id)
        try:
            store.update(connection, entry_id, entry)
        except store.EntryExistsError:
            raise _entry_exists_error(entry) from None
        fields = ",".join(sorted(changes.model_fields_set))
        audit.record(connection, owner_id, Action.LEXICON_CHANGED, entry_id, fields=fields)
        return _load(connection, entry_id)


def delete(owner_id: UUID, entry_id: UUID) -> None:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        _load(connection, entry_id)
        store.delete(connection, entry_id)
        audit.record(connection, owner_id, Action.LEXICON_DELETED, entry_id)


def lexicon_for(connection: Connection, media_id: UUID, *, text_version: int) -> Lexicon:
    """Return the entries that occur in a text of a document, those that count first in front."""
    lexicon = Lexicon(store.list_pronunciations(connection, media_id))
    if not lexicon:
        return lexicon
    return lexicon.of_text(texts.get_slice(connection, media_id, 0, texts.MAX_TEXT_CHARACTERS, version=text_version))


def _load(connection: Connection, entry_id: UUID) -> LexiconEntry:
    entry = store.get(connection, entry_id)
    if entry is None:
        raise NotFoundError(f"There is no lexicon entry with the id {entry_id}.")
    return entry


def _merge(before: LexiconEntry, changes: LexiconEntryChanges) -> NewLexiconEntry:
    values = before.model_dump(include=set(NewLexiconEntry.model_fields))
    merged = NewLexiconEntry.model_construct(**{**values, **changes.model_dump(exclude_unset=True)})
    if merged.spoken is None and merged.ipa is None:
        raise UnprocessableContentError("The entry would say nothing. Keep `spoken` or `ipa`, or delete the entry.")
    return merged


def _require_media(connection: Connection, media_id: UUID | None) -> None:
    if media_id is not None:
        media.load(connection, media_id)


def _entry_exists_error(entry: NewLexiconEntry) -> ConflictError:
    scope = "this document" if entry.media_id else "all documents"
    return ConflictError(
        f"You already have an entry for {entry.written!r} in {entry.language} for {scope}. Change that one.",
        code="entry_exists",
    )
