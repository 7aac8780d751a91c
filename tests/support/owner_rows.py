"""Rows of an owner in every owned table, generated from the catalogue to include new tables."""

from typing import Any

from psycopg import sql

from chalicelib.platform.db import owned_tables
from tests.integration.conftest import Cloud, User

ERASURES = "erasures"  # a row here is an erasure and would change behaviour

_VALUES = {
    "uuid": "gen_random_uuid()", "text": "'x'", "inet": "'127.0.0.1'", "jsonb": "'{}'", "json": "'{}'", "boolean": "false",
    "date": "now()", "timestamp with time zone": "now()", "bytea": "uuid_send(gen_random_uuid())", "tsvector": "''",
    "xid8": "pg_current_xact_id()",
}  # fmt: skip
_REQUIRED = """
    SELECT attname, format_type(atttypid, NULL), (
        SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''') FROM pg_constraint
        WHERE conrelid = attrelid AND contype = 'c' AND conkey = ARRAY[attnum] ORDER BY oid LIMIT 1) AS allowed
    FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'owner_id'
         AND attnotnull AND NOT atthasdef AND attidentity = ''"""

# What the code or a constraint over several columns requires.
_ALSO_REQUIRED = {
    "lexicon_entries": {"spoken": "x", "language": "en"},
    "shares": {"media_id": "0192a0b0-7c1e-7d6a-9a51-3b1f0c2d4e5f"},
}


def list_tables(cloud: Cloud) -> list[str]:
    return [table.name for table in owned_tables.list_owned_tables(cloud.owner) if table.name != ERASURES]


def insert_rows(cloud: Cloud, user: User) -> None:
    """Insert a row of the user into every owned table without one.

    Rows that it references need not exist.
    """
    with cloud.owner.transaction():
        cloud.owner.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
        for table, number in count_rows(cloud, user).items():
            if not number:
                _insert(cloud, user, table)


def count_rows(cloud: Cloud, user: User) -> dict[str, int]:
    """Return the number of the user's rows in each owned table."""
    return {table: len(list_rows(cloud, user, table)) for table in list_tables(cloud)}


def list_rows(cloud: Cloud, user: User, table: str) -> list[str]:
    result = cloud.owner.execute(
        sql.SQL("SELECT t::text FROM {} AS t WHERE owner_id = %s ORDER BY 1").format(sql.Identifier(table)), [user.id]
    )
    return [row[0] for row in result]


def _insert(cloud: Cloud, user: User, table: str) -> None:
    columns: list[sql.Composable] = [sql.Identifier("owner_id")]
    values: list[sql.Composable] = [sql.Literal(str(user.id))]
    for name, value in _ALSO_REQUIRED.get(table, {}).items():
        columns.append(sql.Identifier(name))
        values.append(sql.Literal(value))
    for nth, (name, kind, allowed) in enumerate(cloud.owner.execute(_REQUIRED, [table]).fetchall(), 1):
        if name in _ALSO_REQUIRED.get(table, {}):
            continue
        columns.append(sql.Identifier(name))
        values.append(sql.Literal(allowed) if allowed and kind == "text" else sql.SQL(_value(kind, nth)))
    statement: Any = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table), sql.SQL(", ").join(columns), sql.SQL(", ").join(values)
    )
    cloud.owner.execute(statement)


def _value(kind: str, nth: int) -> str:
    """Return a value of a type; numbers grow from column to column, so that starts precede ends."""
    return "'{}'" if kind.endswith("[]") else _VALUES.get(kind, str(nth))
