"""Database roles that migrations run as and grant to. On RDS its first user creates them, with the password that RDS keeps.

The roles sign in with IAM tokens. Without such a user (a laptop, a database of your own) this does nothing.
"""

from __future__ import annotations

import json

from chalicelib.platform.config import settings


def ensure_roles() -> None:
    """Create the three roles that are missing, and make the owner role own the database. Raises UnavailableError."""
    secret_arn = settings().database_admin_secret_arn
    if secret_arn is None:
        return
    import boto3

    secret = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret_arn)["SecretString"])
    create_roles(secret["username"], secret["password"])


def create_roles(user: str, password: str) -> None:
    """Create the roles as this user. It need not be a superuser: RDS has none to offer."""
    import psycopg

    url = settings().require("database_url")
    with psycopg.connect(url, user=user, password=password, autocommit=True, connect_timeout=60) as connection:
        connection.execute("""
        DO $$
        DECLARE
            role text;
        BEGIN
            FOREACH role IN ARRAY ARRAY['visionary_owner', 'visionary_app', 'visionary_sweep'] LOOP
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                    EXECUTE format('CREATE ROLE %I LOGIN', role);
                END IF;
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') AND NOT pg_has_role(role, 'rds_iam', 'MEMBER') THEN
                    EXECUTE format('GRANT rds_iam TO %I', role);
                END IF;
            END LOOP;
            ALTER ROLE visionary_owner CREATEROLE;
            -- Only a member of the owner role can make it own something; the membership ends at once.
            EXECUTE format('GRANT visionary_owner TO %I', current_user);
            EXECUTE format('ALTER DATABASE %I OWNER TO visionary_owner', current_database());
            EXECUTE format('REVOKE visionary_owner FROM %I', current_user);
        END $$
        """)
