"""SQL of a listener's preferences. A listener who has never saved any has no row."""

from __future__ import annotations

import json
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.preferences.model import ListenerPreferences


def get(connection: Connection) -> ListenerPreferences | None:
    return database.fetch_one(
        connection,
        ListenerPreferences,
        "SELECT skip, voices, pause_scale FROM listener_preferences WHERE owner_id = (SELECT app.current_owner_id())",
        {},
    )


def lock(connection: Connection, owner_id: UUID) -> None:
    """Wait until no other transaction changes an owner's preferences; a row lock would not cover the first ones."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('listener preferences'), hashtext(%s))", [str(owner_id)])


def upsert(connection: Connection, owner_id: UUID, preferences: ListenerPreferences) -> None:
    connection.execute(
        """INSERT INTO listener_preferences (owner_id, skip, voices, pause_scale)
           VALUES (%(owner)s, %(skip)s, %(voices)s, %(pause_scale)s)
           ON CONFLICT (owner_id) DO UPDATE
               SET skip = excluded.skip, voices = excluded.voices, pause_scale = excluded.pause_scale, updated_at = now()""",
        {
            "owner": owner_id,
            "skip": list(preferences.skip),
            "voices": json.dumps(preferences.voices),
            "pause_scale": preferences.pause_scale,
        },
    )
