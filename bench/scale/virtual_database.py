"""A Postgres whose clock is the simulation's, and the rows that recordings need.

The product's statements ask `now()` and `clock_timestamp()`. After the migrations, functions of these names in the schema
`virtual` come first in every search path, and in the defaults of columns: the same SQL runs in virtual time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from alembic import command
from alembic.config import Config

from bench.speech.schedule import prose
from chalicelib.library import texts
from chalicelib.platform import config
from chalicelib.platform.db import database
from localstack.postgres import Postgres
from tests.support.extracted_texts import plain_text

START = datetime(2030, 1, 1, tzinfo=UTC)
VIRTUAL_CLOCK = f"""
    CREATE SCHEMA virtual;
    GRANT USAGE ON SCHEMA virtual TO PUBLIC;
    CREATE FUNCTION virtual.now() RETURNS timestamptz LANGUAGE sql STABLE
        AS $$ SELECT coalesce(nullif(current_setting('virtual.now', true), ''), '{START.isoformat()}')::timestamptz $$;
    CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT virtual.now() $$;
    ALTER DATABASE visionary SET search_path = virtual, public, pg_catalog;
    ALTER DATABASE visionary SET synchronous_commit = off; -- the disk of this machine is not what is simulated
"""
# What was bound to the real clock when it was created: functions with a search path of their own, and defaults.
BOUND_TO_THE_REAL_CLOCK = """
    SELECT format('ALTER FUNCTION %s SET search_path = virtual, public, pg_catalog', oid::regprocedure)
    FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND proconfig::text LIKE '%search_path%'
    UNION ALL
    SELECT format('ALTER TABLE %s ALTER %I SET DEFAULT virtual.now()', attrelid::regclass, attname)
    FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    JOIN pg_class ON pg_class.oid = adrelid AND relnamespace = 'public'::regnamespace
    WHERE pg_get_expr(adbin, adrelid) IN ('now()', 'clock_timestamp()')
"""


class VirtualDatabase:
    """The product's schema in virtual time."""

    def __init__(self, server: Postgres) -> None:
        self._admin = psycopg.connect(server.url("postgres"), autocommit=True)

    def set_time(self, virtual_s: float) -> None:
        """Set the clock of the functions' connection to so many seconds after the start."""
        with database.transaction(None) as connection:
            now = START + timedelta(seconds=virtual_s)
            connection.execute("SELECT set_config('virtual.now', %s, false)", [now.isoformat()])

    def count_transactions(self) -> int:
        """Return the number of transactions so far, those of `set_time` included."""
        self._admin.execute("SELECT pg_stat_clear_snapshot()")
        row = self._admin.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = 'visionary'").fetchone()
        assert row is not None
        return int(row[0])

    def insert_document(self, owner_id: UUID, characters: int, seed: int) -> UUID:
        """Insert a ready document, and its owner's account if it is missing."""
        media_id, text = uuid4(), _text(characters, seed)
        self._admin.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
        self._admin.execute(
            """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, language, text_length,
                                  upload_expires_at)
               VALUES (%s, %s, 'book.txt', 'A book', 'text/plain', 1, 'ready', 'en', %s, now())""",
            [media_id, owner_id, len(text)],
        )
        with database.transaction(owner_id) as connection:
            texts.save(connection, owner_id, media_id, plain_text(text))
        return media_id

    def lift_rate_limits(self) -> None:
        """Forget all requests that rate limits have counted."""
        self._admin.execute("DELETE FROM rate_limits")

    def is_spoken(self, job_id: UUID) -> bool:
        """Return whether all segments of a job are recorded."""
        row = self._admin.execute("SELECT status <> 'speaking' FROM speech_jobs WHERE id = %s", [job_id]).fetchone()
        return row is not None and bool(row[0])

    def close(self) -> None:
        self._admin.close()


@contextmanager
def virtual_database(folder: Path) -> Iterator[VirtualDatabase]:
    """Run Postgres with the product's schema in virtual time; the functions find it by their environment variables."""
    server = Postgres(folder / "postgres")
    server.start()
    try:
        os.environ["DATABASE_URL"] = server.url("visionary_owner")
        config.settings.cache_clear()
        command.upgrade(Config("alembic.ini"), "head")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            statements = connection.execute(BOUND_TO_THE_REAL_CLOCK).fetchall()
            connection.execute(VIRTUAL_CLOCK)
            for (statement,) in statements:
                connection.execute(statement)
        os.environ["DATABASE_URL"] = server.url("visionary_app")
        config.settings.cache_clear()
        database._discard()
        simulated = VirtualDatabase(server)
        yield simulated
        simulated.close()
    finally:
        database._discard()
        server.stop()


@cache
def _text(characters: int, seed: int) -> str:
    return prose(characters, seed=seed)
