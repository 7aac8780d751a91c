"""Proof of API keys: which key a text is. Every request looks it up, so a key ends with the commit that deletes it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chalicelib.auth import api_key_store, api_keys, revocation
from chalicelib.auth.api_keys import InsufficientScopeError, InvalidKeyError, Scope
from chalicelib.platform.db import database

RETENTION_DAYS = 30  # of expired keys, so that their owner sees why a program stopped
LAST_USE_PRECISION_S = 60  # a key's last use is written at most this often


@dataclass(frozen=True, slots=True)
class ProvedKey:
    """A key that exists, of an owner whose account exists."""

    id: UUID
    owner_id: UUID
    scopes: frozenset[str]

    def require(self, scope: Scope | None) -> None:
        """Raise InsufficientScopeError unless the key has a scope. None: no key has it."""
        if scope is None:
            raise InsufficientScopeError("No API key may do this. Sign in to do it.")
        if scope not in self.scopes:
            raise InsufficientScopeError(
                f"This API key lacks the scope {scope.value!r}. Create a key that has it.",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope.value}"'},
            )


def prove(text: str) -> ProvedKey:
    """Return the stored key that a text is, and note its use.

    Raises InvalidKeyError for a malformed, unknown, deleted or expired key, and for one of an account that is being erased or
    was erased after the key was created. Every request asks anew, so a key ends with the commit that deletes it.
    """
    presented = api_keys.parse(text)
    with database.transaction(presented.owner_id) as connection:
        key = api_key_store.get_by_secret_hash(connection, presented.secret_hash)
        if key is None or key.is_expired or revocation.is_revoked(connection, key.created_at):
            raise InvalidKeyError("This API key does not exist, was deleted, or has expired. Create a new one.")
        if key.unused_s is None or key.unused_s >= LAST_USE_PRECISION_S:
            api_key_store.update_last_used_at(connection, key.id, precision_s=LAST_USE_PRECISION_S)
    return ProvedKey(key.id, presented.owner_id, frozenset(key.scopes))


def delete_old(*, limit: int) -> int:
    """Delete keys that expired RETENTION_DAYS ago; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        return api_key_store.delete_expired(connection, days=RETENTION_DAYS, limit=limit)
