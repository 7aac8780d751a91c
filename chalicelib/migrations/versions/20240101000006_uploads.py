"""uploads: how a file is sent, sizes that are learned late, and S3's multipart uploads"""

from alembic import op

revision = "20240101000006"
down_revision = "20240101000005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- Without a declared size, size_bytes is what was reserved until the bytes arrived; an empty file has 0.
    ALTER TABLE media
        ADD COLUMN upload_method text NOT NULL DEFAULT 'PUT' CHECK (upload_method IN ('PUT', 'POST', 'MULTIPART')),
        ADD COLUMN size_declared boolean NOT NULL DEFAULT true,
        DROP CONSTRAINT media_size_bytes_check,
        ADD CONSTRAINT media_size_bytes_check CHECK (size_bytes >= 0);

    -- part_bytes is NULL where the client cuts the file as it likes. completing_at is written before S3 is told to complete,
    -- so that an upload S3 no longer knows is one that was completed.
    CREATE TABLE multipart_uploads (
        media_id      uuid PRIMARY KEY,
        owner_id      uuid NOT NULL,
        upload_id     text NOT NULL,
        part_bytes    integer CHECK (part_bytes > 0),
        completing_at timestamptz,
        created_at    timestamptz NOT NULL DEFAULT now(),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    ALTER TABLE multipart_uploads ENABLE ROW LEVEL SECURITY;
    ALTER TABLE multipart_uploads FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON multipart_uploads
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY look ON multipart_uploads FOR SELECT TO visionary_sweep USING (true);
    GRANT SELECT, INSERT, UPDATE, DELETE ON multipart_uploads TO visionary_app, visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE multipart_uploads;
    UPDATE media SET size_bytes = 1 WHERE size_bytes = 0;
    ALTER TABLE media DROP CONSTRAINT media_size_bytes_check,
                      ADD CONSTRAINT media_size_bytes_check CHECK (size_bytes > 0),
                      DROP COLUMN size_declared, DROP COLUMN upload_method;
    """)
