"""SQL for the usual pace of voices, which all owners share."""

from __future__ import annotations

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.checks.model import VoicePace


def get(connection: Connection, voice: str) -> VoicePace | None:
    return database.fetch_one(
        connection,
        VoicePace,
        "SELECT segment_count, mean, variance FROM speech_voice_paces WHERE voice = %(voice)s",
        {"voice": voice},
    )


def update(connection: Connection, voice: str, pace: VoicePace) -> None:
    """Store a voice's figure. Of two updates at once, one is lost: a sample less."""
    connection.execute(
        """INSERT INTO speech_voice_paces (voice, segment_count, mean, variance)
           VALUES (%(voice)s, %(count)s, %(mean)s, %(variance)s)
           ON CONFLICT (voice) DO UPDATE SET segment_count = excluded.segment_count, mean = excluded.mean,
                                             variance = excluded.variance""",
        {"voice": voice, "count": pace.segment_count, "mean": pace.mean, "variance": pace.variance},
    )
