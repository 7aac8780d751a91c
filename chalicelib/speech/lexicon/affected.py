"""The text that a lexicon entry changes, before it is saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import texts
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.speech.lexicon import store
from chalicelib.speech.lexicon.lexicon import Lexicon, applies
from chalicelib.speech.lexicon.model import AffectedText, NewLexiconEntry
from chalicelib.speech.lexicon.store import Document
from chalicelib.speech.lifecycle.quote import split_text
from chalicelib.speech.pauses import Outline
from chalicelib.speech.preferences import preferences

RATE_LIMIT = Limit("lexicon count", requests=60, per_s=60)  # each may take seconds in a large library
MAX_DOCUMENTS = 2_000  # newest ones
MAX_SEARCHED_CHARACTERS = 50_000_000  # Postgres looks through them in ~1 s
MAX_SPLIT_CHARACTERS = 5_000_000  # of documents with the word; split into segments in 2 s


def count(owner_id: UUID, entry: NewLexiconEntry) -> AffectedText:
    """Count the documents that contain a word, and the characters of their segments with it. Raises NotFoundError (media),
    ConflictError (`not_ready`, `no_text…`) for a document without a text, and TooManyRequestsError.
    """
    rate_limit.consume(RATE_LIMIT, str(owner_id))
    documents = characters = split_characters = 0
    lexicon = Lexicon([entry])
    with database.transaction(owner_id) as connection:
        if entry.media_id is not None:
            texts.get_readable(connection, entry.media_id)
        skip = preferences.load(connection).skip
        candidates = store.list_documents(connection, entry.media_id, limit=MAX_DOCUMENTS + 1)
        searched = _newest(candidates)
        is_complete = len(searched) == len(candidates)
        letters = max(re.findall(r"\w+", entry.written), key=len)
        containing = store.list_containing(connection, [document.id for document in searched], letters)
        for document in searched:
            if document.id not in containing or not applies(entry, document.language):
                continue
            split_characters += document.length
            if split_characters > MAX_SPLIT_CHARACTERS and documents:
                is_complete = False
                break
            changed = _count_in_document(connection, document, lexicon, skip)
            documents += changed > 0
            characters += changed
    return AffectedText(documents=documents, characters=characters, is_complete=is_complete)


def _newest(documents: Sequence[Document]) -> list[Document]:
    """Return as many documents as may be searched; at least one."""
    searched: list[Document] = []
    total = 0
    for document in documents[:MAX_DOCUMENTS]:
        total += document.length
        if total > MAX_SEARCHED_CHARACTERS and searched:
            break
        searched.append(document)
    return searched


def _count_in_document(connection: Connection, document: Document, lexicon: Lexicon, skip: Sequence[str]) -> int:
    readable = texts.get_readable(connection, document.id)
    text = texts.get_slice(connection, document.id, 0, readable.length)
    if not lexicon.find(text, document.language):
        return 0
    marks = texts.list_marks(connection, document.id, 0, readable.length)
    outline = Outline(marks.blocks, [chapter.start for chapter in readable.chapters])
    return sum(
        segment.end - segment.start
        for segment in split_text(text, outline, document.language, skip)
        if lexicon.find(text[segment.start : segment.end], document.language)
    )
