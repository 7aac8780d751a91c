"""Database roles where there is no superuser."""

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from chalicelib.platform import config
from chalicelib.platform.db import database, roles
from localstack.postgres import Postgres


def test_the_first_user_of_a_new_database_creates_the_roles_and_is_a_member_of_none(
    empty_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on RDS: no superuser, and a role for signing in with tokens that only the first user may grant."""
    server = empty_postgres
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as superuser:
            superuser.execute("ALTER DATABASE visionary OWNER TO postgres")
            superuser.execute("DROP ROLE visionary_owner")
            superuser.execute("CREATE ROLE visionary_admin LOGIN CREATEROLE CREATEDB PASSWORD 'made by RDS'")
            superuser.execute("CREATE ROLE rds_iam")
            superuser.execute("GRANT rds_iam TO visionary_admin WITH ADMIN OPTION")
            superuser.execute("ALTER DATABASE visionary OWNER TO visionary_admin")
            values = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l"}
            for name, value in {**values, "DATABASE_URL": server.url("visionary_owner")}.items():
                monkeypatch.setenv(name, value)
            config.settings.cache_clear()
            for _ in range(2):
                roles.create_roles("visionary_admin", "made by RDS")
            members = superuser.execute(
                "SELECT r.rolname, r.rolcreaterole, r.rolsuper, pg_has_role(r.rolname, 'rds_iam', 'MEMBER'),"
                " pg_has_role('visionary_admin', r.rolname, 'USAGE') FROM pg_roles r"
                " WHERE r.rolname IN ('visionary_owner', 'visionary_app', 'visionary_sweep') ORDER BY 1"
            ).fetchall()
            assert members == [
                ("visionary_app", False, False, True, False),
                ("visionary_owner", True, False, True, False),
                ("visionary_sweep", False, False, True, False),
            ]
            owner = superuser.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'visionary'")
            assert owner.fetchone() == ("visionary_owner",)
        database._discard()
        command.upgrade(Config("alembic.ini"), "head")
    finally:
        config.settings.cache_clear()
