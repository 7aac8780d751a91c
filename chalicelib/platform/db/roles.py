"""Database roles that migrations run as and grant to, and their time-outs.

On RDS its first user creates them, with the password that RDS keeps, and they sign in with IAM tokens. Without such a user
(a laptop, a database of your own) migrations create them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from chalicelib.platform.aws.call_limits import CallLimits
from chalicelib.platform.config import settings
from chalicelib.platform.db.database import Connection

# Roles have them because RDS Proxy passes no options on and a SET would pin its session. A function that is killed leaves its
# statement running and its transaction open: they end, and release their locks, before the message is delivered again.
TIMEOUTS: Mapping[str, Mapping[str, str]] = {
    "visionary_app": {
        "lock_timeout": "5s",  # workers hold a row for milliseconds; who waits longer is told to try again
        "statement_timeout": "12s",  # record_segment, the shortest function, has 15 s; the slowest statements take 2 s
        "idle_in_transaction_session_timeout": "10s",  # nothing waits for a network inside a transaction
    },
    "visionary_sweep": {
        "lock_timeout": "5s",
        "statement_timeout": "30s",  # the sweep has 240 s, and starts no step in its last 60
        "idle_in_transaction_session_timeout": "10s",
    },
}


def ensure_roles() -> None:
    """Create the three roles that are missing, and make the owner role own the database. Raises UnavailableError."""
    secret_arn = settings().database_admin_secret_arn
    if secret_arn is None:
        return
    import boto3

    limits = CallLimits.of(settings().function_timeout_s)
    client = limits.install(boto3.client("secretsmanager", config=limits.config()))
    secret = json.loads(client.get_secret_value(SecretId=secret_arn)["SecretString"])
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
        set_timeouts(connection)


def set_timeouts(connection: Connection) -> None:
    """Set the time-outs of all roles that differ. Raises InsufficientPrivilege where the user may not alter a role."""
    from psycopg import sql

    for role, timeouts in TIMEOUTS.items():
        row = connection.execute("SELECT rolconfig FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        current = set(row[0] or ()) if row else set()
        for name, limit in timeouts.items():
            if f"{name}={limit}" not in current:
                alter = sql.SQL("ALTER ROLE {} SET {} = {}")
                connection.execute(alter.format(sql.Identifier(role), sql.Identifier(name), sql.Literal(limit)))
