"""Create, get, list and delete the API keys of an account."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field
from pydantic_core import PydanticCustomError
from uuid6 import uuid7

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.auth import api_key_store, api_keys, revocation
from chalicelib.auth.api_key_store import StoredKey
from chalicelib.auth.api_keys import MAX_KEYS, Scope
from chalicelib.library.fields import to_single_line
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.cursor import ListItem, Page
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.lazy_model import LazyModel

MAX_NAME_CHARACTERS = 100


def _to_future(time: datetime | None) -> datetime | None:
    if time is not None and time <= datetime.now(UTC):
        raise PydanticCustomError(
            "past", "{time} is in the past. Send a time to come, or leave it out.", {"time": time.isoformat()}
        )
    return time


class NewApiKey(LazyModel):
    """A key without `expires_at` works until it is deleted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS), AfterValidator(to_single_line)]
    scopes: Annotated[
        list[Scope], Field(min_length=1, max_length=2 * len(Scope)), AfterValidator(api_keys.sorted_scopes)
    ]
    expires_at: Annotated[AwareDatetime | None, AfterValidator(_to_future)] = None


class ApiKey(ListItem):
    """`last_four` are the key's last characters. `last_used_at` is exact to a minute, and null until the first use."""

    name: str
    scopes: list[Scope]
    last_four: str
    expires_at: datetime | None
    last_used_at: datetime | None


class CreatedApiKey(ApiKey):
    """`key` is shown this once: it is not stored."""

    key: str


def create(owner_id: UUID, request: NewApiKey) -> CreatedApiKey:
    """Raises ConflictError (`limit_reached`)."""
    key_id, key = UUID(str(uuid7())), api_keys.generate(owner_id)
    with database.transaction(owner_id) as connection:
        api_key_store.lock(connection, owner_id)
        if api_key_store.count(connection) >= MAX_KEYS:
            raise ConflictError(
                f"You have {MAX_KEYS} API keys, which is the limit. Delete one first.", code="limit_reached"
            )
        api_key_store.insert(
            connection,
            owner_id,
            key_id,
            name=request.name,
            scopes=request.scopes,
            secret_hash=api_keys.parse(key).secret_hash,
            last_four=key[-api_keys.SHOWN_CHARACTERS :],
            expires_at=request.expires_at,
        )
        audit.record(connection, owner_id, Action.API_KEY_CREATED, key_id, scopes=",".join(request.scopes))
        stored = api_key_store.get(connection, key_id)
    assert stored is not None  # noqa: S101 - inserted above
    return CreatedApiKey(**asdict(stored), key=key)


def get(owner_id: UUID, key_id: UUID) -> ApiKey:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        stored = api_key_store.get(connection, key_id)
    if stored is None:
        raise _unknown(key_id)
    return _api_key(stored)


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> Page[ApiKey]:
    """List a page of keys, newest first; expired ones for 30 days."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = api_key_store.list_newest(connection, after=position, limit=limit + 1)
    return cursor.newest_page([_api_key(row) for row in rows], limit)


def delete(owner_id: UUID, key_id: UUID) -> None:
    """Delete a key, and revoke the account's link tokens: some may have been requested with it. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        stored = api_key_store.get(connection, key_id)
        if stored is None:
            raise _unknown(key_id)
        api_key_store.delete(connection, key_id)
        if stored.last_used_at is not None:
            revocation.revoke_link_tokens(connection, owner_id)
        audit.record(connection, owner_id, Action.API_KEY_DELETED, key_id)


def _api_key(stored: StoredKey) -> ApiKey:
    return ApiKey(**asdict(stored))


def _unknown(key_id: UUID) -> NotFoundError:
    return NotFoundError(f"You have no API key with the id {key_id}.")
