"""SQL of display forms: a column of their media, which refers to the stored sections."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from chalicelib.extraction.display.model import Section
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class DisplayForm:
    """The display form of a text version: the key of its HTML, and the sections in it."""

    key: str
    text_version: int
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class StoredDisplay:
    """Media with the display form as it is stored, None without one."""

    filename: str
    owner_id: UUID
    text_version: int
    text_length: int
    is_updating: bool
    display: dict[str, Any] | None

    def form(self) -> DisplayForm | None:
        """Return the display form of the current text."""
        if self.display is None or self.display["text_version"] != self.text_version:
            return None
        sections = [
            Section(**{**section, "pictures": tuple(section["pictures"])}) for section in self.display["sections"]
        ]
        return DisplayForm(self.display["key"], self.text_version, sections)


def get(connection: Connection, media_id: UUID) -> StoredDisplay | None:
    return database.fetch_one(
        connection,
        StoredDisplay,
        """SELECT filename, owner_id, text_version, coalesce(text_length, 0) AS text_length, display,
                  EXISTS (SELECT FROM text_requests WHERE media_id = media.id) AS is_updating
           FROM media WHERE id = %(id)s""",
        {"id": media_id},
    )


def get_key(connection: Connection, media_id: UUID) -> str | None:
    """Return the key of the HTML of the stored display form."""
    row = connection.execute("SELECT display ->> 'key' FROM media WHERE id = %s", [media_id]).fetchone()
    return row[0] if row else None


def update(connection: Connection, media_id: UUID, form: DisplayForm | None) -> None:
    stored = None if form is None else json.dumps(asdict(form))
    connection.execute("UPDATE media SET display = %s WHERE id = %s", [stored, media_id])
