"""Tables with rows that belong to an owner, read from the database's catalogue: no list can miss a new one.

A partitioned table is one table: its partitions are not listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class OwnedTable:
    """A table with a column `owner_id`. `key_columns` are the names and types of its primary key."""

    name: str
    key_columns: Sequence[tuple[str, str]]


def list_owned_tables(connection: Connection) -> list[OwnedTable]:
    """List all owned tables by name."""
    rows = connection.execute(
        """SELECT owned.relname, array_agg(ARRAY[part.attname, format_type(part.atttypid, part.atttypmod)]
                                           ORDER BY array_position(key.indkey::int2[], part.attnum))
           FROM pg_class AS owned
           JOIN pg_attribute AS owner ON owner.attrelid = owned.oid AND owner.attname = 'owner_id'
           JOIN pg_index AS key ON key.indrelid = owned.oid AND key.indisprimary
           JOIN pg_attribute AS part ON part.attrelid = owned.oid AND part.attnum = ANY (key.indkey)
           WHERE owned.relnamespace = 'public'::regnamespace AND owned.relkind IN ('r', 'p') AND NOT owned.relispartition
           GROUP BY owned.relname ORDER BY owned.relname"""
    )
    return [OwnedTable(name, [(column, kind) for column, kind in key]) for name, key in rows]


def list_foreign_keys(connection: Connection) -> list[tuple[str, str]]:
    """List the pairs of tables whose first one references the second."""
    rows = connection.execute(
        """SELECT DISTINCT child.relname, parent.relname
           FROM pg_constraint JOIN pg_class AS child ON child.oid = conrelid JOIN pg_class AS parent ON parent.oid = confrelid
           WHERE contype = 'f' AND conrelid <> confrelid"""
    )
    return [(child, parent) for child, parent in rows]
