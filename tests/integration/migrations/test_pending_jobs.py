"""The migration that gives pending jobs their turns: jobs that wait at that moment are carried over, and it can be undone."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from chalicelib.platform import config
from localstack.postgres import Postgres
from tests.support.speech_rows import insert_speaking_jobs

BEFORE, AFTER = "20240101000023", "20240101000031"
TURNS = "SELECT owner_id, job_id FROM speech_pending_jobs JOIN speech_pending_owners USING (owner_id, provider)"


@pytest.fixture
def database(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    """A database of its own, migrated to the revision before."""
    url = postgres.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS turns")
        connection.execute("CREATE DATABASE turns OWNER visionary_owner")
    environment = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}
    environment["DATABASE_URL"] = postgres.url("visionary_owner").replace("/visionary?", "/turns?")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    command.upgrade(Config("alembic.ini"), BEFORE)
    with psycopg.connect(url.replace("/visionary?", "/turns?"), autocommit=True) as connection:
        yield connection
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE turns WITH (FORCE)")
    config.settings.cache_clear()


def test_jobs_that_wait_are_carried_over_with_their_turns(database: psycopg.Connection[Any]) -> None:
    insert_speaking_jobs(database, 4)
    database.execute("UPDATE speech_jobs SET status = 'cancelled' WHERE id = md5('job4')::uuid")
    database.execute(
        """INSERT INTO speech_calls (id, owner_id, job_id, index, provider, voice, characters, begun_at, lease_until)
           SELECT gen_random_uuid(), owner_id, id, 0, 'speechify', voice, 1, '2026-11-01', '2026-11-01'
           FROM speech_jobs WHERE id = md5('job2')::uuid"""
    )
    waiting = set(database.execute("SELECT owner_id, job_id FROM app.pending_jobs('speechify', 13)").fetchall())
    command.upgrade(Config("alembic.ini"), AFTER)
    assert set(database.execute(TURNS).fetchall()) == waiting
    assert len(waiting) == 3
    order = database.execute(
        "SELECT job_id FROM app.next_pending_jobs('speechify', '{}', 3, 3, 13) ORDER BY owner_served_at NULLS FIRST"
    ).fetchall()
    last = database.execute("SELECT md5('job2')::uuid").fetchone()
    assert order[-1] == last  # the others have never been served
    refused = "SELECT relname FROM pg_class WHERE relname LIKE 'speech_pending%' AND relkind = 'r' AND NOT relforcerowsecurity"
    assert database.execute(refused).fetchall() == []


def test_the_way_back_leaves_nothing_and_the_release_before_goes_on(database: psycopg.Connection[Any]) -> None:
    catalogue = """SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace
                   UNION ALL SELECT tgname || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
                   UNION ALL SELECT indexname FROM pg_indexes WHERE schemaname = 'public'
                   UNION ALL SELECT tablename || policyname FROM pg_policies ORDER BY 1"""
    before = database.execute(catalogue).fetchall()
    command.upgrade(Config("alembic.ini"), AFTER)
    insert_speaking_jobs(database, 2)
    command.downgrade(Config("alembic.ini"), BEFORE)
    assert database.execute(catalogue).fetchall() == before
    assert len(database.execute("SELECT FROM app.pending_jobs('speechify', 13)").fetchall()) == 2
