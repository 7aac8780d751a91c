"""SQL of maintenance. Policies let the sweep's role read rows of all owners; statements about one owner name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chalicelib.audit.model import VerifiedEvent
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection

FIRST_ID, FIRST_TIME = UUID(int=0), datetime.min.replace(tzinfo=UTC)


# ---- scans ----------------------------------------------------------------------------------------------------------


def start_or_resume_scan(connection: Connection, name: str, *, every_s: int) -> str | None:
    """Return the position of a scan: "" at its start, None while it is too early."""
    row = connection.execute(
        """
        INSERT INTO sweep_rounds AS scan (name) VALUES (%(name)s)
        ON CONFLICT (name) DO UPDATE
            SET place = CASE WHEN scan.ended_at IS NULL THEN scan.place ELSE '' END,
                began_at = CASE WHEN scan.ended_at IS NULL THEN scan.began_at ELSE now() END, ended_at = NULL
            WHERE scan.ended_at IS NULL OR scan.began_at < now() - make_interval(secs => %(every)s)
        RETURNING place
        """,
        {"name": name, "every": every_s},
    ).fetchone()
    return str(row[0]) if row else None


def update_scan(connection: Connection, name: str, position: str) -> None:
    connection.execute("UPDATE sweep_rounds SET place = %s WHERE name = %s", [position, name])


def finish_scan(connection: Connection, name: str) -> None:
    connection.execute("UPDATE sweep_rounds SET ended_at = now() WHERE name = %s", [name])


# ---- rows with objects, of the transaction's owner --------------------------------------------------------------------


def list_media_with_objects(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Return the ids of media with objects, or with an upload in progress."""
    rows = connection.execute(
        """SELECT id FROM media
           WHERE owner_id = app.current_owner_id() AND id = ANY(%s) AND status NOT IN ('rejected', 'expired')""",
        [list(ids)],
    )
    return {row[0] for row in rows}


