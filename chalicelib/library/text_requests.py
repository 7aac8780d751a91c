"""Requests to make a document's text again: in a language or an encoding that its owner chooses, or by a newer extractor.

The parsers run in the ingest function only, so that a request is a row and a message to it.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from chalicelib.formats import charset
from chalicelib.inspection import types
from chalicelib.library import languages
from chalicelib.library import text_request_store as store
from chalicelib.library.model import Status, VersionReason
from chalicelib.library.text_request_store import TextSource
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel

RATE_LIMIT = Limit("text request", requests=20, per_s=60)  # each takes a worker some seconds
ENCODED_TYPES = frozenset({"text/plain", "text/markdown", "text/html"})  # all others state how their text is encoded
NOT_UPDATED_CODE = "text_not_updated"  # of the note that a text could not be made again
MAX_SHOWN_CHARACTERS = 80  # of a rejected value


class TextRequestMessage(LazyModel):
    """API, sweep → ingest: make the text of a media again."""

    kind: Literal["text"] = "text"
    owner_id: UUID
    media_id: UUID


def choose_language(connection: Connection, owner_id: UUID, media_id: UUID, tag: str | None) -> list[OutboxMessage]:
    """Set a document's language, which beats what it says of itself, and request its text; None returns to what it says.

    The caller sends the messages after the commit. Raises NotFoundError, ConflictError (`not_ready`, `no_text`), and
    UnprocessableContentError (`unknown_language`).
    """
    language = None if tag is None else languages.standardize(tag)
    if tag is not None and language is None:
        raise UnprocessableContentError(
            f"{tag[:MAX_SHOWN_CHARACTERS]!r} is no language that is known. Possible are tags that begin with a code of ISO 639, "
            "such as en, de-AT, pt-BR or zh-Hant.",
            code="unknown_language",
        )
    source = _lock_document(connection, media_id)
    if source.chosen_language == language:
        return []
    store.update_language(connection, media_id, language)
    return _request(connection, owner_id, media_id, VersionReason.LANGUAGE)


def choose_encoding(connection: Connection, owner_id: UUID, media_id: UUID, name: str | None) -> list[OutboxMessage]:
    """Set the encoding of a text, and request it again; None returns to the one that is stated or detected.

    The caller sends the messages after the commit. Raises NotFoundError, ConflictError (`not_ready`, `no_text`, `no_encoding`),
    and UnprocessableContentError (`unknown_encoding`).
    """
    codec = None if name is None else charset.chosen_codec(name)
    if name is not None and codec is None:
        raise UnprocessableContentError(
            f"{name[:MAX_SHOWN_CHARACTERS]!r} is no encoding that texts are read in. Possible are: "
            f"{', '.join(charset.list_names())}.",
            code="unknown_encoding",
        )
    source = _lock_document(connection, media_id)
    file_type = types.ACCEPTED_TYPES[source.media_type]
    if source.media_type not in ENCODED_TYPES:
        raise ConflictError(
            f"{source.filename!r} is {file_type.label}, which states how its text is encoded. Only plain text, Markdown and HTML "
            "have an encoding to choose.",
            code="no_encoding",
        )
    if source.chosen_encoding == codec:
        return []
    store.update_encoding(connection, media_id, codec)
    return _request(connection, owner_id, media_id, VersionReason.ENCODING)


def _lock_document(connection: Connection, media_id: UUID) -> TextSource:
    source = store.lock_source(connection, media_id)
    if source is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if source.status != Status.READY:
        raise ConflictError(
            f"{source.filename!r} is {source.status}. Language and encoding can be chosen once it is ready.",
            code="not_ready",
        )
    if not (types.ACCEPTED_TYPES[source.media_type].has_text or source.has_text):  # that of a picture was recognised
        label = types.ACCEPTED_TYPES[source.media_type].label
        raise ConflictError(f"{source.filename!r} is {label}, which contains no text to read aloud.", code="no_text")
    return source


def _request(connection: Connection, owner_id: UUID, media_id: UUID, reason: VersionReason) -> list[OutboxMessage]:
    store.upsert(connection, owner_id, media_id, reason)
    message = TextRequestMessage(owner_id=owner_id, media_id=media_id)
    return [outbox.enqueue(connection, owner_id, Queue.INGEST, message)]
