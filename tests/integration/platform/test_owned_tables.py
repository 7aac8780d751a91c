"""Rules for all tables with an owner, checked in the database's catalogue: no list can miss a new table."""

from chalicelib.platform.db import owned_tables
from tests.integration.conftest import Cloud

# Counters by key, the state of voice providers, the positions of the sweep and its schedule.
NO_OWNER = {
    "alembic_version",
    "rate_limits",
    "speech_providers",
    "speech_voice_paces",
    "sweep_rounds",
    "sweep_schedule",
}


def tables(cloud: Cloud, condition: str) -> set[str]:
    """Return the tables that meet a condition about `owned`, the table, and `of_owner`, its column."""
    rows = cloud.owner.execute(
        f"""SELECT owned.relname FROM pg_class AS owned
            JOIN pg_attribute AS of_owner ON of_owner.attrelid = owned.oid AND of_owner.attname = 'owner_id'
            WHERE owned.relnamespace = 'public'::regnamespace AND owned.relkind IN ('r', 'p') AND ({condition})"""  # noqa: S608
    )
    return {row[0] for row in rows}


def test_every_table_has_an_owner_or_is_listed_here(cloud: Cloud) -> None:
    rows = cloud.owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row[0] for row in rows} == tables(cloud, "true") | NO_OWNER


def test_every_owned_table_is_listed_with_its_key(cloud: Cloud) -> None:
    names = {table.name for table in owned_tables.list_owned_tables(cloud.owner)}
    assert names == tables(cloud, "NOT owned.relispartition")
    assert all(table.key_columns for table in owned_tables.list_owned_tables(cloud.owner))


def test_row_level_security_is_forced_on_every_owned_table(cloud: Cloud) -> None:
    assert tables(cloud, "NOT (owned.relrowsecurity AND owned.relforcerowsecurity)") == set()
    has_own_policy = (
        "EXISTS (SELECT FROM pg_policy WHERE polrelid = owned.oid AND polname = 'own' AND polwithcheck IS NOT NULL)"
    )
    assert tables(cloud, f"NOT {has_own_policy}") == set()


def test_every_owned_table_rejects_rows_of_an_account_being_erased(cloud: Cloud) -> None:
    """CREATE TRIGGER refuse_erased BEFORE INSERT ON … FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner()"""
    guarded = (
        "EXISTS (SELECT FROM pg_trigger WHERE tgrelid = owned.oid AND tgfoid = 'app.reject_erased_owner'::regproc)"
    )
    assert tables(cloud, f"NOT owned.relispartition AND NOT {guarded}") == {"erasures"}


def test_referenced_rows_have_the_same_owner(cloud: Cloud) -> None:
    """A foreign key to an owned table includes the owner."""
    loose = """EXISTS (SELECT FROM pg_constraint WHERE conrelid = owned.oid AND contype = 'f' AND of_owner.attnum <> ALL (conkey)
                       AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'owner_id'))"""
    assert tables(cloud, loose) == set()


def test_only_the_sweeps_and_the_backups_roles_see_rows_of_all_owners(cloud: Cloud) -> None:
    """All other roles see what the policy `own` allows: rows of the current owner."""
    wider = """EXISTS (SELECT FROM pg_policy WHERE polrelid = owned.oid AND polname <> 'own'
                       AND NOT polroles <@ ARRAY['visionary_sweep'::regrole::oid, 'visionary_search'::regrole::oid,
                                                 'visionary_dispatch'::regrole::oid]
                       AND NOT ((polname = 'backup' OR (polname = 'maintain' AND owned.relispartition))
                                AND polroles = ARRAY['visionary_owner'::regrole::oid]))"""
    assert tables(cloud, wider) == set()


def test_a_partition_is_used_through_its_table_only(cloud: Cloud) -> None:
    """Its row-level security is forced as that of every table, but the policies and privileges that matter are the table's."""
    assert tables(cloud, "owned.relispartition")
    for role in ("visionary_app", "visionary_sweep", "visionary_search", "visionary_dispatch"):
        privileges = f"has_table_privilege('{role}', owned.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        columns = f"has_any_column_privilege('{role}', owned.oid, 'SELECT, INSERT, UPDATE')"
        assert tables(cloud, f"owned.relispartition AND ({privileges} OR {columns})") == set()


def test_only_the_owner_role_can_empty_a_table(cloud: Cloud) -> None:
    for role in ("visionary_app", "visionary_sweep", "visionary_search", "visionary_dispatch"):
        assert tables(cloud, f"has_table_privilege('{role}', owned.oid, 'TRUNCATE, TRIGGER, REFERENCES')") == set()
