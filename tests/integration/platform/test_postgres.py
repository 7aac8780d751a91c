"""The embedded Postgres starts, in whatever state its folder was left."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from localstack.postgres import Postgres


@pytest.fixture
def server() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="visionary-") as folder:
        running = Postgres(Path(folder) / "postgres")
        running.start()
        try:
            yield running
        finally:
            running.stop()


def pid(server: Postgres) -> int:
    return int((server.folder / "postmaster.pid").read_text().split()[0])


def insert(server: Postgres, value: str) -> None:
    with psycopg.connect(server.url("visionary_owner")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def rows(server: Postgres) -> list[str]:
    with psycopg.connect(server.url("visionary_owner")) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept")]


def test_the_owner_role_owns_the_database_and_may_create_roles_but_is_not_a_superuser(server: Postgres) -> None:
    with psycopg.connect(server.url("visionary_owner")) as connection:
        row = connection.execute(
            "SELECT rolcreaterole, rolsuper, rolbypassrls, pg_get_userbyid(datdba) = current_user"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
        ).fetchone()
    assert row == (True, False, False, True)


def test_starting_a_running_server_changes_nothing(server: Postgres) -> None:
    before = pid(server)
    server.start()
    assert pid(server) == before


def test_committed_rows_survive_a_kill(server: Postgres) -> None:
    insert(server, "committed")
    os.kill(pid(server), signal.SIGKILL)
    server.start()
    assert rows(server) == ["committed"]


def test_a_pid_file_with_the_pid_of_another_process_does_not_prevent_a_start(server: Postgres) -> None:
    insert(server, "mine")
    lines = (server.folder / "postmaster.pid").read_text().splitlines()
    server.stop()
    assert not server.is_running()
    (server.folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not server.is_running()
    server.start()
    assert rows(server) == ["mine"]


def test_a_folder_with_a_path_too_long_for_a_socket_works() -> None:
    with tempfile.TemporaryDirectory(prefix="visionary-") as folder:
        server = Postgres(Path(folder) / ("deep" * 30) / "postgres")
        server.start()
        try:
            insert(server, "deep")
            os.kill(pid(server), signal.SIGKILL)
            server.start()
            assert rows(server) == ["deep"]
        finally:
            server.stop()
