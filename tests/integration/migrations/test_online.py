"""Migrations of a database in use: nobody waits behind them, and long steps outlive the function that started them."""

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from chalicelib import migrations
from chalicelib.platform import config
from chalicelib.platform.deadline import Deadline, DeadlineExceededError
from localstack.postgres import Postgres

ROWS = 60
ENV = Path(migrations.__file__).parent / "env.py"
# An index over `slow` takes three seconds, and counts how often a row was read.
TABLE = """
    CREATE TABLE books (id integer PRIMARY KEY, title text NOT NULL);
    INSERT INTO books SELECT n, 'Book ' || n FROM generate_series(1, 60) AS n;
    CREATE SEQUENCE reads;
    GRANT SELECT, INSERT ON books TO visionary_app;
    GRANT USAGE ON SEQUENCE reads TO visionary_app;
    CREATE FUNCTION slow(title text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        PERFORM nextval('public.reads'), pg_sleep(0.05);
        RETURN title;
    END $$;
"""
INDEX = 'online.create_index("books_by_title", "books (public.slow(title))")'


@dataclass(frozen=True)
class Library:
    """A database of its own, and migrations of its own."""

    owner: psycopg.Connection[Any]
    app_url: str
    folder: Path

    def add_migration(self, statement: str) -> None:
        (self.folder / "versions" / "1.py").write_text(
            "from alembic import op\nfrom chalicelib.migrations import online\n"
            f'revision, down_revision = "1", None\n\n\ndef upgrade():\n    {statement}\n'
        )

    def migrate(self, *, within_s: float = 60) -> None:
        configuration = Config()
        configuration.set_main_option("script_location", str(self.folder))
        configuration.attributes["deadline"] = Deadline(within_s)
        command.upgrade(configuration, "head")

    def scalar(self, statement: str) -> Any:
        row = self.owner.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]

    def is_valid(self) -> bool | None:
        rows = self.owner.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('books_by_title')")
        row = rows.fetchone()
        return row and row[0]

    def builders(self) -> list[int]:
        rows = self.owner.execute(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
        )
        return [row[0] for row in rows]


@pytest.fixture
def library(migrated: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    url = migrated.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS online")
        connection.execute("CREATE DATABASE online OWNER visionary_owner")
    owner_url = migrated.url("visionary_owner").replace("/visionary?", "/online?")
    values = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l", "DATABASE_URL": owner_url}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    (tmp_path / "versions").mkdir()
    shutil.copy(ENV, tmp_path)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(TABLE)
        yield Library(owner, migrated.url("visionary_app").replace("/visionary?", "/online?"), tmp_path)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE online WITH (FORCE)")
    config.settings.cache_clear()


# ---- long steps --------------------------------------------------------------------------------------------------------------


def test_an_index_build_outlives_its_function_and_the_next_run_finds_it_done(library: Library) -> None:
    library.add_migration(INDEX)
    with pytest.raises(DeadlineExceededError, match="building books_by_title"):
        library.migrate(within_s=1)
    assert library.is_valid() is False
    assert library.builders()
    with pytest.raises(DeadlineExceededError, match="building books_by_title"):
        library.migrate(within_s=0)
    library.migrate()
    assert library.is_valid() is True
    assert library.scalar("SELECT last_value FROM reads") == ROWS, "every row was read once: by the first build"
    assert library.scalar("SELECT version_num FROM alembic_version") == "1"


def test_rows_are_written_while_an_index_is_built(library: Library) -> None:
    library.add_migration(INDEX)
    with pytest.raises(DeadlineExceededError):
        library.migrate(within_s=1)
    with psycopg.connect(library.app_url, autocommit=True) as app:
        app.execute("INSERT INTO books VALUES (1000, 'A new book')")
    assert library.is_valid() is False, "it was written during the build"
    library.migrate()
    library.owner.execute("SET enable_seqscan = off")
    assert library.scalar("SELECT count(*) FROM books WHERE slow(title) = 'A new book'") == 1


def test_a_build_that_was_killed_is_repeated(library: Library) -> None:
    library.add_migration(INDEX)
    with pytest.raises(DeadlineExceededError):
        library.migrate(within_s=1)
    (builder,) = library.builders()
    library.owner.execute("SELECT pg_terminate_backend(%s)", [builder])
    library.migrate()
    assert library.is_valid() is True
    assert library.scalar("SELECT last_value FROM reads") > ROWS


def test_a_build_that_fails_raises_and_its_migration_is_not_recorded(library: Library) -> None:
    library.owner.execute("UPDATE books SET title = 'Book 1'")
    library.add_migration('online.create_index("books_by_title", "books (title)", unique=True)')
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError, match="could not create unique index"):
            library.migrate()
    assert library.owner.execute("SELECT version_num FROM alembic_version").fetchall() == []
    library.owner.execute("UPDATE books SET title = title || id")
    library.migrate()
    assert library.is_valid() is True


def test_a_constraint_is_validated_without_a_lock_that_writers_wait_for(library: Library) -> None:
    library.owner.execute("ALTER TABLE books ADD CONSTRAINT books_titled CHECK (slow(title) <> '') NOT VALID")
    library.add_migration('online.validate_constraint("books", "books_titled")')
    with pytest.raises(DeadlineExceededError, match="validating books_titled"):
        library.migrate(within_s=1)
    with psycopg.connect(library.app_url, autocommit=True) as app:
        app.execute("INSERT INTO books VALUES (1000, 'A new book')")
    validated = "SELECT convalidated FROM pg_constraint WHERE conname = 'books_titled'"
    assert library.scalar(validated) is False
    library.migrate()
    assert library.scalar(validated) is True


# ---- locks -------------------------------------------------------------------------------------------------------------------


def test_readers_pass_a_migration_that_waits_for_a_lock_and_it_succeeds_in_the_end(library: Library) -> None:
    """ALTER TABLE waits for a transaction that has read the table. All later readers would wait behind it."""
    library.add_migration('op.execute("ALTER TABLE books ADD COLUMN author text")')
    migration = threading.Thread(target=library.migrate)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    with psycopg.connect(library.app_url) as reader, psycopg.connect(library.app_url, autocommit=True) as next_reader:
        reader.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        reader.execute("SELECT count(*) FROM books")
        migration.start()
        while not library.scalar(waiting):
            time.sleep(0.01)
        assert next_reader.execute("SELECT count(*) FROM books").fetchone() == (ROWS,)
        assert migration.is_alive()
    migration.join()
    assert library.scalar("SELECT count(author) FROM books") == 0


def test_migrations_take_turns(library: Library) -> None:
    library.add_migration(INDEX)
    library.owner.execute("SELECT pg_advisory_lock(20240101)")
    with pytest.raises(DeadlineExceededError, match="another migration"):
        library.migrate(within_s=0)
    library.owner.execute("SELECT pg_advisory_unlock(20240101)")
    library.migrate()
    assert library.is_valid() is True
