"""Time-outs of the database: no function outlives its statement, and no lock outlives its function for long."""

import json
import time
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from chalicelib.events import account, ingest, speech  # noqa: F401 - they register their consumers
from chalicelib.events.consumer import CONSUMERS
from chalicelib.platform.db import database, roles
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import UnavailableError
from localstack.postgres import Postgres
from tests.integration.conftest import Cloud, User

WITHOUT_DATABASE = {"authorize", "authorize_player", "synthesize"}
OWN_LIMITS = {"migrate"}  # chalicelib/migrations/env.py


def seconds(limit: str) -> int:
    number, unit = limit[:-1], limit[-1]
    assert unit == "s"
    return int(number)


@pytest.mark.parametrize("role", sorted(roles.TIMEOUTS))
def test_each_role_signs_in_with_its_time_outs(migrated: Postgres, role: str) -> None:
    with psycopg.connect(migrated.url(role)) as connection:
        for name, limit in roles.TIMEOUTS[role].items():
            row = connection.execute("SELECT current_setting(%s)::interval = %s::interval", [name, limit]).fetchone()
            assert row == (True,), name


def test_every_function_outlives_its_statements_and_locks() -> None:
    functions: dict[str, Any] = json.loads(Path(".chalice/config.json").read_text())["lambda_functions"]
    limits = {name: function["lambda_timeout"] for name, function in functions.items()}
    limits |= {name: consumer.timeout_s for name, consumer in CONSUMERS.items()}
    for name in limits.keys() - WITHOUT_DATABASE - OWN_LIMITS:
        role = "visionary_sweep" if name == "sweep" else "visionary_app"
        assert all(seconds(limit) < limits[name] for limit in roles.TIMEOUTS[role].values()), name


def execute(user: User, name: str, limit: str, statement: LiteralString, *, after_s: float = 0) -> Connection:
    """Execute a statement in a transaction with a shorter time-out. Return its connection."""
    with database.transaction(user.id) as connection:
        connection.execute("SELECT set_config(%s, %s, true)", [name, limit])
        time.sleep(after_s)
        connection.execute(statement)
    return connection


@pytest.mark.usefixtures("cloud")
def test_a_statement_that_takes_too_long_is_ended_and_the_connection_is_used_again(alice: User) -> None:
    first = execute(alice, "statement_timeout", "5s", "SELECT 1")
    with pytest.raises(UnavailableError, match="busy"):
        execute(alice, "statement_timeout", "50ms", "SELECT pg_sleep(5)")
    assert execute(alice, "statement_timeout", "5s", "SELECT 1") is first


def test_a_lock_that_is_not_released_is_not_waited_for(cloud: Cloud, alice: User) -> None:
    cloud.owner.execute("INSERT INTO accounts (owner_id) VALUES (%s)", [alice.id])
    with cloud.owner.transaction():
        cloud.owner.execute("SELECT FROM accounts FOR UPDATE")
        with pytest.raises(UnavailableError, match="busy"):
            execute(alice, "lock_timeout", "50ms", "UPDATE accounts SET stored_items = 7")
    assert cloud.owner.execute("SELECT stored_items FROM accounts").fetchone() == (0,)


@pytest.mark.usefixtures("cloud")
def test_a_transaction_that_was_left_open_ends_and_the_next_one_gets_a_new_connection(alice: User) -> None:
    name = "idle_in_transaction_session_timeout"
    first = execute(alice, name, "5s", "SELECT 1")
    with pytest.raises(UnavailableError, match="went away"):
        execute(alice, name, "50ms", "SELECT 1", after_s=0.3)
    assert execute(alice, name, "5s", "SELECT 1") is not first
