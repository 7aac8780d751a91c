"""Functions that run as their owner execute nothing of their caller, whatever it creates and passes to them.

The caller gets more here than a role of the functions has: temporary objects, a schema of its own, and every function.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest

from localstack.postgres import Postgres
from tests.integration.conftest import Cloud

ROLES = ("visionary_app", "visionary_sweep")
DEFINERS = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND prosecdef ORDER BY 1"
)
OWNER, ERASURE = UUID(int=99), UUID(int=77)

# What each type of argument can be told to be. A function with another type fails the test: think about it first.
NAMES = (
    "bait", "hostile.bait", "hostile.seen", "hostile.parts", "pg_temp.accounts", "accounts", "media", "erasures",
    "audit_events", "audit_events_first", "accounts; SELECT hostile.strike()", '"', "",
)  # fmt: skip
VALUES: dict[str, tuple[Any, ...]] = {
    "text": NAMES,
    "integer": (-1, 10, 2**31 - 1),
    "double precision": (0.0, 1.0),
    "jsonb": ("{}", "[]", '[{"words": ["bait"], "kind": "all"}]', '{"terms": ["hostile.strike()"]}'),
    "uuid[]": ([], [OWNER]),
    "timestamp with time zone": ("-infinity", "infinity"),
}

# Objects with the names of ours, in a schema that the caller puts first: tables, views, functions and an operator.
HOSTILE = """
    CREATE SCHEMA hostile AUTHORIZATION {role};
    GRANT ALL ON SCHEMA hostile TO PUBLIC;
    GRANT TEMPORARY ON DATABASE visionary TO {role};
    CREATE FUNCTION hostile.strike() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE NOTICE 'hostile code as %', current_user; RETURN old; END $$;
    CREATE FUNCTION hostile.see() RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN RAISE NOTICE 'hostile code as %', current_user; RETURN true; END $$;
    CREATE TABLE hostile.bait (owner_id uuid);
    CREATE TEMPORARY TABLE bait (owner_id uuid);
    CREATE TABLE hostile.parts (owner_id uuid) PARTITION BY LIST (owner_id);
    CREATE TABLE hostile.part PARTITION OF hostile.parts DEFAULT;
    INSERT INTO hostile.bait VALUES ('{owner}');
    INSERT INTO bait VALUES ('{owner}');
    INSERT INTO hostile.parts VALUES ('{owner}');
    CREATE VIEW hostile.seen AS SELECT owner_id FROM hostile.bait WHERE hostile.see();
    CREATE FUNCTION hostile.equal(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN RAISE NOTICE 'hostile code as %', current_user; RETURN true; END $$;
    CREATE OPERATOR hostile.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = hostile.equal);
    DO $$ DECLARE shadowed record; target regclass;
    BEGIN
        FOR shadowed IN SELECT relname, oid::regclass AS original FROM pg_class
                        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
            EXECUTE format('CREATE TABLE hostile.%I AS SELECT * FROM %s WITH NO DATA',
                shadowed.relname, shadowed.original);
            EXECUTE format('INSERT INTO hostile.%I DEFAULT VALUES', shadowed.relname);
            EXECUTE format('CREATE TEMPORARY TABLE %I AS SELECT * FROM hostile.%1$I', shadowed.relname);
        END LOOP;
        FOR shadowed IN SELECT proname, pg_get_function_identity_arguments(oid) AS arguments,
                               pg_get_function_result(oid) AS result FROM pg_proc
                        WHERE (pronamespace = 'app'::regnamespace AND prorettype <> 'trigger'::regtype)
                              OR oid IN ('now()'::regprocedure, 'clock_timestamp()'::regprocedure,
                                         'sha256(bytea)'::regprocedure) LOOP
            EXECUTE format($f$CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS
                $b$ BEGIN PERFORM hostile.see(); RETURN; END $b$ $f$, shadowed.proname, shadowed.arguments,
                CASE WHEN shadowed.result LIKE 'TABLE%%' THEN shadowed.result ELSE 'SETOF ' || shadowed.result END);
        END LOOP;
        FOR target IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'p')
                      AND relnamespace IN ('hostile'::regnamespace, pg_my_temp_schema())
                      ORDER BY relispartition DESC LOOP
            EXECUTE format('ALTER TABLE %s OWNER TO {role}', target);
            EXECUTE format('GRANT ALL ON %s TO PUBLIC', target);
            EXECUTE format('CREATE TRIGGER strike BEFORE INSERT OR UPDATE OR DELETE ON %s
                            FOR EACH STATEMENT EXECUTE FUNCTION hostile.strike()', target);
            IF NOT (SELECT relispartition FROM pg_class WHERE oid = target) THEN   -- a partition gets its table's
                EXECUTE format('CREATE TRIGGER strike_row BEFORE INSERT OR UPDATE OR DELETE ON %s
                                FOR EACH ROW EXECUTE FUNCTION hostile.strike()', target);
            END IF;
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
            EXECUTE format('CREATE POLICY see ON %s USING (hostile.see())', target);
        END LOOP;
    END $$;
    ALTER VIEW hostile.seen OWNER TO {role};
    GRANT ALL ON hostile.seen TO PUBLIC;
    CREATE TRIGGER strike INSTEAD OF DELETE ON hostile.seen FOR EACH ROW EXECUTE FUNCTION hostile.strike();
"""


@contextmanager
def hostile_session(server: Postgres, role: str) -> Iterator[tuple[psycopg.Connection[Any], list[str]]]:
    """Yield a session of the role with hostile objects, for an owner who is being erased, and the users that ran hostile code."""
    users: list[str] = []
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: users.append(str(notice.message_primary).rpartition(" ")[2]))
        connection.execute("BEGIN")
        connection.execute("INSERT INTO accounts (owner_id) VALUES (%s)", [OWNER])
        connection.execute(
            "INSERT INTO erasures (id, owner_id, pseudonym) VALUES (%s, %s, app.pseudonym(%s, %s))",
            [ERASURE, OWNER, ERASURE, OWNER],
        )
        connection.execute(HOSTILE.replace("{role}", role).replace("{owner}", str(OWNER)).replace("%%", "%"))
        yield connection, users
        connection.execute("ROLLBACK")


def become(connection: psycopg.Connection[Any], role: str) -> None:
    connection.execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
    connection.execute("SELECT app.set_current_owner(%s)", [OWNER])
    connection.execute("SET LOCAL search_path = hostile, pg_temp, pg_catalog, public, app")


def call(connection: psycopg.Connection[Any], function: str) -> None:
    """Call a function with every combination of hostile arguments. Refusals are fine."""
    name, _, types = function.removesuffix(")").partition("(")
    kinds = types.split(",") if types else []
    assert set(kinds) <= set(VALUES), f"{function}: is there a hostile value of this type?"
    arguments = ", ".join(f"%s::{kind}" for kind in kinds)
    for values in product(*(VALUES[kind] for kind in kinds)):
        connection.execute("SAVEPOINT before")
        try:
            connection.execute(f"SELECT * FROM {name}({arguments})", values)  # noqa: S608 - the catalogue's names
        except psycopg.Error:
            assert not connection.broken, function
        connection.execute("ROLLBACK TO before")


@pytest.mark.parametrize("role", ROLES)
def test_no_function_runs_its_callers_code_as_its_owner(cloud: Cloud, migrated: Postgres, role: str) -> None:
    functions = [row[0] for row in cloud.owner.execute(DEFINERS).fetchall()]
    assert len(functions) > 10
    with hostile_session(migrated, role) as (connection, users):
        triggers = []
        for function in functions:
            returns = connection.execute(
                "SELECT prorettype::regtype::text FROM pg_proc WHERE oid = %s::regprocedure", [function]
            )
            if returns.fetchone() == ("trigger",):
                triggers.append(function)
            else:
                connection.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
        become(connection, role)
        for function in functions:
            if function not in triggers:
                call(connection, function)
                assert set(users) <= {role}, function
        for function in triggers:
            connection.execute("SAVEPOINT before")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    f"CREATE TRIGGER own BEFORE INSERT ON hostile.bait FOR EACH ROW EXECUTE FUNCTION {function}"
                )
            connection.execute("ROLLBACK TO before")


@pytest.mark.parametrize(
    "body",
    [
        "EXECUTE format('DELETE FROM %s', target)",
        "EXECUTE format('SELECT count(*) FROM %s', target)",
        "EXECUTE format('INSERT INTO %s SELECT', target)",
    ],
)
def test_a_function_that_uses_its_callers_relation_is_caught(cloud: Cloud, migrated: Postgres, body: str) -> None:
    """What `app.delete_owner_rows` once did, so that the test above is known to find it."""
    assert cloud
    with hostile_session(migrated, "visionary_app") as (connection, users):
        connection.execute(f"""
            CREATE FUNCTION app.careless(target text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = public, pg_temp AS $$ BEGIN {body}; END $$;
            ALTER FUNCTION app.careless(text) OWNER TO visionary_owner;
            GRANT EXECUTE ON FUNCTION app.careless(text) TO visionary_app""")
        become(connection, "visionary_app")
        call(connection, "app.careless(text)")
        assert "visionary_owner" in users


@pytest.mark.parametrize("path", ["", "SET search_path = hostile, public"])
def test_a_function_that_looks_where_its_caller_says_is_caught(cloud: Cloud, migrated: Postgres, path: str) -> None:
    assert cloud
    with hostile_session(migrated, "visionary_app") as (connection, users):
        connection.execute(f"""
            CREATE FUNCTION app.careless(number integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER {path}
                AS $$ SELECT count(*) FROM erasures $$;
            ALTER FUNCTION app.careless(integer) OWNER TO visionary_owner;
            GRANT EXECUTE ON FUNCTION app.careless(integer) TO visionary_app""")  # noqa: S608
        become(connection, "visionary_app")
        call(connection, "app.careless(integer)")
        assert "visionary_owner" in users


def test_every_function_with_its_owners_rights_looks_into_our_schemas_only(cloud: Cloud) -> None:
    rows = cloud.owner.execute(
        "SELECT oid::regprocedure::text, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'app'::regnamespace"
    ).fetchall()
    for function, settings in rows:
        (path,) = [entry.partition("=")[2].split(", ") for entry in settings or () if entry.startswith("search_path=")]
        assert set(path[:-1]) <= {"pg_catalog", "public"}, function
        assert path[-1] == "pg_temp", function  # otherwise it would be searched first


def test_no_role_of_the_functions_can_create_anything(migrated: Postgres, cloud: Cloud) -> None:
    assert cloud
    for role in ROLES:
        for statement in (
            "CREATE TEMPORARY TABLE bait (owner_id uuid)",
            "CREATE TABLE public.bait (owner_id uuid)",
            "CREATE TABLE app.bait (owner_id uuid)",
            "CREATE SCHEMA hostile",
            "CREATE FUNCTION pg_temp.strike() RETURNS void LANGUAGE sql AS ''",
            "CREATE TRIGGER own BEFORE INSERT ON accounts FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner()",
        ):
            with (
                psycopg.connect(migrated.url(role)) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(statement)
