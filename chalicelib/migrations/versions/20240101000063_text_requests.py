"""text requests: a user chooses the language or the encoding of a document, and its text is made again

So are texts of an earlier extractor, by and by.
"""

from alembic import op

revision = "20240101000063"
down_revision = "20240101000066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- What the owner chose; null: what the document says, or what is detected.
    ALTER TABLE media ADD COLUMN chosen_language text,
                      ADD COLUMN chosen_encoding text;

    -- A text that is to be made again. The row is deleted with the transaction that stores the text.
    CREATE TABLE text_requests (
        media_id    uuid PRIMARY KEY,
        owner_id    uuid NOT NULL,
        reason      text NOT NULL CHECK (reason IN ('language', 'encoding', 'upgrade')),
        fence       integer NOT NULL DEFAULT 0,
        lease_until timestamptz,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX text_requests_oldest ON text_requests (updated_at);
    ALTER TABLE text_requests ENABLE ROW LEVEL SECURITY;
    ALTER TABLE text_requests FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON text_requests
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE POLICY look ON text_requests FOR SELECT TO visionary_sweep USING (true);
    CREATE TRIGGER refuse_erased BEFORE INSERT ON text_requests
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE, DELETE ON text_requests TO visionary_app, visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE text_requests;
    ALTER TABLE media DROP COLUMN chosen_encoding, DROP COLUMN chosen_language;
    """)
