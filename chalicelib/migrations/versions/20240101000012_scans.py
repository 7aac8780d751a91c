"""scans: what a virus scanner says about uploads in its own time; width and height of pictures and video"""

from alembic import op

revision = "20240101000012"
down_revision = "20240101000009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Everything that was said about any version, each thing once. It stays when the media is settled: what comes later is
    -- compared with it.
    CREATE TABLE scan_results (
        media_id   uuid NOT NULL,
        owner_id   uuid NOT NULL,
        key        text NOT NULL,
        version_id text NOT NULL,
        etag       text NOT NULL,
        outcome    text NOT NULL CHECK (outcome IN ('clean', 'unscanned', 'infected')),
        word       text NOT NULL,
        heard_at   timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (media_id, version_id, etag, outcome),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    ALTER TABLE scan_results ENABLE ROW LEVEL SECURITY;
    ALTER TABLE scan_results FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON scan_results USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE TRIGGER refuse_erased BEFORE INSERT ON scan_results FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_erased();
    GRANT SELECT, INSERT, UPDATE, DELETE ON scan_results TO visionary_app, visionary_sweep;

    ALTER TABLE media
        ADD COLUMN width  integer CHECK (width > 0),
        ADD COLUMN height integer CHECK (height > 0);
    """)


def downgrade() -> None:
    op.execute("""
    ALTER TABLE media DROP COLUMN width, DROP COLUMN height;
    DROP TABLE scan_results;
    """)
