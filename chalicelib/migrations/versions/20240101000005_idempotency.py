"""idempotency: what was answered to a request that may be sent again"""

from alembic import op

revision = "20240101000005"
down_revision = "20240101000004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- new_id is given to what the request creates, so that a retry after a crash finds it instead of making a second one.
    CREATE TABLE idempotency_keys (
        owner_id    uuid NOT NULL,
        key         text NOT NULL,
        fingerprint text NOT NULL,
        new_id      uuid NOT NULL,
        lease_until timestamptz NOT NULL,
        status      integer,
        headers     jsonb,
        body        text,
        created_at  timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (owner_id, key)
    );
    CREATE INDEX idempotency_keys_oldest ON idempotency_keys (created_at);
    ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON idempotency_keys
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY forget ON idempotency_keys TO visionary_sweep USING (created_at < now() - interval '24 hours');
    GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO visionary_app;
    GRANT SELECT, DELETE ON idempotency_keys TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE idempotency_keys;")
