"""play queue: the media that an owner's devices play one after the other"""

from alembic import op

revision = "20240101000081"
down_revision = "20240101000076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE play_queue_items (
        owner_id uuid NOT NULL,
        media_id uuid NOT NULL,
        position integer NOT NULL CHECK (position >= 0),
        PRIMARY KEY (owner_id, media_id),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX play_queue_items_media ON play_queue_items (media_id);
    ALTER TABLE play_queue_items ENABLE ROW LEVEL SECURITY;
    ALTER TABLE play_queue_items FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON play_queue_items
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE TRIGGER refuse_erased BEFORE INSERT ON play_queue_items
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, DELETE ON play_queue_items TO visionary_app;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE play_queue_items")
