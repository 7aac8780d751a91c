"""annotations: bookmarks, highlights and notes in documents"""

from alembic import op

revision = "20240101000078"
down_revision = "20240101000084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE annotations (
        id         uuid NOT NULL,                       -- made by a client, or by the server
        owner_id   uuid NOT NULL,
        media_id   uuid NOT NULL,
        kind       text NOT NULL CHECK (kind IN ('bookmark', 'highlight')),
        text_start integer NOT NULL CHECK (text_start >= 0),
        text_end   integer NOT NULL,
        page       integer,
        colour     text,
        note       text,
        quotation  jsonb NOT NULL,                      -- a TextQuoteSelector
        folded     text NOT NULL,                       -- what a search compares
        detached   boolean NOT NULL DEFAULT false,      -- the current text does not contain what it quotes
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (owner_id, id),
        CHECK (text_end >= text_start),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX annotations_newest ON annotations (owner_id, created_at, id);
    CREATE INDEX annotations_media ON annotations (media_id, text_start, id);
    ALTER TABLE annotations ENABLE ROW LEVEL SECURITY;
    ALTER TABLE annotations FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON annotations
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE TRIGGER refuse_erased BEFORE INSERT ON annotations
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE, DELETE ON annotations TO visionary_app;

    CREATE TRIGGER record_inserted AFTER INSERT ON annotations REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION app.record_changes('annotation', 'id', 'media_id', 'false');
    CREATE TRIGGER record_deleted AFTER DELETE ON annotations REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION app.record_changes('annotation', 'id', 'media_id', 'true');
    CREATE TRIGGER record_updated AFTER UPDATE ON annotations FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*)
        EXECUTE FUNCTION app.record_change('annotation', 'id', 'media_id');
    """)


def downgrade() -> None:
    op.execute("DROP TABLE annotations")
