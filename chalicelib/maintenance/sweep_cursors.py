"""Sweep cursors: resumable scans over everything, a part at each run of the sweep; each scan starts again at intervals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chalicelib.maintenance import store
from chalicelib.platform.db import database

WORK_S = 30.0  # of one run for one scan; a batch that was started within it is finished


@dataclass
class SweepCursor:
    """The position of a scan: the last key it has processed, "" at its start. Set `is_finished` at its end."""

    name: str
    position: str
    is_finished: bool = False
    deadline: float = field(default_factory=lambda: time.monotonic() + WORK_S)

    @property
    def is_out_of_time(self) -> bool:
        """True when the rest is for the next run."""
        return time.monotonic() > self.deadline

    def save(self, position: str) -> None:
        """Record the position; after a crash the scan resumes behind it."""
        self.position = position
        with database.transaction(None) as connection:
            store.update_scan(connection, self.name, position)


@contextmanager
def resume(name: str, *, every_s: int) -> Iterator[SweepCursor | None]:
    """Start or resume a scan; None while it is too early for the next one."""
    with database.transaction(None) as connection:
        position = store.start_or_resume_scan(connection, name, every_s=every_s)
    if position is None:
        yield None
        return
    scan = SweepCursor(name, position)
    yield scan
    if scan.is_finished:
        with database.transaction(None) as connection:
            store.finish_scan(connection, name)
