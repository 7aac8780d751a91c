"""SQL of upkeep. The sweep's role looks across owners where a policy lets it; what is about one owner says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

ZERO = UUID(int=0)


# ---- rounds ----------------------------------------------------------------------------------------------------------


def start_or_resume_scan(connection: Connection, name: str, *, every_s: int) -> str | None:
    """Where a round goes on, from the beginning when it is time for a new one; None when the last one has just ended."""
    row = connection.execute(
        """
        INSERT INTO sweep_rounds AS round (name) VALUES (%(name)s)
        ON CONFLICT (name) DO UPDATE
            SET place = CASE WHEN round.ended_at IS NULL THEN round.place ELSE '' END,
                began_at = CASE WHEN round.ended_at IS NULL THEN round.began_at ELSE now() END, ended_at = NULL
            WHERE round.ended_at IS NULL OR round.began_at < now() - make_interval(secs => %(every)s)
        RETURNING place
        """,
        {"name": name, "every": every_s},
    ).fetchone()
    return str(row[0]) if row else None


def update_scan(connection: Connection, name: str, place: str) -> None:
    connection.execute("UPDATE sweep_rounds SET place = %s WHERE name = %s", [place, name])


def finish_scan(connection: Connection, name: str) -> None:
    connection.execute("UPDATE sweep_rounds SET ended_at = now() WHERE name = %s", [name])


# ---- what objects belong to, of the transaction's owner ----------------------------------------------------------------


def list_media_with_objects(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are media that have objects, or are getting them."""
    rows = connection.execute(
        "SELECT id FROM media WHERE owner_id = app.current_owner_id() AND id = ANY(%s) AND status NOT IN ('rejected', 'expired')",
        [list(ids)],
    )
    return {row[0] for row in rows}


def list_pending_uploads(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = connection.execute(
        "SELECT id FROM media WHERE owner_id = app.current_owner_id() AND id = ANY(%s) AND status IN ('pending', 'inspecting')",
        [list(ids)],
    )
    return {row[0] for row in rows}


def list_speech_jobs(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = connection.execute("SELECT id FROM speech_jobs WHERE owner_id = app.current_owner_id() AND id = ANY(%s)", [list(ids)])
    return {row[0] for row in rows}


def list_exports(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = connection.execute("SELECT id FROM exports WHERE owner_id = app.current_owner_id() AND id = ANY(%s)", [list(ids)])
    return {row[0] for row in rows}


# ---- which objects rows need, of all owners ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowWithObjects:
    """A row that names an object: a media with its original kept open or withheld, or a finished reading."""

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
    """Owners of all audit trails, by id; those with an account too, whose trail may have lost its head."""
    rows = connection.execute(
        """SELECT owner_id FROM (
               (SELECT owner_id FROM audit_heads WHERE owner_id > %(after)s ORDER BY owner_id LIMIT %(limit)s) UNION
               (SELECT owner_id FROM accounts WHERE owner_id > %(after)s ORDER BY owner_id LIMIT %(limit)s)
           ) AS known ORDER BY owner_id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )
    return [row[0] for row in rows]


# ---- quota -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotaCounts:
    stored_bytes: int
    stored_items: int


def list_owners(connection: Connection, after: UUID, *, limit: int) -> list[UUID]:
    """Owners of all accounts, by id."""
    rows = connection.execute(
        "SELECT owner_id FROM accounts WHERE owner_id > %s ORDER BY owner_id LIMIT %s", [after, limit]
    )
    return [row[0] for row in rows]


def lock_quota(connection: Connection) -> QuotaCounts | None:
    """What the owner's account counts; whoever reserves or gives back waits until the end of the transaction."""
    return database.fetch_one(
        connection,
        QuotaCounts,
        "SELECT stored_bytes, stored_items FROM accounts WHERE owner_id = app.current_owner_id() FOR UPDATE",
        {},
    )


def count_stored(connection: Connection) -> QuotaCounts:
    """The sum over the rows; those that were rejected or expired have given back what they reserved."""
    counted = database.fetch_one(
        connection,
        QuotaCounts,
        """SELECT coalesce(sum(size_bytes), 0)::bigint AS stored_bytes, count(*)::int AS stored_items FROM media
           WHERE owner_id = app.current_owner_id() AND status NOT IN ('rejected', 'expired')""",
        {},
    )
    assert counted is not None  # noqa: S101 - an aggregate has a row
    return counted


def update_quota(connection: Connection, counted: QuotaCounts) -> None:
    connection.execute(
        "UPDATE accounts SET stored_bytes = %s, stored_items = %s WHERE owner_id = app.current_owner_id()",
        [counted.stored_bytes, counted.stored_items],
    )


# ---- retention ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RejectedUpload:
    id: UUID
    owner_id: UUID


def list_rejected_uploads(connection: Connection, *, days: int, limit: int) -> list[RejectedUpload]:
    """Uploads of all owners that were rejected or never came, long ago."""
    return database.fetch(
        connection,
        RejectedUpload,
        """SELECT id, owner_id FROM media
           WHERE status IN ('rejected', 'expired') AND updated_at < now() - make_interval(days => %(days)s)
           ORDER BY updated_at LIMIT %(limit)s""",
        {"days": days, "limit": limit},
    )


# ---- objects to delete ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectDeletion:
    """An object to delete, or a folder."""

    id: UUID
    owner_id: UUID
    key: str


def list_due_deletions(connection: Connection, *, older_than_s: int, limit: int) -> list[ObjectDeletion]:
    """Of every owner the connection's role may see, oldest first."""
    return database.fetch(
        connection,
        ObjectDeletion,
        """SELECT id, owner_id, key FROM object_deletions WHERE created_at < now() - make_interval(secs => %(age)s)
           ORDER BY created_at LIMIT %(limit)s""",
        {"age": older_than_s, "limit": limit},
    )


def postpone_deletions(connection: Connection, removals: Sequence[UUID]) -> None:
    """To the end of the queue."""
    connection.execute("UPDATE object_deletions SET created_at = now() WHERE id = ANY(%s)", [list(removals)])


def complete_deletions(connection: Connection, removals: Sequence[UUID]) -> None:
    connection.execute("DELETE FROM object_deletions WHERE id = ANY(%s)", [list(removals)])
