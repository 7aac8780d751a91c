"""recognitions: the text recognition of scans, and the pages of each

A page is recognized once: whoever claims it raises its fence, and writes its words together with its state. The words are deleted
when the text is made of them.
"""

from alembic import op

revision = "20240101000066"
down_revision = "20240101000062"
branch_labels = None
depends_on = None

OWNED = ("recognitions", "recognition_pages")


def upgrade() -> None:
    op.execute("""
    CREATE TABLE recognitions (
        id             uuid PRIMARY KEY,
        owner_id       uuid NOT NULL,
        media_id       uuid NOT NULL,
        status         text NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
        is_automatic   boolean NOT NULL,
        languages      text[] NOT NULL DEFAULT '{}',    -- those the owner chose; none: each page's own is found
        usual_language text,                            -- of the pages so far: it is tried first
        pages          integer[] NOT NULL DEFAULT '{}', -- from 1; empty until they are known
        processor_ms   bigint NOT NULL DEFAULT 0,
        requested_at   timestamptz NOT NULL DEFAULT now(),
        updated_at     timestamptz NOT NULL DEFAULT now(),
        finished_at    timestamptz,
        fence          bigint NOT NULL DEFAULT 0,
        lease_until    timestamptz,
        UNIQUE (id, owner_id),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX recognitions_unfinished ON recognitions (media_id) WHERE status IN ('queued', 'running');
    CREATE INDEX recognitions_media ON recognitions (media_id, requested_at);
    CREATE INDEX recognitions_requested ON recognitions (owner_id, requested_at);
    CREATE INDEX recognitions_stalled ON recognitions (updated_at) WHERE status IN ('queued', 'running');
    CREATE INDEX recognitions_finished ON recognitions (finished_at) WHERE finished_at IS NOT NULL;

    CREATE TABLE recognition_pages (
        recognition_id uuid NOT NULL,
        owner_id       uuid NOT NULL,
        page           integer NOT NULL CHECK (page > 0),
        status         text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
        attempts       integer NOT NULL DEFAULT 0,
        fence          bigint NOT NULL DEFAULT 0,
        lease_until    timestamptz,
        confidence     real,                            -- from 0 to 100; null without words
        words          bytea,                           -- chalicelib/extraction/recognition/model.py
        PRIMARY KEY (recognition_id, page),
        FOREIGN KEY (recognition_id, owner_id) REFERENCES recognitions (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX recognition_pages_pending ON recognition_pages (recognition_id, page) WHERE status = 'pending';
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
    op.execute("""
    CREATE POLICY look ON recognitions FOR SELECT TO visionary_sweep USING (true);
    CREATE POLICY forget ON recognitions FOR DELETE TO visionary_sweep USING (finished_at IS NOT NULL);
    GRANT SELECT, INSERT, UPDATE ON recognitions TO visionary_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON recognition_pages TO visionary_app;
    GRANT SELECT, DELETE ON recognitions TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE recognition_pages, recognitions")
