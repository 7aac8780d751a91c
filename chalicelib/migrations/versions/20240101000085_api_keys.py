"""API keys: programs sign in with them, within scopes; only a hash of each secret is stored"""

from alembic import op

revision = "20240101000085"
down_revision = "20240101000088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE api_keys (
        id           uuid PRIMARY KEY,
        owner_id     uuid NOT NULL,
        name         text NOT NULL,
        scopes       text[] NOT NULL,
        secret_hash  bytea NOT NULL,
        last_four    text NOT NULL,
        created_at   timestamptz NOT NULL DEFAULT now(),
        expires_at   timestamptz,
        last_used_at timestamptz
    );
    CREATE UNIQUE INDEX api_keys_secret ON api_keys (owner_id, secret_hash);
    CREATE INDEX api_keys_expired ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
    ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON api_keys
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE POLICY look ON api_keys FOR SELECT TO visionary_sweep USING (expires_at < now());
    CREATE POLICY forget ON api_keys FOR DELETE TO visionary_sweep USING (expires_at < now());
    CREATE TRIGGER refuse_erased BEFORE INSERT ON api_keys
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at) ON api_keys TO visionary_app;
    GRANT SELECT, DELETE ON api_keys TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE api_keys")
