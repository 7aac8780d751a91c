"""SQL of revocation."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db.database import Connection

# An unfinished erasure, or a finished one that was requested after a moment. The index has `finished_at`.
ERASED: LiteralString = """
    EXISTS (SELECT FROM erasures WHERE owner_id = app.current_owner_id())
    OR EXISTS (SELECT FROM erasures WHERE finished_at > %(moment)s AND requested_at > %(moment)s
                                          AND pseudonym = app.pseudonym(id, app.current_owner_id()))"""


def has_erasure_after(connection: Connection, moment: datetime) -> bool:
    """Return whether the owner has an unfinished erasure, or a finished one that was requested after a moment."""
    row = connection.execute(f"SELECT {ERASED}", {"moment": moment}).fetchone()
    return row is not None and bool(row[0])


def has_link_token_revocation_after(connection: Connection, moment: datetime) -> bool:
    """Return whether the owner revoked all link tokens at a moment or after it, or has such an erasure."""
    row = connection.execute(
        f"""SELECT EXISTS (SELECT FROM accounts WHERE owner_id = app.current_owner_id()
                                                      AND link_tokens_revoked_at >= %(moment)s)
                   OR {ERASED}""",
        {"moment": moment},
    ).fetchone()
    return row is not None and bool(row[0])


def update_link_tokens_revoked_at(connection: Connection, owner_id: UUID) -> None:
    """Set it to now, for an owner without a row, too. It never goes back."""
    connection.execute(
        """INSERT INTO accounts AS account (owner_id, link_tokens_revoked_at) VALUES (%s, clock_timestamp())
           ON CONFLICT (owner_id) DO UPDATE
               SET link_tokens_revoked_at = greatest(account.link_tokens_revoked_at, clock_timestamp())""",
        [owner_id],
    )


def get_time(connection: Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - it returns one row
    time: datetime = row[0]
    return time
