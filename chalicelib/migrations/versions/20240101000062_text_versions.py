"""text versions: a document's text can be made again, and what was made of an earlier one keeps that

`media_passages` always is the current text, as the release before reads it. An earlier text that a recording was made of moves to
`former_passages`.
"""

from alembic import op

revision = "20240101000062"
down_revision = "20240101000061"
branch_labels = None
depends_on = None

OWNED = ("text_versions", "former_passages")


def upgrade() -> None:
    op.execute("""
    -- The number of the current text, and the version of the extractor that made it: null for the releases before.
    ALTER TABLE media ADD COLUMN text_version integer NOT NULL DEFAULT 1,
                      ADD COLUMN text_extractor integer;
    -- The text that a recording was made of. Null: the current one; it gets its number when another text replaces it.
    ALTER TABLE speech_jobs ADD COLUMN text_version integer;
    -- The place as a W3C TextQuoteSelector, once the text was made again; `detached`, if the text no longer contains it.
    ALTER TABLE listening_positions ADD COLUMN quotation jsonb,
                                    ADD COLUMN detached boolean NOT NULL DEFAULT false;

    -- Of the current text of each media, and of earlier ones as long as a recording of them exists. Texts of the releases before
    -- have a row once another one replaces them.
    CREATE TABLE text_versions (
        media_id    uuid NOT NULL,
        owner_id    uuid NOT NULL,
        number      integer NOT NULL,
        reason      text NOT NULL CHECK (reason IN ('ingest', 'language', 'encoding', 'recognition', 'upgrade')),
        language    text,
        text_length integer NOT NULL,
        word_count  integer NOT NULL,
        chapters    jsonb NOT NULL,
        extractor   integer,
        created_at  timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (media_id, owner_id, number),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );

    CREATE TABLE former_passages (
        media_id   uuid NOT NULL,
        owner_id   uuid NOT NULL,
        version    integer NOT NULL,
        number     integer NOT NULL,
        page       integer NOT NULL,
        text_start integer NOT NULL,
        text_end   integer NOT NULL,
        body       text NOT NULL,
        blocks     json,
        spans      json,
        left_out   json,
        PRIMARY KEY (media_id, version, number),
        FOREIGN KEY (media_id, owner_id, version) REFERENCES text_versions (media_id, owner_id, number) ON DELETE CASCADE
    );
    CREATE INDEX former_passages_by_place ON former_passages (media_id, version, text_start);
    GRANT SELECT, INSERT, UPDATE, DELETE ON text_versions TO visionary_app;
    GRANT SELECT, INSERT ON former_passages TO visionary_app;
    GRANT SELECT ON former_passages TO visionary_sweep;     -- it sends lost provider calls again
    """)
    for table in OWNED:
        op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON {table}
            USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
        CREATE TRIGGER refuse_erased BEFORE INSERT ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
        """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE former_passages, text_versions;
    ALTER TABLE listening_positions DROP COLUMN detached, DROP COLUMN quotation;
    ALTER TABLE speech_jobs DROP COLUMN text_version;
    ALTER TABLE media DROP COLUMN text_extractor, DROP COLUMN text_version;
    """)
