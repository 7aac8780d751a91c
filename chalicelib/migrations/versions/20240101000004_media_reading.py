"""media: the copy that browsers show, and the reading text, page by page, with its chapters"""

from alembic import op

revision = "20240101000004"
down_revision = "20240101000003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE media ADD COLUMN view_etag text,
                      ADD COLUMN view_bytes bigint,
                      ADD COLUMN text_length integer,
                      ADD COLUMN chapters jsonb NOT NULL DEFAULT '[]';

    -- The bodies of a media's pages, joined in order, are its reading text; offsets count code points of it.
    CREATE TABLE media_pages (
        media_id   uuid NOT NULL,
        owner_id   uuid NOT NULL,
        number     integer NOT NULL,
        text_start integer NOT NULL,
        text_end   integer NOT NULL,
        body       text NOT NULL,
        PRIMARY KEY (media_id, number),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    ALTER TABLE media_pages ENABLE ROW LEVEL SECURITY;
    ALTER TABLE media_pages FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON media_pages
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON media_pages TO visionary_app, visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE media_pages;
    ALTER TABLE media DROP COLUMN chapters, DROP COLUMN text_length, DROP COLUMN view_bytes, DROP COLUMN view_etag;
    """)
