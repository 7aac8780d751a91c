"""Dump and restore all rows of the database, as the owner role.

pg_dump is not enough: row-level security is forced on the owner, too, and a restore has to bypass the triggers that chain the
audit trail and reject rows of erased accounts. PostgreSQL's COPY, in one transaction, does both.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from psycopg import sql

from chalicelib.platform.db.database import Connection

# Part of the schema; numbers of transactions, which mean nothing to another database. Unlogged tables are excluded, too: they
# are short-lived.
EXCLUDED = {"alembic_version", "changes"}
CHUNK_BYTES = 1024 * 1024
DUMP = "dump.json"  # describes the other files


class RestoreError(Exception):
    """The backup does not fit this database; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump's contents: the schema's revision, row count and checksum by table, and a moment before its snapshot."""

    revision: str
    tables: dict[str, tuple[int, str]]
    started_at: str


def revision(connection: Connection) -> str:
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise RestoreError("The database has no revision; deploy the stage first.")
    return str(row[0])


def grant_owner_read(connection: Connection) -> None:
    """Allow the owner role to read all rows despite forced row-level security.

    This grants nothing new: the owner could alter the tables.
    """
    for name in list_in_dependency_order(connection):
        table = sql.Identifier(name)
        policy = "SELECT 1 FROM pg_policies WHERE schemaname = 'public' AND tablename = %s AND policyname = 'backup'"
        if connection.execute(policy, [name]).fetchone() is None:
            grant = sql.SQL("CREATE POLICY backup ON {} FOR SELECT TO {} USING (true)")
            connection.execute(grant.format(table, sql.Identifier(connection.info.user)))


def dump(connection: Connection, folder: Path, started_at: datetime) -> Dump:
    """Write every table into a folder, from one consistent snapshot."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, tuple[int, str]] = {}
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name in list_in_dependency_order(connection):
            tables[name] = _copy_out(connection, name, folder / f"{name}.copy.gz")
        written = Dump(revision(connection), tables, started_at.isoformat())
    (folder / DUMP).write_text(json.dumps(asdict(written), indent=1))
    return written


def read_dump(folder: Path) -> Dump:
    """Return the contents of a dump. Raises RestoreError if a file is not the one that was written."""
    stored = json.loads((folder / DUMP).read_text())
    rows_and_digests = {name: (rows, digest) for name, (rows, digest) in stored["tables"].items()}
    contents = Dump(stored["revision"], rows_and_digests, stored["started_at"])
    for name, (_, digest) in contents.tables.items():
        if hashlib.sha256((folder / f"{name}.copy.gz").read_bytes()).hexdigest() != digest:
            raise RestoreError(f"{folder / name}.copy.gz is not the file that was written; the backup is damaged")
    return contents


def count(connection: Connection, name: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has a row
    return int(row[0])


def validate_dump(connection: Connection, folder: Path) -> Dump:
    """Return the contents of a dump if it is intact and of the database's revision. Raises RestoreError."""
    contents = read_dump(folder)
    if (current := revision(connection)) != contents.revision:
        raise RestoreError(
            f"The backup is of revision {contents.revision}, the database is at {current}. Deploy the release of the backup,"
            " restore, and then deploy the newer release."
        )
    return contents


def load(connection: Connection, folder: Path) -> Dump:
    """Restore all rows or none. Raises RestoreError if the database has another revision, or any rows of users."""
    contents = validate_dump(connection, folder)
    with connection.transaction():
        names = list_in_dependency_order(connection)
        owned = {name for name in names if _disable_forced_row_security(connection, name)}
        for name in reversed(names):
            if name in owned and count(connection, name):
                raise RestoreError(f"The table {name} has rows; a backup is restored into an empty stage only")
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))  # the sweep's bookkeeping
        for name in names:
            if name in contents.tables:
                _copy_in(connection, name, folder / f"{name}.copy.gz", contents.tables[name][0])
        for name in owned:
            connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.Identifier(name)))
    return contents


def list_in_dependency_order(connection: Connection) -> list[str]:
    """Return the tables, each after those that it references."""
    rows = connection.execute(
        """SELECT c.relname, coalesce(array_agg(DISTINCT r.relname::text) FILTER (WHERE r.relname <> c.relname), '{}')
           FROM pg_class c
           LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'
           LEFT JOIN pg_class r ON r.oid = f.confrelid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                 AND c.relpersistence = 'p'
           GROUP BY c.relname ORDER BY c.relname"""
    ).fetchall()
    pending = {name: set(references) - EXCLUDED for name, references in rows if name not in EXCLUDED}
    ordered: list[str] = []
    while pending:
        ready = [name for name, references in pending.items() if references <= set(ordered)]
        if not ready:
            raise RestoreError(f"These tables reference each other in a cycle: {', '.join(pending)}")
        ordered += ready
        pending = {name: references for name, references in pending.items() if name not in ready}
    return ordered


def _columns(connection: Connection, name: str) -> sql.Composed:
    """Return the columns of a table that are not generated."""
    rows = connection.execute(
        """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
           AND attgenerated = '' ORDER BY attnum""",
        [f"public.{name}"],
    )
    return sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows)


def _copy_out(connection: Connection, name: str, file: Path) -> tuple[int, str]:
    # A table cannot be copied under row-level security, a query can.
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_columns(connection, name), sql.Identifier(name))
    draft = file.with_suffix(".new")
    with connection.cursor() as cursor, gzip.GzipFile(draft, "wb", mtime=0) as target:
        with cursor.copy(query) as rows:
            for chunk in rows:
                target.write(chunk)
        rows_written = cursor.rowcount
    draft.replace(file)
    return rows_written, hashlib.sha256(file.read_bytes()).hexdigest()


def _disable_forced_row_security(connection: Connection, name: str) -> bool:
    """Disable forced row-level security until the caller restores it; return whether it was forced."""
    query = "SELECT relforcerowsecurity FROM pg_class WHERE oid = %s::regclass"
    row = connection.execute(query, [f"public.{name}"]).fetchone()
    forced = row is not None and bool(row[0])
    if forced:
        connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(name)))
    return forced


def _copy_in(connection: Connection, name: str, file: Path, rows: int) -> None:
    table = sql.Identifier(name)
    connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(table, _columns(connection, name))
    with connection.cursor() as cursor:
        with gzip.open(file) as source, cursor.copy(query) as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)
        if cursor.rowcount != rows:
            raise RestoreError(f"{name}: {rows:,} rows were saved, but {cursor.rowcount:,} restored")
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))
