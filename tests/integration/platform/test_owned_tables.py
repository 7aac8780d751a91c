"""What every table must have whose rows belong to somebody, asked of the catalogue: a new table cannot be forgotten."""

from chalicelib.platform.db import owned_tables
from tests.integration.conftest import Cloud

# Counters by key, how voice providers are, and how far the sweep has come.
NO_OWNER = {"alembic_version", "rate_limits", "speech_providers", "sweep_rounds"}


def tables(cloud: Cloud, condition: str) -> set[str]:
    """Tables for which a condition holds; `owned` in it is the table, `of_owner` its column of owners."""
    rows = cloud.owner.execute(
        f"""SELECT owned.relname FROM pg_class AS owned
            JOIN pg_attribute AS of_owner ON of_owner.attrelid = owned.oid AND of_owner.attname = 'owner_id'
            WHERE owned.relnamespace = 'public'::regnamespace AND owned.relkind IN ('r', 'p') AND ({condition})"""  # noqa: S608
    )
    return {row[0] for row in rows}


def test_every_table_is_somebodys_or_named_here(cloud: Cloud) -> None:
    rows = cloud.owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row[0] for row in rows} == tables(cloud, "true") | NO_OWNER


def test_the_account_knows_every_owned_table(cloud: Cloud) -> None:
    assert {table.name for table in owned_tables.list_owned_tables(cloud.owner)} == tables(cloud, "true")
    assert all(table.key_columns for table in owned_tables.list_owned_tables(cloud.owner))


def test_row_level_security_is_forced_on_every_owned_table(cloud: Cloud) -> None:
    assert tables(cloud, "NOT (owned.relrowsecurity AND owned.relforcerowsecurity)") == set()
    own = "EXISTS (SELECT FROM pg_policy WHERE polrelid = owned.oid AND polname = 'own' AND polwithcheck IS NOT NULL)"
    assert tables(cloud, f"NOT {own}") == set()


def test_no_owned_table_takes_rows_of_an_account_that_is_being_erased(cloud: Cloud) -> None:
    """CREATE TRIGGER refuse_erased BEFORE INSERT ON … FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner()"""
    guarded = "EXISTS (SELECT FROM pg_trigger WHERE tgrelid = owned.oid AND tgfoid = 'app.reject_erased_owner'::regproc)"
    assert tables(cloud, f"NOT {guarded}") == {"erasures"}


def test_what_a_row_hangs_on_is_of_the_same_owner(cloud: Cloud) -> None:
    """A foreign key to an owned table names the owner, too."""
    loose = """EXISTS (SELECT FROM pg_constraint WHERE conrelid = owned.oid AND contype = 'f' AND of_owner.attnum <> ALL (conkey)
                       AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'owner_id'))"""
    assert tables(cloud, loose) == set()


def test_the_functions_behind_the_api_see_their_owners_rows_and_no_others(cloud: Cloud) -> None:
    """What any role may see is what `own` lets through: the sweep's looks further, those that own a function or two, a backup."""
    wider = """EXISTS (SELECT FROM pg_policy WHERE polrelid = owned.oid AND polname <> 'own'
                       AND NOT polroles <@ ARRAY['visionary_sweep'::regrole::oid, 'visionary_search'::regrole::oid,
                                                 'visionary_dispatch'::regrole::oid]
                       AND NOT (polname = 'backup' AND polroles = ARRAY['visionary_owner'::regrole::oid]))"""
    assert tables(cloud, wider) == set()


def test_nobody_but_the_owner_role_can_empty_a_table(cloud: Cloud) -> None:
    for role in ("visionary_app", "visionary_sweep", "visionary_search", "visionary_dispatch"):
        assert tables(cloud, f"has_table_privilege('{role}', owned.oid, 'TRUNCATE, TRIGGER, REFERENCES')") == set()
