"""SQL of previews: calls to voices for no job. Row-level security limits it to the owner of the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.messages import SynthesizeSegmentMessage
from chalicelib.speech.voices.model import CallOutcome


@dataclass(frozen=True, slots=True)
class PreviewCall:
    """A call: in flight, or its outcome and how long ago it ended."""

    outcome: str | None
    is_in_flight: bool
    ended_s: float | None

    def is_recent_failure(self, *, within_s: float) -> bool:
        has_failed = self.outcome is not None and self.outcome != CallOutcome.SPOKEN
        return has_failed and self.ended_s is not None and self.ended_s <= within_s


def lock_account(connection: Connection, owner_id: UUID) -> None:
    """Create the owner's account if there is none, and lock it: of requests at the same time, one makes the call."""
    connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
    connection.execute("SELECT 1 FROM accounts WHERE owner_id = %s FOR UPDATE", [owner_id])


def get_latest(connection: Connection, preview_id: UUID) -> PreviewCall | None:
    return database.fetch_one(
        connection,
        PreviewCall,
        """SELECT outcome, outcome IS NULL AND lease_until > clock_timestamp() AS is_in_flight,
                  extract(epoch FROM clock_timestamp() - ended_at)::float AS ended_s
           FROM speech_calls WHERE job_id = %(id)s ORDER BY begun_at DESC LIMIT 1""",
        {"id": preview_id},
    )


def insert(connection: Connection, message: SynthesizeSegmentMessage) -> None:
    """Record a call: it holds a slot of its provider, and counts against the budget, until it ends or its lease expires."""
    connection.execute(
        """INSERT INTO speech_calls (id, owner_id, job_id, index, provider, voice, characters, lease_until)
           VALUES (%(id)s, %(owner)s, %(job)s, 0, %(provider)s, %(voice)s, %(characters)s, %(ends_by)s)""",
        {
            "id": message.call_id,
            "owner": message.owner_id,
            "job": message.job_id,
            "provider": message.voice.partition(":")[0],
            "voice": message.voice,
            "characters": len(message.text),
            "ends_by": message.ends_by,
        },
    )
