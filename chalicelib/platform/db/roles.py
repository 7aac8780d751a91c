"""The roles that migrations run as and grant to. On RDS somebody has to make them: its first user, whose password RDS keeps.

They sign in with IAM tokens from then on. Where there is no such user (a laptop, a database of your own) this does nothing.
"""

from __future__ import annotations

import json

from chalicelib.platform.config import settings


def ensure_roles() -> None:
    """Make the three roles, unless they are there, and give the database to the owner role. Raises UnavailableError."""
    secret_arn = settings().database_admin_secret_arn
    if secret_arn is None:
        return
    import boto3

    secret = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret_arn)["SecretString"])
    create_roles(secret["username"], secret["password"])


def create_roles(user: str, password: str) -> None:
    """The same, as this user. It need not be a superuser: RDS has none to give."""
    import psycopg

    url = settings().require("database_url")
    with psycopg.connect(url, user=user, password=password, autocommit=True, connect_timeout=60) as connection:
        connection.execute("""
        DO $$
        DECLARE
            made text;
        BEGIN
            FOREACH made IN ARRAY ARRAY['visionary_owner', 'visionary_app', 'visionary_sweep'] LOOP
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = made) THEN
                    EXECUTE format('CREATE ROLE %I LOGIN', made);
                END IF;
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') AND NOT pg_has_role(made, 'rds_iam', 'MEMBER') THEN
                    EXECUTE format('GRANT rds_iam TO %I', made);
                END IF;
            END LOOP;
            ALTER ROLE visionary_owner CREATEROLE;
            -- Only who may become the owner may give something to it; it is taken back at once.
            EXECUTE format('GRANT visionary_owner TO %I', current_user);
            EXECUTE format('ALTER DATABASE %I OWNER TO visionary_owner', current_database());
            EXECUTE format('REVOKE visionary_owner FROM %I', current_user);
        END $$
        """)
