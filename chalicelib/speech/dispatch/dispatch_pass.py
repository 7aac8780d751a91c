"""One pass over a provider's pending jobs, and what remains to be done after its commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.speech.dispatch import breaker, pending_store
from chalicelib.speech.dispatch.breaker import Breaker, State
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices.model import Provider

# Jobs that one pass moves to another voice or sends waves for, ~3 ms each under the provider's lock; the next pass continues.
MAX_JOBS_PER_PASS = 20


@dataclass
class DispatchPass:
    """The state of a pass. `now` is the database's clock when the provider's row was locked."""

    provider: Provider
    now: datetime
    breaker: Breaker
    next_slot_at: datetime | None
    messages: list[OutboxMessage] = field(default_factory=list)
    changed_jobs: list[tuple[UUID, UUID]] = field(default_factory=list)  # owner and job: a segment was marked unspoken
    failover_providers: set[str] = field(default_factory=set)  # they got more segments
    recheck_times: list[datetime] = field(default_factory=list)  # there will be something to do then

    @property
    def state(self) -> State:
        return breaker.state(self.breaker, self.now)

    def continue_later(self) -> None:
        """Have another pass follow at once, because this one has not looked at everything."""
        self.recheck_times.append(self.now)


@contextmanager
def speaking_job(
    connection: Connection, dispatch_pass: DispatchPass, owner_id: UUID, job_id: UUID
) -> Iterator[JobRow | None]:
    """Lock a job's turn, as its owner; None if another transaction is changing it, and dispatches afterwards.

    What the block does is undone when the account is being erased: it starts nothing new, and must not block other accounts.
    """
    provider = dispatch_pass.provider.name
    database.set_current_owner(connection, owner_id)
    try:
        with database.savepoint(connection):
            job = pending_store.lock(connection, provider, job_id)
            if job is None:
                pending_store.delete_outdated(connection, owner_id, job_id)
            yield job
    except AccountBeingErasedError:
        pending_store.delete_owner(connection, owner_id)
        dispatch_pass.continue_later()
