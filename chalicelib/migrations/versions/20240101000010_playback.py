"""playback: what of a reading can be heard already, where its listeners are, exports of it, and private podcasts"""

from alembic import op

revision = "20240101000010"
down_revision = "20240101000012"
branch_labels = None
depends_on = None

OWNED = ("speech_cuts", "listening_positions", "speech_exports", "podcasts")


def upgrade() -> None:
    op.execute("""
    -- A segment that was cut into parts for players, from `start_frame` of its reading on. `digest` names this cut: another
    -- audio, or another start after a retry, is another one. `words` are [start_ms, end_ms, text_start, text_end] from the
    -- segment's own beginning; `crc` is of its frames.
    CREATE TABLE speech_cuts (
        job_id      uuid NOT NULL,
        owner_id    uuid NOT NULL,
        index       integer NOT NULL,
        digest      text NOT NULL,
        start_frame integer NOT NULL,
        frame_count integer NOT NULL,
        crc         bigint NOT NULL,
        words       json NOT NULL,
        PRIMARY KEY (job_id, index),
        FOREIGN KEY (job_id, owner_id) REFERENCES speech_jobs (id, owner_id) ON DELETE CASCADE
    );
    ALTER TABLE speech_jobs ADD COLUMN recording_bytes bigint;

    -- Where its owner is in a media: in the text, so that every voice keeps the place, and how far past that word's
    -- beginning (before it, when it is the first of a segment).
    CREATE TABLE listening_positions (
        media_id    uuid NOT NULL,
        owner_id    uuid NOT NULL,
        text_offset integer NOT NULL,
        past_ms     integer NOT NULL,
        device_time timestamptz NOT NULL,
        PRIMARY KEY (media_id),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );

    -- An archive is put together from parts of one size: `etags` are those that storage has, `layout` says what they are of.
    CREATE TABLE speech_exports (
        id          uuid PRIMARY KEY,
        owner_id    uuid NOT NULL,
        job_id      uuid NOT NULL,
        format      text NOT NULL CHECK (format IN ('mp3', 'zip', 'epub', 'vtt')),
        status      text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed')),
        upload_id   text,
        layout      text,
        etags       text[] NOT NULL DEFAULT '{}',
        parts       integer NOT NULL DEFAULT 0,
        size_bytes  bigint,
        error       text,
        fence       integer NOT NULL DEFAULT 0,
        lease_until timestamptz,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        expires_at  timestamptz,
        FOREIGN KEY (job_id, owner_id) REFERENCES speech_jobs (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX speech_exports_newest ON speech_exports (job_id, created_at DESC, id DESC);
    CREATE UNIQUE INDEX speech_exports_one_at_a_time ON speech_exports (job_id, format) WHERE status IN ('queued', 'running');
    CREATE INDEX speech_exports_unfinished ON speech_exports (updated_at) WHERE status IN ('queued', 'running');
    CREATE INDEX speech_exports_over ON speech_exports (expires_at);

    -- Who has the token may read the feed of one collection; the token itself is kept nowhere.
    CREATE TABLE podcasts (
        collection_id uuid PRIMARY KEY,
        owner_id      uuid NOT NULL,
        token_hash    bytea NOT NULL UNIQUE,
        created_at    timestamptz NOT NULL DEFAULT now(),
        FOREIGN KEY (collection_id, owner_id) REFERENCES collections (id, owner_id) ON DELETE CASCADE
    );
    """)
    for table in OWNED:
        op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON {table} USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
        GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO visionary_app, visionary_sweep;
        CREATE TRIGGER refuse_erased BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_erased();
        """)
    op.execute("CREATE POLICY look ON speech_exports FOR SELECT TO visionary_sweep USING (true)")


def downgrade() -> None:
    op.execute("""
    DROP TABLE podcasts, speech_exports, listening_positions, speech_cuts;
    ALTER TABLE speech_jobs DROP COLUMN recording_bytes;
    """)