def list_pending_uploads(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = connection.execute(
        """SELECT id FROM media
           WHERE owner_id = app.current_owner_id() AND id = ANY(%s) AND status IN ('pending', 'inspecting')""",
        [list(ids)],
    )
    return {row[0] for row in rows}


def list_speech_jobs(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = connection.execute(
        "SELECT id FROM speech_jobs WHERE owner_id = app.current_owner_id() AND id = ANY(%s)", [list(ids)]
    )
    return {row[0] for row in rows}


def list_exports(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = connection.execute(
        "SELECT id FROM exports WHERE owner_id = app.current_owner_id() AND id = ANY(%s)", [list(ids)]
    )
    return {row[0] for row in rows}


# ---- rows with objects, of all owners ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowWithObjects:
    """A media, with its original readable or withheld, or a finished recording."""

    id: UUID
    owner_id: UUID
    withheld: bool = False


def list_ready_media(connection: Connection, after: UUID, *, limit: int) -> list[RowWithObjects]:
    return database.fetch(
        connection,
        RowWithObjects,
        """SELECT id, owner_id, original_withheld AS withheld FROM media
           WHERE id > %(after)s AND status IN ('ready', 'trashed') ORDER BY id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )


def list_finished_recordings(connection: Connection, after: UUID, *, limit: int) -> list[RowWithObjects]:
    return database.fetch(
        connection,
        RowWithObjects,
        """SELECT id, owner_id FROM speech_jobs
           WHERE id > %(after)s AND status IN ('done', 'partial') ORDER BY id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )


def list_audited_owners(connection: Connection, after: UUID, *, limit: int) -> list[UUID]:
    """List the owners of all audit trails, by id, and of all accounts: their trails may have lost their heads."""
    rows = connection.execute(
        """SELECT owner_id FROM (
               (SELECT owner_id FROM audit_heads WHERE owner_id > %(after)s ORDER BY owner_id LIMIT %(limit)s) UNION
               (SELECT owner_id FROM accounts WHERE owner_id > %(after)s ORDER BY owner_id LIMIT %(limit)s)
           ) AS owners ORDER BY owner_id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )
    return [row[0] for row in rows]


# ---- owners with changes ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangedOwner:
    owner_id: UUID
    changed_at: datetime


def list_changed_owners(
    connection: Connection, after: TimeCursor | None, *, settled_after_s: int, limit: int
) -> list[ChangedOwner]:
    """List owners by the time of their last change, from the cursor's on. Younger changes are left for later."""
    return database.fetch(
        connection,
        ChangedOwner,
        """SELECT owner_id, changed_at FROM audit_heads
           WHERE (changed_at, owner_id) > (%(at)s, %(owner)s) AND changed_at < now() - make_interval(secs => %(settled)s)
           ORDER BY changed_at, owner_id LIMIT %(limit)s""",
        {
            "at": after.created_at if after else FIRST_TIME,
            "owner": after.id if after else FIRST_ID,
            "settled": settled_after_s,
            "limit": limit,
        },
    )


def get_verified_event(connection: Connection) -> VerifiedEvent | None:
    """Return the last event of the owner's trail that was verified."""
    return database.fetch_one(
        connection, VerifiedEvent, "SELECT number, hash FROM audit_checks WHERE owner_id = app.current_owner_id()", {}
    )


def upsert_verified_event(connection: Connection, owner_id: UUID, verified: VerifiedEvent) -> None:
    connection.execute(
        """INSERT INTO audit_checks (owner_id, number, hash) VALUES (%s, %s, %s)
           ON CONFLICT (owner_id) DO UPDATE SET number = excluded.number, hash = excluded.hash""",
        [owner_id, verified.number, verified.hash],
    )


# ---- quota -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotaCounts:
    stored_bytes: int
    stored_items: int


def lock_quota(connection: Connection) -> QuotaCounts | None:
    """Lock and return the owner's counters: reserving and releasing quota waits until the end of the transaction."""
    return database.fetch_one(
        connection,
        QuotaCounts,
        "SELECT stored_bytes, stored_items FROM accounts WHERE owner_id = app.current_owner_id() FOR UPDATE",
        {},
    )


def count_stored(connection: Connection) -> QuotaCounts:
    """Count the owner's media; rejected and expired ones have released their reservation."""
    counts = database.fetch_one(
        connection,
        QuotaCounts,
        """SELECT coalesce(sum(size_bytes), 0)::bigint AS stored_bytes, count(*)::int AS stored_items FROM media
           WHERE owner_id = app.current_owner_id() AND status NOT IN ('rejected', 'expired')""",
        {},
    )
    assert counts is not None  # noqa: S101 - an aggregate has a row
    return counts


def update_quota(connection: Connection, counts: QuotaCounts) -> None:
    connection.execute(
        "UPDATE accounts SET stored_bytes = %s, stored_items = %s WHERE owner_id = app.current_owner_id()",
        [counts.stored_bytes, counts.stored_items],
    )


# ---- retention ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RejectedUpload:
    id: UUID
    owner_id: UUID


def list_rejected_uploads(connection: Connection, *, days: int, limit: int) -> list[RejectedUpload]:
    """List uploads of all owners that were rejected or expired `days` ago."""
    return database.fetch(
        connection,
        RejectedUpload,
        """SELECT id, owner_id FROM media
           WHERE status IN ('rejected', 'expired') AND updated_at < now() - make_interval(days => %(days)s)
           ORDER BY updated_at LIMIT %(limit)s""",
        {"days": days, "limit": limit},
    )


def maintain_partitions(connection: Connection) -> int:
    """Create and drop partitions; return their number. The months and the retention are the function's."""
    row = connection.execute("SELECT app.maintain_partitions()").fetchone()
    return int(row[0]) if row else 0


# ---- objects to delete ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectDeletion:
    """An object to delete, or a whole prefix."""

    id: UUID
    owner_id: UUID
    key: str


def list_due_deletions(connection: Connection, *, older_than_s: int, limit: int) -> list[ObjectDeletion]:
    """List deletions of all owners that the connection's role can see, oldest first."""
    return database.fetch(
        connection,
        ObjectDeletion,
        """SELECT id, owner_id, key FROM object_deletions WHERE created_at < now() - make_interval(secs => %(age)s)
           ORDER BY created_at LIMIT %(limit)s""",
        {"age": older_than_s, "limit": limit},
    )


def postpone_deletions(connection: Connection, deletion_ids: Sequence[UUID]) -> None:
    """Move deletions to the end of the queue."""
    connection.execute("UPDATE object_deletions SET created_at = now() WHERE id = ANY(%s)", [list(deletion_ids)])


def complete_deletions(connection: Connection, deletion_ids: Sequence[UUID]) -> None:
    connection.execute("DELETE FROM object_deletions WHERE id = ANY(%s)", [list(deletion_ids)])
