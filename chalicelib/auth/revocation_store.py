"""SQL of revocation."""

from __future__ import annotations

from datetime import datetime

from chalicelib.platform.db.database import Connection


def has_erasure_after(connection: Connection, moment: datetime) -> bool:
    """Return whether the owner has an unfinished erasure, or a finished one that was requested after a moment."""
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM erasures WHERE owner_id = app.current_owner_id())
                  OR EXISTS (SELECT FROM erasures WHERE finished_at > %(moment)s AND requested_at > %(moment)s
                                                        AND pseudonym = app.pseudonym(id, app.current_owner_id()))""",
        {"moment": moment},  # the index has `finished_at`
    ).fetchone()
    return row is not None and bool(row[0])
