"""Online steps of migrations: work that may take hours, while the tables are read and written.

Such a statement runs in a session of its own, outside a transaction, and survives its client: Postgres looks for the client only
when it sends something, so a build continues when the function that started it has ended. The session holds a lock meanwhile.
The next run of the migration waits for that lock, then finds the step done and continues, or finds what a failed one left and
repeats it. `infra.deploy.release` invokes `migrate` again until no step is unfinished.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from select import select

import psycopg
from alembic import context, op
from psycopg import sql
from psycopg.pq import ExecStatus

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.deadline import Deadline, DeadlineExceededError

STEP_LOCK = 20240102  # any constant; the session of the running step holds it
POLL_S = 0.5
NO_DEADLINE_S = 86_400.0  # from a shell


def create_index(name: str, definition: str, *, unique: bool = False) -> None:
    """Build an index, `definition` being what follows ON; rebuild it if an earlier build failed.

    Statements of the migration before this one are committed, so that a repetition must find them done.
    """

    def is_valid(connection: Connection) -> bool | None:
        row = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name]
        ).fetchone()
        return bool(row[0]) if row else None

    def build(connection: Connection) -> None:
        if is_valid(connection) is False:
            _execute(connection, f"DROP INDEX CONCURRENTLY {name}", step=f"dropping {name}")
        if is_valid(connection) is None:
            kind = "UNIQUE INDEX" if unique else "INDEX"
            _execute(connection, f"CREATE {kind} CONCURRENTLY {name} ON {definition}", step=f"building {name}")

    _run(build, step=f"building {name}")


def validate_constraint(table: str, name: str) -> None:
    """Check a constraint that was added as NOT VALID against all rows, which may be read and written meanwhile."""

    def validate(connection: Connection) -> None:
        statement = "SELECT convalidated FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"
        row = connection.execute(statement, [table, name]).fetchone()
        if row is not None and not row[0]:
            _execute(connection, f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}", step=f"validating {name}")

    _run(validate, step=f"validating {name}")


def deadline() -> Deadline:
    """Return when this run of the migrations has to end."""
    limit = context.config.attributes.get("deadline")
    return limit if isinstance(limit, Deadline) else Deadline(NO_DEADLINE_S)


def lock(connection: Connection, key: int, *, step: str) -> None:
    """Acquire an advisory lock of the session. Raises DeadlineExceededError when the time is up."""
    while connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone() != (True,):
        if deadline().remaining_s() == 0:
            raise DeadlineExceededError(step)
        time.sleep(POLL_S)


def _run(act: Callable[[Connection], None], *, step: str) -> None:
    """Run an action in a session of its own, once no earlier run of a step is going on."""
    with op.get_context().autocommit_block():
        url = context.config.attributes["database_url"]
        connection = database.connect(url)
        try:
            # Waits of these statements keep nobody waiting. A client that has gone must not end them.
            for name in ("lock_timeout", "statement_timeout", "client_connection_check_interval"):
                connection.execute(sql.SQL("SET {} = 0").format(sql.Identifier(name)))
            lock(connection, STEP_LOCK, step=step)
            act(connection)
        finally:
            connection.close()


def _execute(connection: Connection, statement: str, *, step: str) -> None:
    """Execute a statement. When the time is up, leave it to the server and raise DeadlineExceededError with the step's name."""
    remote = connection.pgconn
    remote.send_query(statement.encode())
    while remote.is_busy():
        if not select([remote.socket], [], [], deadline().remaining_s())[0]:
            raise DeadlineExceededError(step)
        remote.consume_input()
    while (result := remote.get_result()) is not None:
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.OperationalError(result.get_error_message())
