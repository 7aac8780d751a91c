"""The migration that renames functions: the release before keeps working, and nothing loses its index, policy or grant."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from chalicelib.platform import config
from localstack.postgres import Postgres

BEFORE, AFTER = "20240101000015", "20240101000016"
FORWARDING = {
    "owner()": "current_owner_id()",
    "become(uuid)": "set_current_owner(uuid)",
    "take(text, double precision, integer)": "consume_rate_limit(text, double precision, integer)",
    "words(text, text, text)": "to_search_vector(text, text, text)",
    "asked(text, jsonb)": "to_search_query(text, jsonb)",
    "owned(uuid, tsvector)": "prefix_owner(uuid, tsvector)",
    "owned(uuid, tsquery)": "prefix_owner(uuid, tsquery)",
    "forget_audit(timestamptz, integer)": "delete_old_audit_events(timestamptz, integer)",
    "erase(regclass, integer)": "delete_owner_rows(regclass, integer)",
    "calls_under_way(text)": "in_flight_calls(text)",
    "waiting_for_calls(text, integer)": "pending_jobs(text, integer)",
}
ROLES = ("visionary_app", "visionary_sweep", "visionary_search")
# Everything that a new name of a function could change.
CATALOGUE = """
    SELECT 'function', proname || pg_get_function_arguments(oid), concat_ws(' ', prosecdef, provolatile, proparallel,
           pg_get_userbyid(proowner), proconfig, proacl)
    FROM pg_proc WHERE pronamespace = 'app'::regnamespace
    UNION ALL SELECT 'policy', tablename || ' ' || policyname, roles::text || coalesce(qual, '') || coalesce(with_check, '')
    FROM pg_policies
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    ORDER BY 1, 2, 3"""


@pytest.fixture
def database(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    """A database of its own, migrated to the revision before."""
    url = postgres.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS renamed")
        connection.execute("CREATE DATABASE renamed OWNER visionary_owner")
    environment = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}
    environment["DATABASE_URL"] = postgres.url("visionary_owner").replace("/visionary?", "/renamed?")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    command.upgrade(Config("alembic.ini"), BEFORE)
    with psycopg.connect(url.replace("/visionary?", "/renamed?"), autocommit=True) as connection:
        yield connection
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE renamed WITH (FORCE)")
    config.settings.cache_clear()


def definitions(database: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    rows = database.execute(
        """SELECT proname || pg_get_function_arguments(oid), pg_get_functiondef(oid) FROM pg_proc
           WHERE pronamespace = 'app'::regnamespace ORDER BY 1"""
    )
    return rows.fetchall()


def test_no_table_is_rewritten_and_the_way_back_restores_everything(database: psycopg.Connection[Any]) -> None:
    files = "SELECT relname, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
    renamed = {
        "speech_segments_resting": "speech_segments_retry_at",
        "speech_exports_over": "speech_exports_expires_at",
    }
    before = database.execute(CATALOGUE).fetchall(), definitions(database), dict(database.execute(files).fetchall())
    command.upgrade(Config("alembic.ini"), AFTER)
    assert dict(database.execute(files).fetchall()) == {
        renamed.get(name, name): file for name, file in before[2].items()
    }
    command.downgrade(Config("alembic.ini"), BEFORE)
    assert (database.execute(CATALOGUE).fetchall(), definitions(database)) == before[:2]


def test_policies_triggers_and_the_search_index_use_the_new_names(database: psycopg.Connection[Any]) -> None:
    command.upgrade(Config("alembic.ini"), AFTER)
    catalogue = database.execute(CATALOGUE).fetchall()
    used = [definition for kind, _, definition in catalogue if kind != "function"]
    assert any("prefix_owner(owner_id, words)" in definition for definition in used)
    assert any("append_audit_hash()" in definition for definition in used)
    assert any("reject_erased_owner()" in definition for definition in used)
    own_policies = [definition for kind, name, definition in catalogue if kind == "policy" and name.endswith(" own")]
    assert own_policies
    assert all("( SELECT app.current_owner_id() AS" in definition for definition in own_policies), (
        "evaluated once a statement"
    )
    old = ("app.owner()", "app.owned(", "app.chain(", "app.refuse_erased(")
    assert not [definition for definition in used if any(name in definition for name in old)]
    names = "|".join(name.split("(")[0] for name in FORWARDING)
    callers = database.execute("SELECT proname FROM pg_proc WHERE prosrc ~ %s", [f"app\\.({names})\\("])
    assert callers.fetchall() == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_call_an_old_function_if_and_only_if_it_may_call_the_new_one(
    database: psycopg.Connection[Any], role: str
) -> None:
    command.upgrade(Config("alembic.ini"), AFTER)
    for old, new in FORWARDING.items():
        allowed = database.execute(
            "SELECT has_function_privilege(%s, %s, 'EXECUTE'), has_function_privilege(%s, %s, 'EXECUTE')",
            [role, f"app.{old}", role, f"app.{new}"],
        ).fetchone()
        assert allowed in {(True, True), (False, False)}, old
