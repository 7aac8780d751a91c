"""Going through everything, a little at each run of the sweep: a round takes many runs, and begins anew once in a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chalicelib.maintenance import store
from chalicelib.platform.db import database

WORK_S = 30.0  # of one run for one round; what is begun within it is finished


@dataclass
class SweepCursor:
    """`place` is where the round stands; "" at the beginning."""

    name: str
    position: str
    is_finished: bool = False
    deadline: float = field(default_factory=lambda: time.monotonic() + WORK_S)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the rest is for the next run."""
        return time.monotonic() > self.deadline

    def save(self, place: str) -> None:
        """Done up to here; a crash costs what follows."""
        self.position = place
        with database.transaction(None) as connection:
            store.update_scan(connection, self.name, place)


@contextmanager
def resume(name: str, *, every_s: int) -> Iterator[SweepCursor | None]:
    """The round to go on with; None while it is too early for another. Set `ended` when nothing is left of it."""
    with database.transaction(None) as connection:
        place = store.start_or_resume_scan(connection, name, every_s=every_s)
    if place is None:
        yield None
        return
    this = SweepCursor(name, place)
    yield this
    if this.is_finished:
        with database.transaction(None) as connection:
            store.finish_scan(connection, name)
