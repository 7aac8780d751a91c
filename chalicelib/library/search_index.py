"""Keep the search index in step with titles and texts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import search_index_store as store
from chalicelib.library import search_terms
from chalicelib.library.passages import Passage
from chalicelib.platform.db.database import Connection

PASSAGES_PER_STATEMENT = 500  # ~2 s; the longest text has 2,500, and a statement is ended after 12 s


def replace(connection: Connection, media_id: UUID, passages: Sequence[Passage]) -> None:
    """Index a media's title and passages, in the language of its row."""
    media = store.get_indexable(connection, media_id)
    if media is None:
        return
    title = search_terms.index_terms(media.title)
    bodies = [search_terms.index_terms(passage.body) for passage in passages] or [""]
    store.ensure_text_config(connection, media)
    store.delete_words(connection, media_id)
    for start in range(0, len(bodies), PASSAGES_PER_STATEMENT):
        batch = bodies[start : start + PASSAGES_PER_STATEMENT]
        store.insert_words(connection, media, media_id, first=start + 1, title="" if start else title, bodies=batch)


def update_title(connection: Connection, media_id: UUID) -> None:
    """Index a media's new title. Changes nothing for a media that is not indexed yet."""
    media = store.get_indexable(connection, media_id)
    if media is not None:
        store.replace_title(connection, media_id, search_terms.index_terms(media.title))
