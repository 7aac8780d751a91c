"""SQL of the work on recognitions: the leases of pages and of whole documents, and their results."""

from __future__ import annotations

from uuid import UUID

from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.recognition.model import (
    MAX_ATTEMPTS,
    RUN_GROWTH,
    PageClaim,
    PageResult,
    RecognitionClaim,
    RecognitionStatus,
    RunClaim,
)

# ---- pages -------------------------------------------------------------------------------------------------------------


def claim_page(connection: Connection, recognition_id: UUID, *, lease_s: int) -> PageClaim | None:
    """Claim the first page that no worker holds; None if there is none, or the media is not ready (any more)."""
    return database.fetch_one(
        connection,
        PageClaim,
        """
        UPDATE recognition_pages AS page
        SET attempts = attempts + 1, fence = page.fence + 1, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        FROM recognitions AS recognition JOIN media ON media.id = recognition.media_id
        WHERE recognition.id = %(id)s AND recognition.status = 'running' AND media.status = 'ready'
              AND page.recognition_id = recognition.id AND page.page = (
                  SELECT page FROM recognition_pages
                  WHERE recognition_id = %(id)s AND status = 'pending' AND attempts < %(attempts)s
                        AND (lease_until IS NULL OR lease_until < clock_timestamp())
                  ORDER BY page LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING recognition.id, page.owner_id, page.fence AS fencing_token, recognition.media_id, page.page, page.attempts,
                  recognition.languages, coalesce(recognition.usual_language, media.chosen_language) AS usual_language
        """,
        {"id": recognition_id, "lease": lease_s, "attempts": MAX_ATTEMPTS},
    )


def release_page(connection: Connection, claim: PageClaim) -> None:
    """End the lease of a page that was not read for no fault of its own: the attempt does not count."""
    connection.execute(
        """UPDATE recognition_pages SET lease_until = NULL, attempts = attempts - 1
           WHERE recognition_id = %s AND page = %s AND fence = %s AND status = 'pending'""",
        [claim.id, claim.page, claim.fencing_token],
    )


def fail_attempt(connection: Connection, claim: PageClaim) -> None:
    """End the lease of a page that could not be recognised: it is tried again, or skipped after the last attempt."""
    lease.write(
        connection,
        claim,
        """UPDATE recognition_pages SET lease_until = NULL
           WHERE recognition_id = %(id)s AND page = %(page)s AND fence = %(fence)s AND status = 'pending'""",
        {"page": claim.page},
    )
    skip_exhausted(connection, claim.id)


def skip_exhausted(connection: Connection, recognition_id: UUID) -> None:
    """Skip the pages at which all attempts failed, or ended with their workers."""
    cursor = connection.execute(
        """UPDATE recognition_pages SET status = 'failed', lease_until = NULL
           WHERE recognition_id = %s AND status = 'pending' AND attempts >= %s
                 AND (lease_until IS NULL OR lease_until < clock_timestamp())""",
        [recognition_id, MAX_ATTEMPTS],
    )
    _count_finished(connection, recognition_id, cursor.rowcount)


def complete_page(
    connection: Connection,
    claim: PageClaim,
    *,
    words: bytes,
    confidence: float | None,
    language: str,
    processor_ms: int,
) -> None:
    """Record the words of a page. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE recognition_pages SET status = 'done', lease_until = NULL, words = %(words)s, confidence = %(confidence)s
           WHERE recognition_id = %(id)s AND page = %(page)s AND fence = %(fence)s AND status = 'pending'""",
        {"page": claim.page, "words": words, "confidence": confidence},
    )
    connection.execute(
        """UPDATE recognitions SET processor_ms = processor_ms + %s, usual_language = coalesce(usual_language, %s)
           WHERE id = %s""",
        [processor_ms, language if confidence is not None else None, claim.id],
    )
    _count_finished(connection, claim.id, 1)


def _count_finished(connection: Connection, recognition_id: UUID, number: int) -> None:
    connection.execute("UPDATE recognitions SET updated_at = now() WHERE id = %s", [recognition_id])
    connection.execute(
        """UPDATE media SET recognition_pages_done = recognition_pages_done + %s
           WHERE id = (SELECT media_id FROM recognitions WHERE id = %s) AND recognition_status = 'recognizing'""",
        [number, recognition_id],
    )


