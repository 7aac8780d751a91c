"""shares: links by which anyone can read a media or a collection; the tokens are signed, and kept nowhere"""

from alembic import op

revision = "20240101000087"
down_revision = "20240101000085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE shares (
        id              uuid PRIMARY KEY,
        owner_id        uuid NOT NULL,
        media_id        uuid,
        collection_id   uuid,
        password_hash   text,
        allows_download boolean NOT NULL,
        expires_at      timestamptz,
        created_at      timestamptz NOT NULL DEFAULT now(),
        open_count      integer NOT NULL DEFAULT 0,
        opened_at       timestamptz,                    -- the last time
        recorded_at     timestamptz,                    -- when the audit trail last got the count
        CHECK (num_nonnulls(media_id, collection_id) = 1),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE,
        FOREIGN KEY (collection_id, owner_id) REFERENCES collections (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX shares_newest ON shares (owner_id, created_at, id);
    CREATE INDEX shares_media ON shares (media_id, created_at, id);
    CREATE INDEX shares_collection ON shares (collection_id, created_at, id);
    CREATE INDEX shares_over ON shares (expires_at);
    ALTER TABLE shares ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shares FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON shares
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE POLICY forget ON shares TO visionary_sweep USING (expires_at < now() - interval '30 days');
    CREATE TRIGGER refuse_erased BEFORE INSERT ON shares
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE, DELETE ON shares TO visionary_app;
    GRANT SELECT, DELETE ON shares TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE shares")
