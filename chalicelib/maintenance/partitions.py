"""Partitions of tables whose rows only age: months are made ahead, and dropped when nothing needs their rows any more."""

from __future__ import annotations

from chalicelib.maintenance import store
from chalicelib.platform.db import database


def maintain() -> int:
    """Create the partitions of the next months, drop those that are too old; return their number. Runs as the sweep's role.

    Without it no row would be refused: rows of other months go to a default partition, from where they are moved.
    """
    with database.transaction(None) as connection:
        return store.maintain_partitions(connection)
