"""The sweep, backups and migrations while a service is broken: they say so in time, and succeed afterwards."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.faults.matrix import Cell, cells
from tests.faults.users import count, upload

REAL_LIMIT_S = 900.0  # a backup begins no batch in its last minute


def break_and_repeat(cell: Cell, event: object) -> Any:
    """Invoke the function while a service is broken, and again afterwards; return the second result."""
    cell.tested.start()
    with cell.broken():
        outcome = cell.tested.invoke(event, limit_s=cell.limit_s)
    cell.observe((outcome.error or "ended").partition(":")[0], outcome)
    # A run that crashed is over when its message returns.
    cell.deployment.owner.execute("UPDATE sweep_schedule SET running_until = NULL")
    again = cell.tested.invoke(event, limit_s=REAL_LIMIT_S)
    assert again.error is None, again
    return again.result


@cells("sweep", ["postgres", "s3", "sqs"])
def test_the_sweep_does_afterwards_what_it_could_not(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    upload(deployment, owner)
    deployment.owner.execute(
        """INSERT INTO outbox (id, owner_id, queue, body, created_at)
           VALUES (gen_random_uuid(), %s, 'account', '{}', now() - interval '5 minutes')""",
        [owner],
    )
    counts = break_and_repeat(cell, {})
    assert counts["library_removed"] == 0  # what could not be listed is not taken for an orphan
    assert count(deployment, "outbox", owner) == 0
    assert sum(1 for message in deployment.receive("account") if message.body == "{}") in {1, 2}  # at least once
    assert count(deployment, "media", owner, status="ready") == 1


@cells("backup", ["postgres", "s3"])
def test_a_backup_is_finished_afterwards(cell: Cell) -> None:
    upload(cell.deployment, uuid4())
    name = f"backup-{uuid4().hex}"
    assert break_and_repeat(cell, {"command": "save", "name": name})["is_finished"]
    report = cell.tested.invoke({"command": "check"}).result
    assert (report["missing"], report["changed"]) == (0, 0)


@cells("migrate", ["postgres"])
def test_a_migration_succeeds_afterwards(cell: Cell) -> None:
    assert break_and_repeat(cell, {})["revision"]
