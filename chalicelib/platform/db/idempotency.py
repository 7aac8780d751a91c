"""Idempotency keys: a request that is sent twice is executed once (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, UnprocessableContentError

LEASE_S = 30  # API Gateway times out after 29 s: the function has ended by then
MAX_KEY_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The stored state of a key. `status` is None until the first request has its response."""

    fingerprint: str
    new_id: UUID
    status: int | None
    headers: dict[str, Any] | None
    body: str | None
    is_claimed: bool
    is_repeated: bool  # another attempt at the same request came before


def claim(owner_id: UUID, key: str, fingerprint: str) -> StoredResponse:
    """Claim a key, or return the response that is stored for it.

    With `is_claimed` the caller executes the request, gives `new_id` to what it creates, and calls `complete` or `release`.
    Raises UnprocessableContentError for a key of another request, ConflictError while the first request is running.
    """
    if not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise UnprocessableContentError(
            f"The Idempotency-Key has {len(key)} characters; use 1 to {MAX_KEY_CHARACTERS}."
        )
    with database.transaction(owner_id) as connection:
        claimed = database.fetch_one(
            connection,
            StoredResponse,
            """
            INSERT INTO idempotency_keys AS old (owner_id, key, fingerprint, new_id, lease_until)
            VALUES (%(owner)s, %(key)s, %(fingerprint)s, %(id)s, clock_timestamp() + make_interval(secs => %(lease)s))
            ON CONFLICT (owner_id, key) DO UPDATE SET lease_until = excluded.lease_until
                WHERE old.status IS NULL AND old.fingerprint = excluded.fingerprint AND old.lease_until < clock_timestamp()
            RETURNING fingerprint, new_id, status, headers, body, true AS is_claimed, new_id <> %(id)s AS is_repeated
            """,
            {"owner": owner_id, "key": key, "fingerprint": fingerprint, "id": uuid7(), "lease": LEASE_S},
        )
        stored = claimed or database.fetch_one(
            connection,
            StoredResponse,
            """SELECT fingerprint, new_id, status, headers, body, false AS is_claimed, true AS is_repeated
               FROM idempotency_keys WHERE owner_id = %(owner)s AND key = %(key)s""",
            {"owner": owner_id, "key": key},
        )
    if stored is None or (stored.status is None and not stored.is_claimed and stored.fingerprint == fingerprint):
        raise ConflictError("The first request with this Idempotency-Key is still running; try again in a moment.")
    if stored.fingerprint != fingerprint:
        raise UnprocessableContentError(
            "This Idempotency-Key was used for another request; use a new key for a new request.",
            code="idempotency_key_reused",
        )
    return stored


def complete(owner_id: UUID, key: str, *, status: int, headers: dict[str, Any], body: str) -> None:
    """Store the response, for repetitions of the request."""
    with database.transaction(owner_id) as connection:
        connection.execute(
            "UPDATE idempotency_keys SET status = %s, headers = %s, body = %s WHERE owner_id = %s AND key = %s",
            [status, json.dumps(headers), body, owner_id, key],
        )


def release(owner_id: UUID, key: str) -> None:
    """Release the key of a failed request: a repetition may run at once, and gets the same `new_id`."""
    with database.transaction(owner_id) as connection:
        connection.execute(
            "UPDATE idempotency_keys SET lease_until = '-infinity' WHERE owner_id = %s AND key = %s AND status IS NULL",
            [owner_id, key],
        )


def delete_old(*, limit: int) -> int:
    """Delete keys older than `IDEMPOTENCY_HOURS`, of all owners; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        cursor = connection.execute(
            """DELETE FROM idempotency_keys WHERE (owner_id, key) IN (
                   SELECT owner_id, key FROM idempotency_keys
                   WHERE created_at < now() - make_interval(hours => %s) ORDER BY created_at LIMIT %s)""",
            [settings().idempotency_hours, limit],
        )
        return cursor.rowcount
