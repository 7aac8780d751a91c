"""The account's activity: the events of its audit trail, with what each was about."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.account import store
from chalicelib.audit.model import AuditEvent
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import Page


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> Page[AuditEvent]:
    """Return a page of the owner's activity, newest first."""
    page = audit.list_events(owner_id, after=after, limit=limit)
    ids = {name_id for event in page.items for name_id in (event.subject_id, _key_id(event)) if name_id is not None}
    with database.transaction(owner_id) as connection:
        names = store.list_names(connection, ids) if ids else {}
    return Page(
        items=[
            event.model_copy(
                update={
                    "subject_name": event.subject_id and names.get(event.subject_id),
                    "actor_name": (key_id := _key_id(event)) and names.get(key_id),
                }
            )
            for event in page.items
        ],
        next_cursor=page.next_cursor,
    )


def _key_id(event: AuditEvent) -> UUID | None:
    """Return the id of the API key that did it, if one did."""
    key_id = event.detail.get("api_key")
    return None if key_id is None else UUID(key_id)
