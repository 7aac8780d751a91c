"""Keep the search index and the folded names in step with titles and texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from chalicelib.library import folding, passage_store, search_terms
from chalicelib.library import search_index_store as store
from chalicelib.library.passages import Passage
from chalicelib.library.search_index_store import IndexableMedia, OutdatedMedia
from chalicelib.library.search_terms import IndexTerms
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.deadline import Deadline

MEDIA_PER_BATCH = 50
REINDEX_S = 20  # no media is begun later; one with the longest text takes ~10 s
PASSAGES_PER_STATEMENT = 300  # ~2 s; the longest text has 2,500, and a statement is ended after 12 s
NO_WORDS = IndexTerms("", "")


def replace(connection: Connection, media_id: UUID, passages: Sequence[Passage]) -> None:
    """Index a media's title, creators, series and passages, in the language of its row."""
    media = store.get_indexable(connection, media_id)
    if media is not None:
        _replace(connection, media_id, media, passages)


def _replace(connection: Connection, media_id: UUID, media: IndexableMedia, passages: Sequence[Passage]) -> None:
    heading = search_terms.index_terms(media.names.heading)
    bodies = [search_terms.index_terms(passage.body) for passage in passages] or [NO_WORDS]
    store.ensure_text_config(connection, media)
    store.delete_words(connection, media_id)
    for start in range(0, len(bodies), PASSAGES_PER_STATEMENT):
        batch = bodies[start : start + PASSAGES_PER_STATEMENT]
        first_heading = NO_WORDS if start else heading
        store.insert_words(connection, media, media_id, first=start + 1, heading=first_heading, bodies=batch)
    _complete(connection, media_id, media)


def update_heading(connection: Connection, media_id: UUID) -> None:
    """Index a media's new title, creators and series. Changes nothing for a media that is not indexed yet."""
    media = store.get_indexable(connection, media_id)
    if media is not None:
        store.replace_heading(connection, media_id, search_terms.index_terms(media.names.heading))


def _complete(connection: Connection, media_id: UUID, media: IndexableMedia) -> None:
    names = media.names
    store.complete_index(connection, media_id, folding.fold_name(names.title, names.filename, names.names))


def reindex_outdated() -> int:
    """Index again what an earlier release did, until the time is up; return the number of media.

    Runs as the sweep's database role.
    """
    deadline, indexed = Deadline(REINDEX_S), 0
    while deadline.remaining_s():
        results = lease.for_each(
            partial(store.list_outdated, limit=MEDIA_PER_BATCH), partial(_reindex, deadline=deadline)
        )
        indexed += sum(results)
        if not any(results):  # nothing is left, or only what accounts leave that are being erased
            break
    return indexed


def _reindex(row: OutdatedMedia, *, deadline: Deadline) -> bool:
    if not deadline.remaining_s():
        return False
    with database.transaction(row.owner_id) as connection:
        media = store.lock_outdated(connection, row.id)
        if media is None:
            return False
        if store.is_indexed(connection, row.id):
            _replace(connection, row.id, media, passage_store.list_current(connection, row.id))
        else:
            _complete(connection, row.id, media)
        return True
