"""Leases on rows: one worker at a time, proved in every write by a fencing token.

The SQL is in each store, under the same names: `claim` starts a lease where none is running and raises the row's `fence` by one,
`complete` and all writes before it go through `write`, `release` ends the lease early, `list_stalled` finds rows to resume.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import LiteralString, TypeVar
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.platform.telemetry.observability import logger


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a row until its `lease_until`, by the database's clock. Claims of stores add columns."""

    id: UUID
    owner_id: UUID
    fencing_token: int


SomeLease = TypeVar("SomeLease", bound=Lease)
Row = TypeVar("Row")
Result = TypeVar("Result")


class LeaseLostError(Exception):
    """Another worker has claimed the row, or it was cancelled or deleted; nothing was written."""


def write(connection: Connection, lease: Lease, statement: LiteralString, values: Mapping[str, object]) -> None:
    """Execute an UPDATE `WHERE id = %(id)s AND fence = %(fence)s`. Raises LeaseLostError when it changes no row."""
    cursor = connection.execute(statement, {**values, "id": lease.id, "fence": lease.fencing_token})
    if cursor.rowcount != 1:
        raise LeaseLostError


@contextmanager
def hold(lease: SomeLease, release: Callable[[Connection, SomeLease], object]) -> Iterator[None]:
    """Release the lease when the block fails, so that a redelivered message need not wait until it expires.

    The block's own error is raised, also when the release fails. A lost lease ends the block quietly: another worker continues.
    """
    try:
        yield
    except LeaseLostError:
        logger.info("lease lost", id=lease.id, lease=type(lease).__name__)
    except Exception:
        try:
            with database.transaction(lease.owner_id) as connection:
                release(connection, lease)
        except Exception:  # noqa: BLE001 - the lease expires, and the error of the work is the one to know
            logger.exception("lease not released", id=lease.id, lease=type(lease).__name__)
        raise


def for_each(list_rows: Callable[[Connection], Iterable[Row]], act: Callable[[Row], Result]) -> list[Result]:
    """Act on each of the rows of all owners that `list_rows` finds. Runs as the sweep's database role.

    Returns what `act` returned. Skips owners whose account is being erased.
    """
    with database.transaction(None) as connection:
        rows = list(list_rows(connection))
    results = []
    for row in rows:
        with suppress(AccountBeingErasedError):
            results.append(act(row))
    return results
