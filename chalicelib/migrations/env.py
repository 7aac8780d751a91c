"""Alembic's connection: DATABASE_URL, as the owner role, one transaction per migration."""

from __future__ import annotations

import os
import random
import time

import psycopg
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from chalicelib.migrations import online
from chalicelib.platform.db import database, roles
from chalicelib.platform.telemetry.observability import logger

MIGRATION_LOCK = 20240101  # any constant: concurrent deployments must take turns
# Everybody who needs a table waits behind an ALTER TABLE that waits for it: for less than the functions' own 5 s, then the
# migration steps back, lets them through, and tries again.
LOCK_TIMEOUT = "2s"
MAX_LOCK_ATTEMPTS = 40  # within the function's 300 s
PAUSE_S = (1.0, 5.0)
STATEMENT_TIMEOUT = "240s"  # reported before the function's 300 s are over. What takes longer is an online step
IDLE_TRANSACTION_TIMEOUT = "60s"  # of a function that was killed: its locks are released


def run() -> None:
    url = os.environ.get("DATABASE_URL") or context.config.get_main_option("sqlalchemy.url")
    context.config.attributes["database_url"] = url
    raw = _connection(url)
    engine = create_engine("postgresql+psycopg://", creator=lambda: raw)
    try:
        online.lock(raw, MIGRATION_LOCK, step="another migration")
        raw.autocommit = False
        with engine.connect() as connection:
            for attempt in range(1, MAX_LOCK_ATTEMPTS + 1):
                try:
                    context.configure(connection=connection, transaction_per_migration=True)
                    with context.begin_transaction():
                        context.run_migrations()
                    break
                except OperationalError as error:
                    is_lock = isinstance(error.orig, psycopg.errors.LockNotAvailable)
                    if not is_lock or attempt == MAX_LOCK_ATTEMPTS:
                        raise
                    connection.rollback()
                    time.sleep(random.uniform(*PAUSE_S))  # noqa: S311 - not for cryptography
        raw.autocommit = True
        _set_role_timeouts(raw)
    finally:
        engine.dispose()
        raw.close()


def _set_role_timeouts(connection: database.Connection) -> None:
    try:
        roles.set_timeouts(connection)
    except psycopg.errors.InsufficientPrivilege as error:  # roles that an administrator made: docs/deployment.md
        logger.warning("time-outs of roles not set", reason=str(error))


def _connection(url: str | None) -> database.Connection:
    connection = database.connect(url)
    for name, limit in (
        ("lock_timeout", LOCK_TIMEOUT),
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_TRANSACTION_TIMEOUT),
        ("idle_session_timeout", "0"),  # it waits while an online step runs in a session of its own
    ):
        connection.execute("SELECT set_config(%s, %s, false)", [name, limit])
    return connection


run()
