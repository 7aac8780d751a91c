"""lexicon: how a user wants words to be pronounced, and the pronunciations that a speech job was planned with"""

from alembic import op

revision = "20240101000071"
down_revision = "20240101000072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE lexicon_entries (
        id             uuid PRIMARY KEY,
        owner_id       uuid NOT NULL,
        media_id       uuid,                            -- null: for all documents
        language       text NOT NULL,
        written        text NOT NULL,
        spoken         text,
        ipa            text,
        whole_word     boolean NOT NULL,
        case_sensitive boolean NOT NULL,
        created_at     timestamptz NOT NULL DEFAULT now(),
        updated_at     timestamptz NOT NULL DEFAULT now(),
        CHECK (spoken IS NOT NULL OR ipa IS NOT NULL),
        UNIQUE NULLS NOT DISTINCT (owner_id, media_id, language, written),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX lexicon_entries_newest ON lexicon_entries (owner_id, created_at, id);
    CREATE INDEX lexicon_entries_media ON lexicon_entries (media_id) WHERE media_id IS NOT NULL;
    ALTER TABLE lexicon_entries ENABLE ROW LEVEL SECURITY;
    ALTER TABLE lexicon_entries FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON lexicon_entries
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE TRIGGER refuse_erased BEFORE INSERT ON lexicon_entries
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE, DELETE ON lexicon_entries TO visionary_app;

    -- Those of the entries that occur in the job's text, as they were when it was requested: its segments are all said alike,
    -- and a segment has the same audio key whenever it is computed.
    ALTER TABLE speech_jobs ADD COLUMN lexicon json NOT NULL DEFAULT '[]';
    """)


def downgrade() -> None:
    op.execute("""
    ALTER TABLE speech_jobs DROP COLUMN lexicon;
    DROP TABLE lexicon_entries;
    """)
