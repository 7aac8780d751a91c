"""Tables with a partition for each month: rows are kept, none is refused, and old ones go with their month."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from chalicelib.platform import config
from localstack.postgres import Postgres

BEFORE, CALLS, EVENTS = "20240101000019", "20240101000021", "20240101000023"
INSERT_CALL = """
    INSERT INTO speech_calls (id, owner_id, job_id, index, provider, voice, characters, lease_until)
    VALUES (%(id)s, %(owner)s, %(owner)s, 0, 'espeak', 'espeak:en', 7, now())"""
# The months of a table's partitions, but for the first and the default one.
MONTHS = """
    SELECT right(relname, 7) FROM pg_class JOIN pg_inherits ON inhrelid = oid
    WHERE inhparent = %s::regclass AND relname ~ '[0-9]{4}_[0-9]{2}$' ORDER BY 1"""


@dataclass(frozen=True)
class Library:
    """A database of its own, at the revision before its tables were partitioned."""

    superuser: psycopg.Connection[Any]
    server: Postgres

    def connect(self, role: str, owner: UUID | None = None) -> psycopg.Connection[Any]:
        url = self.server.url(role).replace("/visionary?", "/months?")
        connection = psycopg.connect(url, autocommit=True)
        if owner:
            connection.execute("SELECT set_config('app.owner_id', %s, false)", [str(owner)])
        return connection

    def column(self, statement: str, *values: object) -> list[Any]:
        return [row[0] for row in self.superuser.execute(statement.encode(), values)]

    def maintain(self) -> int:
        with self.connect("visionary_sweep") as sweep:
            row = sweep.execute("SELECT app.maintain_partitions()").fetchone()
        assert row is not None
        return int(row[0])

    def add_partition(self, table: str, month: str, start: str, end: str) -> None:
        """Add the partition of a month that the sweep has made long ago."""
        name = f"{table}_{month}"
        with self.connect("visionary_owner") as owner:
            owner.execute(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{start}') TO ('{end}')".encode())
            owner.execute(f"CREATE POLICY maintain ON {name} TO CURRENT_USER USING (true)".encode())

    def drop_first_partition(self, table: str, *, keep_rows: bool = False) -> None:
        """Drop the partition of all months so far, as the sweep does one day; its rows may be kept in the default one."""
        self.superuser.execute(f"ALTER TABLE {table} DETACH PARTITION {table}_first".encode())
        if keep_rows:
            with self.superuser.transaction():
                self.superuser.execute("SET LOCAL session_replication_role = replica")  # no trigger
                self.superuser.execute(f"INSERT INTO {table}_default SELECT * FROM {table}_first".encode())  # noqa: S608
        self.superuser.execute(f"DROP TABLE {table}_first".encode())

    def record_event(self, owner: UUID) -> None:
        with self.connect("visionary_app", owner) as app:
            app.execute("INSERT INTO audit_events (owner_id, actor, action) VALUES (%s, 'owner', 'x')", [owner])

    def insert_call(self, owner: UUID, begun_at: str) -> UUID:
        """Insert a call of another time."""
        call_id = uuid4()
        with self.connect("visionary_app", owner) as app:
            app.execute(INSERT_CALL, {"id": call_id, "owner": owner})
        self.superuser.execute(
            f"UPDATE speech_calls SET begun_at = {begun_at} WHERE id = %s".encode(),  # noqa: S608
            [call_id],
        )
        return call_id


@pytest.fixture
def library(migrated: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    url = migrated.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS months")
        connection.execute("CREATE DATABASE months OWNER visionary_owner")
    values = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l"}
    values["DATABASE_URL"] = migrated.url("visionary_owner").replace("/visionary?", "/months?")
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    command.upgrade(Config("alembic.ini"), BEFORE)
    with psycopg.connect(url.replace("/visionary?", "/months?"), autocommit=True) as superuser:
        yield Library(superuser, migrated)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE months WITH (FORCE)")
    config.settings.cache_clear()


@pytest.fixture
def owner() -> UUID:
    return uuid4()


def test_existing_calls_are_kept_and_the_release_before_goes_on(library: Library, owner: UUID) -> None:
    old = [library.insert_call(owner, f"now() - interval '{days} days'") for days in (0, 20, 50)]
    rows = "SELECT speech_calls::text FROM speech_calls ORDER BY id"
    before = library.column(rows)
    command.upgrade(Config("alembic.ini"), CALLS)
    assert library.column(rows) == before
    new = uuid4()
    with library.connect("visionary_app", owner) as app:
        app.execute(INSERT_CALL, {"id": new, "owner": owner})
        for call_id in (new, old[2]):
            ended = app.execute("UPDATE speech_calls SET outcome = 'spoken', ended_at = now() WHERE id = %s", [call_id])
            assert ended.rowcount == 1
        in_flight = app.execute("SELECT id FROM app.in_flight_calls('espeak')").fetchall()
        assert {row[0] for row in in_flight} == set(old[:2])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(INSERT_CALL, {"id": uuid4(), "owner": uuid4()})
    with library.connect("visionary_app", uuid4()) as stranger:
        assert stranger.execute("SELECT count(*) FROM speech_calls").fetchone() == (0,)
    before = library.column(rows)
    command.downgrade(Config("alembic.ini"), BEFORE)
    assert library.column(rows) == before
    command.upgrade(Config("alembic.ini"), CALLS)


def test_partitions_are_made_ahead_and_no_row_is_ever_refused(library: Library, owner: UUID) -> None:
    command.upgrade(Config("alembic.ini"), CALLS)
    assert library.maintain() == 0, "the first partition ends three months on"
    late = library.insert_call(owner, "now() + interval '4 months'")
    assert library.column("SELECT id FROM speech_calls_default") == [late]
    # Four months later, if no sweep ran in between.
    library.drop_first_partition("speech_calls")
    kept = [library.insert_call(owner, f"now() - interval '{days} days'") for days in (0, 20, 50)]
    gone = library.insert_call(owner, "now() - interval '90 days'")
    assert library.maintain() > 0
    assert set(library.column("SELECT id FROM speech_calls")) == {late, *kept}, gone
    assert library.column("SELECT id FROM speech_calls_default") == [late]
    assert len(library.column(MONTHS, "speech_calls")) in {5, 6}
    assert library.maintain() == 0


def test_a_month_is_dropped_as_a_whole_when_no_budget_counts_it(library: Library, owner: UUID) -> None:
    command.upgrade(Config("alembic.ini"), CALLS)
    library.drop_first_partition("speech_calls")
    library.maintain()
    library.add_partition("speech_calls", "2020_01", "2020-01-01Z", "2020-02-01Z")
    library.add_partition("speech_calls", "2020_02", "2020-02-01Z", "2020-03-01Z")
    for time in ("2020-01-05", "2020-02-05"):
        library.insert_call(owner, f"'{time}'")
    recent = library.insert_call(owner, "now() - interval '40 days'")
    assert library.maintain() == 2
    assert library.column("SELECT id FROM speech_calls") == [recent]


def test_a_month_of_audit_events_is_dropped_when_retention_has_emptied_it(library: Library, owner: UUID) -> None:
    command.upgrade(Config("alembic.ini"), EVENTS)
    library.drop_first_partition("audit_events")
    library.maintain()
    library.add_partition("audit_events", "2020_01", "2020-01-01Z", "2020-02-01Z")
    library.record_event(owner)
    with library.superuser.transaction():
        library.superuser.execute(
            "SET LOCAL session_replication_role = replica"
        )  # no trigger: the row changes its partition
        library.superuser.execute("UPDATE audit_events SET at = '2020-01-05'")
    assert library.maintain() == 0
    library.superuser.execute("DELETE FROM audit_events")
    assert library.maintain() == 1
    library.record_event(owner)
    assert len(library.column("SELECT number FROM audit_events")) == 1


def test_audit_trails_stay_intact_and_get_new_events_in_the_new_table(library: Library, owner: UUID) -> None:
    for _ in range(3):
        library.record_event(owner)
    before = library.column("SELECT audit_events::text FROM audit_events ORDER BY number")
    command.upgrade(Config("alembic.ini"), EVENTS)
    assert library.column("SELECT audit_events::text FROM audit_events ORDER BY number") == before
    library.record_event(owner)
    library.drop_first_partition("audit_events", keep_rows=True)
    library.maintain()
    library.record_event(owner)
    assert library.column("SELECT number FROM audit_events ORDER BY number") == [1, 2, 3, 4, 5]
    assert library.column("SELECT count(*) FROM audit_events_default") == [0]
    with library.connect("visionary_app", owner) as app:
        assert app.execute("SELECT * FROM app.audit_fault()").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM audit_events")
    library.superuser.execute("UPDATE audit_events SET actor = 'unknown' WHERE number = 4")
    with library.connect("visionary_app", owner) as app:
        assert app.execute("SELECT number, fault FROM app.audit_fault()").fetchall() == [(4, "changed")]
    command.downgrade(Config("alembic.ini"), BEFORE)
    library.record_event(owner)
    assert library.column("SELECT number FROM audit_events ORDER BY number") == [1, 2, 3, 4, 5, 6]


def test_row_level_security_is_forced_on_every_partition_and_no_function_may_use_one(
    library: Library, owner: UUID
) -> None:
    command.upgrade(Config("alembic.ini"), CALLS)
    library.drop_first_partition("speech_calls")
    library.insert_call(owner, "now()")
    library.maintain()
    partitions = library.column(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'speech_calls'::regclass"
    )
    assert len(partitions) > 4
    forced = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass"
    assert all(library.column(forced, partition) == [True] for partition in partitions)
    for role in ("visionary_app", "visionary_sweep"):
        with library.connect(role, owner) as connection:
            for partition in partitions:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SELECT count(*) FROM {partition}".encode())  # noqa: S608
    with library.connect("visionary_app") as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("SELECT app.maintain_partitions()")
