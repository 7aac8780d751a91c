"""Alembic's connection: DATABASE_URL, as the owner role, one transaction per migration."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, text

from chalicelib.platform.db import database

MIGRATION_LOCK = 20240101  # any constant: concurrent deployments must take turns


def run() -> None:
    url = os.environ.get("DATABASE_URL") or context.config.get_main_option("sqlalchemy.url")
    engine = create_engine("postgresql+psycopg://", creator=lambda: _connection(url))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def _connection(url: str | None) -> database.Connection:
    connection = database.connect(url)
    connection.autocommit = False
    return connection


run()
