"""The same request sent twice is done once (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, UnprocessableContentError

LEASE_S = 30  # API Gateway gives up after 29 s: whoever still works then is dead
MAX_KEY_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What is known of a key. `status` is None while the first request is being answered, or died."""

    fingerprint: str
    new_id: UUID
    status: int | None
    headers: dict[str, Any] | None
    body: str | None
    taken: bool


def claim(owner_id: UUID, key: str, fingerprint: str) -> StoredResponse:
    """Take the key, or learn what was answered to it.

    With `taken` the caller does the work, gives `new_id` to what it creates, and calls `complete` or `release`. Raises
    UnprocessableContentError
    for a key that belongs to another request, ConflictError while the first one is still being answered.
    """
    if not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise UnprocessableContentError(
            f"The Idempotency-Key has {len(key)} characters; it takes 1 to {MAX_KEY_CHARACTERS}."
        )
    with database.transaction(owner_id) as connection:
        taken = database.fetch_one(
            connection,
            StoredResponse,
            """
            INSERT INTO idempotency_keys AS held (owner_id, key, fingerprint, new_id, lease_until)
            VALUES (%(owner)s, %(key)s, %(fingerprint)s, %(id)s, clock_timestamp() + make_interval(secs => %(lease)s))
            ON CONFLICT (owner_id, key) DO UPDATE SET lease_until = excluded.lease_until
                WHERE held.status IS NULL AND held.fingerprint = excluded.fingerprint AND held.lease_until < clock_timestamp()
            RETURNING fingerprint, new_id, status, headers, body, true AS taken
            """,
            {"owner": owner_id, "key": key, "fingerprint": fingerprint, "id": uuid7(), "lease": LEASE_S},
        )
        earlier = taken or database.fetch_one(
            connection,
            StoredResponse,
            """SELECT fingerprint, new_id, status, headers, body, false AS taken FROM idempotency_keys
               WHERE owner_id = %(owner)s AND key = %(key)s""",
            {"owner": owner_id, "key": key},
        )
    if earlier is None or (earlier.status is None and not earlier.taken and earlier.fingerprint == fingerprint):
        raise ConflictError(
            "The first request with this Idempotency-Key is still being answered; ask again in a moment."
        )
    if earlier.fingerprint != fingerprint:
        raise UnprocessableContentError(
            "This Idempotency-Key was used for another request; take a new key for a new request.",
            code="idempotency_key_reused",
        )
    return earlier


def complete(owner_id: UUID, key: str, *, status: int, headers: dict[str, Any], body: str) -> None:
    """Keep the answer for whoever asks again."""
    with database.transaction(owner_id) as connection:
        connection.execute(
            "UPDATE idempotency_keys SET status = %s, headers = %s, body = %s WHERE owner_id = %s AND key = %s",
            [status, json.dumps(headers), body, owner_id, key],
        )


def release(owner_id: UUID, key: str) -> None:
    """The work failed: whoever asks again may try at once, and gets the same `new_id`."""
    with database.transaction(owner_id) as connection:
        connection.execute(
            "UPDATE idempotency_keys SET lease_until = '-infinity' WHERE owner_id = %s AND key = %s AND status IS NULL",
            [owner_id, key],
        )


def delete_old(*, limit: int) -> int:
    """Forget answers that are older than `IDEMPOTENCY_HOURS`, of all owners. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        cursor = connection.execute(
            """DELETE FROM idempotency_keys WHERE (owner_id, key) IN (
                   SELECT owner_id, key FROM idempotency_keys
                   WHERE created_at < now() - make_interval(hours => %s) ORDER BY created_at LIMIT %s)""",
            [settings().idempotency_hours, limit],
        )
        return cursor.rowcount