def has_claimable_page(connection: Connection, recognition_id: UUID) -> bool:
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM recognition_pages WHERE recognition_id = %s AND status = 'pending'
                          AND (lease_until IS NULL OR lease_until < clock_timestamp()))""",
        [recognition_id],
    ).fetchone()
    return bool(row and row[0])


def list_results(
    connection: Connection, recognition_id: UUID, *, after: int, last: int, limit: int
) -> list[PageResult]:
    """List finished pages behind a page, up to the `last` one, in order."""
    return database.fetch(
        connection,
        PageResult,
        """SELECT page, confidence, words FROM recognition_pages
           WHERE recognition_id = %(id)s AND page > %(after)s AND page <= %(last)s AND status <> 'pending'
           ORDER BY page LIMIT %(limit)s""",
        {"id": recognition_id, "after": after, "last": last, "limit": limit},
    )


# ---- documents ----------------------------------------------------------------------------------------------------------


def claim(connection: Connection, recognition_id: UUID, *, lease_s: int) -> RecognitionClaim | None:
    """Claim a document whose pages are not known yet, or are all finished."""
    return database.fetch_one(
        connection,
        RecognitionClaim,
        """
        UPDATE recognitions AS recognition
        SET fence = recognition.fence + 1, updated_at = now(),
            lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        FROM media
        WHERE recognition.id = %(id)s AND media.id = recognition.media_id AND media.status = 'ready'
              AND (recognition.lease_until IS NULL OR recognition.lease_until < clock_timestamp())
              AND (recognition.status = 'queued' OR recognition.status = 'running' AND NOT EXISTS (
                       SELECT FROM recognition_pages WHERE recognition_id = %(id)s AND status = 'pending'))
        RETURNING recognition.id, recognition.owner_id, recognition.fence AS fencing_token, recognition.media_id,
                  recognition.status, recognition.pages, media.chosen_language
        """,
        {"id": recognition_id, "lease": lease_s},
    )


def claim_run(connection: Connection, recognition_id: UUID, *, lease_s: int) -> RunClaim | None:
    """Claim a document of which enough pages from the first are finished, without a gap, for a text before the other ones are."""
    return database.fetch_one(
        connection,
        RunClaim,
        """
        UPDATE recognitions AS recognition
        SET fence = recognition.fence + 1, updated_at = now(),
            lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        FROM media, (SELECT min(page) - 1 AS page_count FROM recognition_pages
                     WHERE recognition_id = %(id)s AND status = 'pending') AS run
        WHERE recognition.id = %(id)s AND media.id = recognition.media_id AND media.status = 'ready'
              AND recognition.status = 'running'
              AND (recognition.lease_until IS NULL OR recognition.lease_until < clock_timestamp())
              AND run.page_count >= greatest(1, %(growth)s * media.recognition_text_pages)
              AND media.recognition_text_pages IS NOT NULL
        RETURNING recognition.id, recognition.owner_id, recognition.fence AS fencing_token, recognition.media_id,
                  run.page_count, media.chosen_language
        """,
        {"id": recognition_id, "lease": lease_s, "growth": RUN_GROWTH},
    )


def complete_run(connection: Connection, claim: RunClaim) -> None:
    """Record that the run is in the text. Raises LeaseLostError, also when the recognition was cancelled."""
    lease.write(
        connection,
        claim,
        """UPDATE recognitions SET lease_until = NULL, updated_at = now()
           WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'""",
        {},
    )
    connection.execute(
        "UPDATE media SET recognition_text_pages = %s WHERE id = %s AND recognition_status = 'recognizing'",
        [claim.page_count, claim.media_id],
    )


def release(connection: Connection, claim: RecognitionClaim | RunClaim) -> None:
    connection.execute(
        "UPDATE recognitions SET lease_until = NULL, updated_at = now() WHERE id = %s AND fence = %s",
        [claim.id, claim.fencing_token],
    )


def complete(connection: Connection, claim: RecognitionClaim, status: RecognitionStatus) -> None:
    """Finish a recognition and delete the words of its pages. Raises LeaseLostError, also when it was cancelled."""
    lease.write(
        connection,
        claim,
        """UPDATE recognitions SET status = %(status)s, finished_at = now(), updated_at = now(), lease_until = NULL
           WHERE id = %(id)s AND fence = %(fence)s AND status IN ('queued', 'running')""",
        {"status": status},
    )
    connection.execute("DELETE FROM recognition_pages WHERE recognition_id = %s", [claim.id])


def update_view_copy(connection: Connection, media_id: UUID, etag: str, size_bytes: int) -> None:
    """Record the view copy that has replaced the one before."""
    connection.execute(
        "UPDATE media SET view_etag = %s, view_bytes = %s, updated_at = now() WHERE id = %s",
        [etag, size_bytes, media_id],
    )
