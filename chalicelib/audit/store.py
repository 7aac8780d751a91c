"""SQL of the audit trail. The database makes numbers, times and hashes (`app.append_audit_hash`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import LiteralString
from uuid import UUID

from chalicelib.audit.model import AuditEvent, ChainFault, ChainVerification, VerifiedEvent
from chalicelib.platform.caller import Caller
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

EVENT: LiteralString = """number, at, actor, action, subject_id, detail, host(address) AS address, agent, request_id,
                          encode(hash, 'hex') AS hash"""


def insert(
    connection: Connection,
    owner_id: UUID,
    caller: Caller,
    action: str,
    subject_id: UUID | None,
    detail: Mapping[str, object],
) -> None:
    connection.execute(
        """INSERT INTO audit_events (owner_id, actor, action, subject_id, detail, address, agent, request_id)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            owner_id,
            caller.actor,
            action,
            subject_id,
            json.dumps(detail),
            caller.address,
            caller.agent,
            caller.request_id,
        ],
    )


def list_newest(connection: Connection, *, before: int | None, limit: int) -> list[AuditEvent]:
    return database.fetch(
        connection,
        AuditEvent,
        f"""SELECT {EVENT} FROM audit_events WHERE %(before)s::bigint IS NULL OR number < %(before)s::bigint
            ORDER BY number DESC LIMIT %(limit)s""",
        {"before": before, "limit": limit},
    )


def get_deleted_number(connection: Connection) -> int:
    """Return the number of the last event that was deleted because of its age."""
    row = connection.execute("SELECT anchor_number FROM audit_heads WHERE owner_id = app.current_owner_id()").fetchone()
    return int(row[0]) if row else 0


def verify_after(connection: Connection, verified: VerifiedEvent, *, limit: int) -> ChainVerification:
    """Verify the owner's next events after one that was verified before."""
    row = connection.execute(
        "SELECT number, hash, is_end, fault_number, fault FROM app.verify_audit_events(%s, %s, %s)",
        [verified.number, verified.hash, limit],
    ).fetchone()
    assert row is not None  # noqa: S101 - the function returns one row
    number, digest, is_end, fault_number, fault = row
    return ChainVerification(
        VerifiedEvent(number, digest), is_end, fault and ChainFault(number=fault_number, fault=fault)
    )


def list_owners_with_old_events(connection: Connection, *, days: int, limit: int) -> list[UUID]:
    """List owners with older events, of all that the connection's role can see."""
    rows = connection.execute(
        """SELECT DISTINCT owner_id FROM (
               SELECT owner_id FROM audit_events WHERE at < now() - make_interval(days => %s) LIMIT %s) AS old LIMIT %s""",
        [days, 100 * limit, limit],
    )
    return [row[0] for row in rows]


def delete_old(connection: Connection, *, days: int, limit: int) -> int:
    statement = "SELECT app.delete_old_audit_events(now() - make_interval(days => %s), %s)"
    row = connection.execute(statement, [days, limit]).fetchone()
    return int(row[0]) if row else 0
