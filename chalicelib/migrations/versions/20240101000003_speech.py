"""speech: jobs, their segments, and the rate limit that guards what costs money"""

from alembic import op

revision = "20240101000003"
down_revision = "20240101000002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE speech_jobs (
        id          uuid PRIMARY KEY,
        owner_id    uuid NOT NULL REFERENCES accounts,
        media_id    uuid NOT NULL,
        voice       text NOT NULL,
        language    text NOT NULL,
        text_start  integer NOT NULL CHECK (text_start >= 0),
        text_end    integer NOT NULL CHECK (text_end > text_start),
        characters  integer NOT NULL DEFAULT 0,
        status      text NOT NULL DEFAULT 'queued'
                    CHECK (status IN ('queued', 'planning', 'speaking', 'finishing', 'done', 'partial', 'failed', 'cancelled')),
        error       text,
        duration_ms integer,
        fence       integer NOT NULL DEFAULT 0,
        lease_until timestamptz,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        UNIQUE (id, owner_id),
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX speech_jobs_newest ON speech_jobs (owner_id, created_at DESC, id DESC);
    CREATE INDEX speech_jobs_of_media ON speech_jobs (media_id);
    CREATE INDEX speech_jobs_unsettled ON speech_jobs (updated_at)
        WHERE status IN ('queued', 'planning', 'speaking', 'finishing');

    CREATE TABLE speech_segments (
        job_id            uuid NOT NULL,
        owner_id          uuid NOT NULL,
        index             integer NOT NULL,
        text_start        integer NOT NULL,
        text_end          integer NOT NULL,
        pause_ms          integer NOT NULL,
        status            text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'queued', 'done', 'failed')),
        voice             text NOT NULL,
        audio_key         text,
        frame_count       integer,
        audio_bytes       integer,
        duration_ms       integer,
        billed_characters integer NOT NULL DEFAULT 0,
        error             text,
        queued_at         timestamptz,
        settled_at        timestamptz,
        PRIMARY KEY (job_id, index),
        FOREIGN KEY (job_id, owner_id) REFERENCES speech_jobs (id, owner_id) ON DELETE CASCADE
    );

    ALTER TABLE speech_jobs ENABLE ROW LEVEL SECURITY;
    ALTER TABLE speech_jobs FORCE ROW LEVEL SECURITY;
    ALTER TABLE speech_segments ENABLE ROW LEVEL SECURITY;
    ALTER TABLE speech_segments FORCE ROW LEVEL SECURITY;

    CREATE POLICY own ON speech_jobs
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY own ON speech_segments
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY look ON speech_jobs FOR SELECT TO visionary_sweep
        USING (status IN ('queued', 'planning', 'speaking', 'finishing'));

    GRANT SELECT, INSERT, UPDATE, DELETE ON speech_jobs, speech_segments TO visionary_app, visionary_sweep;

    -- GCRA (ITU-T I.371): one row per key holds the theoretical arrival time of the next conforming request.
    -- UNLOGGED: a crash empties it, which is a moment of leniency and nothing worse.
    CREATE UNLOGGED TABLE rate_limits (key text PRIMARY KEY, arrival timestamptz NOT NULL) WITH (fillfactor = 50);

    CREATE FUNCTION app.take(bucket text, per_second double precision, burst integer)
        RETURNS TABLE (allowed boolean, remaining integer, retry_after_s double precision)
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH clock AS MATERIALIZED (
            SELECT clock_timestamp() AS t, make_interval(secs => 1 / per_second) AS step,
                   make_interval(secs => burst / per_second) AS tolerance
        ), taken AS (
            INSERT INTO rate_limits AS held (key, arrival) SELECT bucket, t + step FROM clock
            ON CONFLICT (key) DO UPDATE
                SET arrival = greatest(held.arrival, excluded.arrival - (SELECT step FROM clock)) + (SELECT step FROM clock)
                WHERE greatest(held.arrival, excluded.arrival - (SELECT step FROM clock)) + (SELECT step FROM clock)
                      - (excluded.arrival - (SELECT step FROM clock)) <= (SELECT tolerance FROM clock)
            RETURNING held.arrival
        )
        SELECT taken.arrival IS NOT NULL,
               greatest(0, floor(
                   extract(epoch FROM tolerance - (coalesce(taken.arrival, before.arrival) - t)) * per_second + 1e-6))::int,
               CASE WHEN taken.arrival IS NULL
                    THEN greatest(0, extract(epoch FROM before.arrival - t + step - tolerance))::double precision ELSE 0 END
        FROM clock LEFT JOIN taken ON true LEFT JOIN rate_limits before ON before.key = bucket
    $$;
    """)


def downgrade() -> None:
    op.execute("""
    DROP FUNCTION app.take(text, double precision, integer);
    DROP TABLE rate_limits, speech_segments, speech_jobs;
    """)
