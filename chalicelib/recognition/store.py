"""SQL of recognitions: requests, and the lists that the sweep reads. The work has its own store (`claim_store`)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.recognition.model import RecognitionStatus, Scan, StalledRecognition


def get_scan(connection: Connection, media_id: UUID) -> Scan | None:
    """Return what is known of a media, and lock it until the end of the transaction."""
    return database.fetch_one(
        connection,
        Scan,
        """
        SELECT filename, media_type, page_count,
               ARRAY(SELECT note ->> 'code' FROM jsonb_array_elements(notes) AS note) AS note_codes,
               (SELECT pages FROM recognitions WHERE media_id = media.id AND pages <> '{}'
                ORDER BY requested_at DESC LIMIT 1) AS pages,
               (SELECT id FROM recognitions WHERE media_id = media.id AND status IN ('queued', 'running')) AS running_id
        FROM media WHERE id = %(id)s FOR UPDATE
        """,
        {"id": media_id},
    )


def insert(
    connection: Connection,
    owner_id: UUID,
    recognition_id: UUID,
    media_id: UUID,
    *,
    pages: Sequence[int],
    languages: Sequence[str],
    is_automatic: bool,
) -> None:
    """Insert a recognition. Without `pages`, a worker finds them."""
    connection.execute(
        """INSERT INTO recognitions (id, owner_id, media_id, status, is_automatic, languages)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        [recognition_id, owner_id, media_id, RecognitionStatus.QUEUED, is_automatic, list(languages)],
    )
    set_progress(connection, media_id, "recognizing", 0, len(pages))
    if pages:
        insert_pages(connection, owner_id, recognition_id, pages)


def insert_pages(connection: Connection, owner_id: UUID, recognition_id: UUID, pages: Sequence[int]) -> None:
    """Insert the pages of a recognition that has none yet, which then runs."""
    connection.execute(
        "UPDATE recognitions SET status = 'running', pages = %s, updated_at = now() WHERE id = %s AND status = 'queued'",
        [list(pages), recognition_id],
    )
    connection.execute(
        """INSERT INTO recognition_pages (recognition_id, owner_id, page)
           SELECT %s, %s, unnest(%s::integer[]) ON CONFLICT DO NOTHING""",
        [recognition_id, owner_id, list(pages)],
    )
    # The pages before the first of these have text. A text that was recognised before is whole: it stays until the end.
    connection.execute(
        """UPDATE media SET recognition_text_pages = %(first)s - 1 FROM recognitions AS recognition
           WHERE recognition.id = %(id)s AND media.id = recognition.media_id
                 AND NOT EXISTS (SELECT FROM recognitions WHERE media_id = media.id AND status = 'done')""",
        {"first": min(pages), "id": recognition_id},
    )


def set_progress(
    connection: Connection, media_id: UUID, status: str | None, pages_done: int | None, pages_total: int | None
) -> None:
    """Record in the media what a client is told of its recognition, which has added no pages to the text (yet)."""
    connection.execute(
        """UPDATE media SET recognition_status = %s, recognition_pages_done = %s, recognition_pages_total = %s,
                            recognition_text_pages = NULL
           WHERE id = %s""",
        [status, pages_done, pages_total, media_id],
    )


def count_requested(connection: Connection, *, within_s: int) -> int:
    """Count the recognitions that the owner has requested lately."""
    row = connection.execute(
        """SELECT count(*) FROM recognitions
           WHERE owner_id = (SELECT app.current_owner_id()) AND NOT is_automatic
                 AND requested_at > now() - make_interval(secs => %s)""",
        [within_s],
    ).fetchone()
    return int(row[0]) if row else 0


def cancel(connection: Connection, media_id: UUID) -> UUID | None:
    """Cancel the unfinished recognition of a media and return its id; None if there is none. Its pages are deleted."""
    row = connection.execute(
        """UPDATE recognitions SET status = 'cancelled', finished_at = now(), updated_at = now(), lease_until = NULL
           WHERE media_id = %s AND status IN ('queued', 'running') RETURNING id""",
        [media_id],
    ).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM recognition_pages WHERE recognition_id = %s", [row[0]])
    return UUID(str(row[0]))


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[StalledRecognition]:
    """List unfinished recognitions of all owners that have not progressed for `idle_s`."""
    return database.fetch(
        connection,
        StalledRecognition,
        """SELECT id, owner_id FROM recognitions
           WHERE status IN ('queued', 'running') AND updated_at < now() - make_interval(secs => %(idle)s)
                 AND (lease_until IS NULL OR lease_until < now()) ORDER BY updated_at LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def is_any_unfinished(connection: Connection) -> bool:
    """Return True while any recognition of all owners is unfinished."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM recognitions WHERE status IN ('queued', 'running'))"
    ).fetchone()
    return bool(row and row[0])


def delete_old(*, limit: int, days: int) -> int:
    """Delete recognitions that finished so many days ago, but keep the last of each media. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        cursor = connection.execute(
            """DELETE FROM recognitions WHERE id IN (
                   SELECT id FROM recognitions AS old WHERE finished_at < now() - make_interval(days => %(days)s)
                       AND EXISTS (SELECT FROM recognitions AS newer
                                   WHERE newer.media_id = old.media_id AND newer.requested_at > old.requested_at)
                   ORDER BY finished_at LIMIT %(limit)s)""",
            {"days": days, "limit": limit},
        )
        return cursor.rowcount
