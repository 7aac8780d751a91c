"""SQL of the catalogue. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class NameCount:
    """A name, and the number of ready media that have it."""

    name: str
    item_count: int


@dataclass(frozen=True, slots=True)
class DoneExport:
    """An archive of a recording that can be downloaded now."""

    id: UUID
    job_id: UUID
    format: str
    size_bytes: int | None


def list_creators(connection: Connection) -> list[NameCount]:
    """List the creators of ready media, in no order."""
    return database.fetch(
        connection,
        NameCount,
        """SELECT name, count(*) AS item_count
           FROM media, jsonb_array_elements_text((coalesce(file_metadata, '{}') || own_metadata) -> 'creators') AS name
           WHERE status = 'ready' GROUP BY name""",
        {},
    )


def list_series(connection: Connection) -> list[NameCount]:
    """List the series of ready media, in no order."""
    return database.fetch(
        connection,
        NameCount,
        """SELECT name, count(*) AS item_count
           FROM (SELECT (coalesce(file_metadata, '{}') || own_metadata) ->> 'series' AS name FROM media
                 WHERE status = 'ready') AS series
           WHERE name IS NOT NULL GROUP BY name""",
        {},
    )


def list_tags(connection: Connection) -> list[NameCount]:
    """List the tags of ready media, in no order."""
    return database.fetch(
        connection,
        NameCount,
        """SELECT tag AS name, count(*) AS item_count FROM media_tags JOIN media ON media.id = media_id
           WHERE status = 'ready' GROUP BY tag""",
        {},
    )


def list_done_exports(connection: Connection, job_ids: Sequence[UUID], formats: Sequence[str]) -> list[DoneExport]:
    """List the newest export of each job in each format that has not expired."""
    return database.fetch(
        connection,
        DoneExport,
        """SELECT DISTINCT ON (job_id, format) id, job_id, format, size_bytes FROM speech_exports
           WHERE job_id = ANY(%(jobs)s) AND format = ANY(%(formats)s) AND status = 'done' AND expires_at > now()
           ORDER BY job_id, format, created_at DESC, id DESC""",
        {"jobs": list(job_ids), "formats": list(formats)},
    )
