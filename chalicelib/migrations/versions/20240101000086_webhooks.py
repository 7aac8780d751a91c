"""webhooks: addresses that users have called when something happened, and the log of these calls

The secrets are readable because messages are signed with them. An account's export leaves them out.
"""

from alembic import op

revision = "20240101000086"
down_revision = "20240101000087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE webhooks (
        id                    uuid PRIMARY KEY,
        owner_id              uuid NOT NULL,
        url                   text NOT NULL,
        events                text[] NOT NULL,
        secret                text NOT NULL,
        previous_secret       text,                            -- signs, too, until it is not valid any more
        previous_secret_until timestamptz,
        disabled_reason       text CHECK (disabled_reason IN ('paused', 'gone', 'failing')),     -- null: it is called
        disabled_at           timestamptz,
        failing_since         timestamptz,                     -- the first failure after the last success
        wake_at               timestamptz,                     -- when a message calls for the next retry
        created_at            timestamptz NOT NULL DEFAULT now(),
        updated_at            timestamptz NOT NULL DEFAULT now(),
        UNIQUE (id, owner_id)
    );
    CREATE INDEX webhooks_newest ON webhooks (owner_id, created_at, id);

    -- The last sequence number of each media: receivers order events by it.
    CREATE TABLE webhook_sequences (
        media_id    uuid PRIMARY KEY,
        owner_id    uuid NOT NULL,
        last_number bigint NOT NULL,
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );

    -- `attempt` counts the attempts that were claimed, `failures` those that failed since the delivery was asked for.
    CREATE TABLE webhook_deliveries (
        id              uuid PRIMARY KEY,
        owner_id        uuid NOT NULL,
        webhook_id      uuid NOT NULL,
        event           text NOT NULL,
        body            text NOT NULL,
        status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'cancelled')),
        attempt         integer NOT NULL DEFAULT 0,
        failures        integer NOT NULL DEFAULT 0,
        attempts        jsonb NOT NULL DEFAULT '[]',
        next_attempt_at timestamptz DEFAULT now(),               -- null: none
        in_flight_until timestamptz,
        created_at      timestamptz NOT NULL DEFAULT now(),
        FOREIGN KEY (webhook_id, owner_id) REFERENCES webhooks (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, created_at, id);
    CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';
    CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries USING brin (created_at);
    CREATE INDEX webhook_deliveries_owner ON webhook_deliveries (owner_id);
    CREATE INDEX webhook_sequences_owner ON webhook_sequences (owner_id);
    """)
    for table in ("webhooks", "webhook_sequences", "webhook_deliveries"):
        op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON {table}
            USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
        CREATE TRIGGER refuse_erased BEFORE INSERT ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
        """)
    op.execute("""
    GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO visionary_app;
    GRANT SELECT, INSERT, UPDATE ON webhook_sequences, webhook_deliveries TO visionary_app;

    -- The sweep fails recordings, too, whose owners are told. It looks for deliveries of all owners, and forgets old ones.
    CREATE POLICY look ON webhooks FOR SELECT TO visionary_sweep USING (true);
    CREATE POLICY look ON webhook_deliveries FOR SELECT TO visionary_sweep USING (true);
    CREATE POLICY forget ON webhook_deliveries FOR DELETE TO visionary_sweep USING (created_at < now() - interval '29 days');
    GRANT SELECT, UPDATE ON webhooks TO visionary_sweep;
    GRANT SELECT, INSERT, UPDATE ON webhook_sequences TO visionary_sweep;
    GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE webhook_deliveries, webhook_sequences, webhooks")
