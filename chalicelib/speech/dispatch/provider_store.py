"""SQL for the state of voice providers, which all owners share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import LiteralString

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.speech.dispatch.breaker import Breaker


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider's row. `now` is the database's clock."""

    now: datetime
    next_slot_at: datetime | None
    recheck_at: datetime | None
    recent: list[tuple[float, bool]]
    trip_count: int
    open_until: datetime | None
    is_disabled: bool
    reason: str | None
    probe_until: datetime | None
    busy_count: int
    paused_until: datetime | None

    @property
    def breaker(self) -> Breaker:
        return Breaker(
            recent=tuple((ended_at, failed) for ended_at, failed in self.recent),
            trip_count=self.trip_count,
            open_until=self.open_until,
            is_disabled=self.is_disabled,
            reason=self.reason,
            probe_until=self.probe_until,
            busy_count=self.busy_count,
            paused_until=self.paused_until,
        )


STATE_COLUMNS: LiteralString = """
    clock_timestamp() AS now, arrival AS next_slot_at, wake_at AS recheck_at, recent, trips AS trip_count, open_until,
    closed_down AS is_disabled, reason, probe_until, busy AS busy_count, paused_until
"""


def lock(connection: Connection, provider: str) -> ProviderState:
    """Lock a provider's row: only one worker at a time assigns its slots."""
    connection.execute("INSERT INTO speech_providers (name) VALUES (%s) ON CONFLICT DO NOTHING", [provider])
    state = database.fetch_one(
        connection,
        ProviderState,
        f"SELECT {STATE_COLUMNS} FROM speech_providers WHERE name = %(name)s FOR UPDATE",
        {"name": provider},
    )
    assert state is not None  # noqa: S101 - it was inserted
    return state


def get(connection: Connection, provider: str) -> ProviderState | None:
    """Return a provider's state without waiting for its lock; None before the first dispatch."""
    return database.fetch_one(
        connection,
        ProviderState,
        f"SELECT {STATE_COLUMNS} FROM speech_providers WHERE name = %(name)s",
        {"name": provider},
    )


def update(
    connection: Connection,
    provider: str,
    breaker: Breaker,
    *,
    next_slot_at: datetime | None,
    recheck_at: datetime | None,
) -> None:
    connection.execute(
        """UPDATE speech_providers
           SET recent = %(recent)s, trips = %(trip_count)s, open_until = %(open_until)s, closed_down = %(is_disabled)s,
               reason = %(reason)s, probe_until = %(probe_until)s, busy = %(busy_count)s, paused_until = %(paused_until)s,
               arrival = %(next_slot_at)s, wake_at = %(recheck_at)s
           WHERE name = %(name)s""",
        {
            **asdict(breaker),
            "recent": json.dumps(breaker.recent),
            "name": provider,
            "next_slot_at": next_slot_at,
            "recheck_at": recheck_at,
        },
    )


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A provider that gets no calls until then, and the reason."""

    name: str
    open_until: datetime
    is_disabled: bool
    reason: str | None


def list_open_breakers(connection: Connection) -> list[OpenBreaker]:
    return database.fetch(
        connection,
        OpenBreaker,
        """SELECT name, open_until, closed_down AS is_disabled, reason FROM speech_providers
           WHERE open_until IS NOT NULL ORDER BY name""",
        {},
    )
