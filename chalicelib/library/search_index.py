"""Keeping what search looks at in step with what is there."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import search_index_store as store
from chalicelib.library import search_terms
from chalicelib.library.passages import Passage
from chalicelib.platform.db.database import Connection


def replace(connection: Connection, media_id: UUID, passages: Sequence[Passage]) -> None:
    """Let a media be found by its title and its passages, in the language that its row names."""
    facts = store.get_indexable(connection, media_id)
    if facts is None:
        return
    title = search_terms.index_terms(facts.title)
    bodies = [search_terms.index_terms(passage.body) for passage in passages] or [""]
    store.ensure_text_config(connection, facts)
    store.replace_words(connection, facts, media_id, titles=[title, *[""] * (len(bodies) - 1)], bodies=bodies)


def update_title(connection: Connection, media_id: UUID) -> None:
    """Let a media be found by its new title; nothing to do for one that cannot be found yet."""
    facts = store.get_indexable(connection, media_id)
    if facts is not None:
        store.replace_title(connection, media_id, search_terms.index_terms(facts.title))
