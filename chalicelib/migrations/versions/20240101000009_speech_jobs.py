"""speech_jobs: what a reading may cost and did, every call to a voice provider, and who gets the next one"""

from alembic import op

revision = "20240101000009"
down_revision = "20240101000008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE speech_jobs
        ADD COLUMN cached_characters integer NOT NULL DEFAULT 0,
        ADD COLUMN paid_characters   integer NOT NULL DEFAULT 0,   -- what will be on the bill, as estimated at the start
        ADD COLUMN estimated_cost    double precision NOT NULL DEFAULT 0,
        ADD COLUMN currency          text NOT NULL DEFAULT 'USD',
        ADD COLUMN attempts          integer NOT NULL DEFAULT 0,   -- at the state it is in
        ADD COLUMN moved_at          timestamptz NOT NULL DEFAULT now();   -- when a segment was settled last
    CREATE INDEX speech_jobs_speaking ON speech_jobs (id) WHERE status = 'speaking';

    ALTER TABLE speech_segments
        ADD COLUMN provider text NOT NULL GENERATED ALWAYS AS (split_part(voice, ':', 1)) STORED,
        ADD COLUMN call_id  uuid,                                  -- the one it is in while it is queued
        ADD COLUMN tries    integer NOT NULL DEFAULT 0,
        ADD COLUMN ready_at timestamptz NOT NULL DEFAULT now(),    -- not to be tried again before
        ADD COLUMN cost     double precision NOT NULL DEFAULT 0;
    CREATE INDEX speech_segments_planned ON speech_segments (job_id, provider, index) WHERE status = 'planned';

    -- One row per call to a provider: while it is under way, a slot that is taken; afterwards, what it cost. It says nothing
    -- of what was spoken, and outlives its job: a budget is not won back by deleting.
    CREATE TABLE speech_calls (
        id                uuid PRIMARY KEY,
        owner_id          uuid NOT NULL,
        job_id            uuid NOT NULL,
        index             integer NOT NULL,
        provider          text NOT NULL,
        voice             text NOT NULL,
        characters        integer NOT NULL,
        outcome           text,
        billed_characters integer NOT NULL DEFAULT 0,
        cost              double precision NOT NULL DEFAULT 0,
        begun_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
        lease_until       timestamptz NOT NULL,
        ended_at          timestamptz
    );
    CREATE INDEX speech_calls_under_way ON speech_calls (provider) WHERE outcome IS NULL;
    CREATE INDEX speech_calls_of_job ON speech_calls (job_id, begun_at);
    CREATE INDEX speech_calls_of_owner ON speech_calls (owner_id, begun_at);
    ALTER TABLE speech_calls ENABLE ROW LEVEL SECURITY;
    ALTER TABLE speech_calls FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON speech_calls
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY forget ON speech_calls TO visionary_sweep USING (begun_at < now() - interval '62 days');
    CREATE TRIGGER refuse_erased BEFORE INSERT ON speech_calls FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_erased();
    GRANT SELECT, INSERT, UPDATE, DELETE ON speech_calls TO visionary_app, visionary_sweep;

    -- How each provider is: its circuit breaker, how long it asked us to wait, and when the next call may begin. Who hands out
    -- calls holds the row, so that the limits of a provider hold for all functions together.
    CREATE TABLE speech_providers (
        name         text PRIMARY KEY,
        recent       jsonb NOT NULL DEFAULT '[]',   -- the last calls, oldest first: [seconds since 1970, whether it failed]
        trips        integer NOT NULL DEFAULT 0,
        open_until   timestamptz,
        closed_down  boolean NOT NULL DEFAULT false,   -- no money, no access: nothing to wait for
        reason       text,
        probe_until  timestamptz,
        busy         integer NOT NULL DEFAULT 0,
        paused_until timestamptz,
        arrival      timestamptz,
        wake_at      timestamptz
    );
    GRANT SELECT, INSERT, UPDATE ON speech_providers TO visionary_app, visionary_sweep;

    -- Who gets the next call is a question across owners. This role can see which job of whom waits for what, and nothing else;
    -- all it owns are two functions.
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'visionary_dispatch') THEN
            CREATE ROLE visionary_dispatch NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
    END $$;
    GRANT USAGE ON SCHEMA public, app TO visionary_dispatch;
    GRANT SELECT (id, owner_id, status) ON speech_jobs TO visionary_dispatch;
    GRANT SELECT (job_id, index, provider, status, ready_at) ON speech_segments TO visionary_dispatch;
    GRANT SELECT (id, owner_id, job_id, index, provider, outcome, begun_at, lease_until) ON speech_calls TO visionary_dispatch;
    CREATE POLICY wait ON speech_jobs FOR SELECT TO visionary_dispatch USING (status = 'speaking');
    CREATE POLICY wait ON speech_segments FOR SELECT TO visionary_dispatch USING (status = 'planned');
    CREATE POLICY wait ON speech_calls FOR SELECT TO visionary_dispatch USING (true);

    CREATE FUNCTION app.calls_under_way(of_provider text)
        RETURNS TABLE (id uuid, owner_id uuid, job_id uuid, index integer, lease_until timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT id, owner_id, job_id, index, lease_until FROM speech_calls WHERE provider = of_provider AND outcome IS NULL
    $$;

    -- Every job with something to say by this provider: how many segments are ready (`at_most` are counted), when one more
    -- will be, and when the job was served last.
    CREATE FUNCTION app.waiting_for_calls(of_provider text, at_most integer)
        RETURNS TABLE (owner_id uuid, job_id uuid, ready integer, more_at timestamptz, served_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT job.owner_id, job.id, now_ready.count, later.at, served.at
        FROM speech_jobs AS job
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS count FROM (
                SELECT FROM speech_segments
                WHERE speech_segments.job_id = job.id AND provider = of_provider AND status = 'planned'
                      AND ready_at <= clock_timestamp() LIMIT at_most) AS counted
        ) AS now_ready
        CROSS JOIN LATERAL (
            SELECT min(ready_at) AS at FROM speech_segments
            WHERE speech_segments.job_id = job.id AND provider = of_provider AND status = 'planned'
                  AND ready_at > clock_timestamp()
        ) AS later
        CROSS JOIN LATERAL (
            SELECT max(begun_at) AS at FROM speech_calls WHERE speech_calls.job_id = job.id
        ) AS served
        WHERE job.status = 'speaking' AND (now_ready.count > 0 OR later.at IS NOT NULL)
    $$;

    REVOKE ALL ON FUNCTION app.calls_under_way(text), app.waiting_for_calls(text, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.calls_under_way(text), app.waiting_for_calls(text, integer)
        TO visionary_app, visionary_sweep;
    GRANT CREATE ON SCHEMA app TO visionary_dispatch;
    GRANT visionary_dispatch TO CURRENT_USER;
    ALTER FUNCTION app.calls_under_way(text) OWNER TO visionary_dispatch;
    ALTER FUNCTION app.waiting_for_calls(text, integer) OWNER TO visionary_dispatch;
    REVOKE visionary_dispatch FROM CURRENT_USER;
    REVOKE CREATE ON SCHEMA app FROM visionary_dispatch;
    """)


def downgrade() -> None:
    op.execute("""
    GRANT visionary_dispatch TO CURRENT_USER;
    DROP FUNCTION app.waiting_for_calls(text, integer), app.calls_under_way(text);
    REVOKE visionary_dispatch FROM CURRENT_USER;
    DROP TABLE speech_providers, speech_calls;
    DROP POLICY wait ON speech_segments;
    DROP POLICY wait ON speech_jobs;
    REVOKE ALL ON speech_jobs, speech_segments FROM visionary_dispatch;
    REVOKE USAGE ON SCHEMA public, app FROM visionary_dispatch;
    DROP INDEX speech_jobs_speaking;
    ALTER TABLE speech_segments DROP COLUMN provider, DROP COLUMN call_id, DROP COLUMN tries,
        DROP COLUMN ready_at, DROP COLUMN cost;
    ALTER TABLE speech_jobs DROP COLUMN cached_characters, DROP COLUMN paid_characters, DROP COLUMN estimated_cost,
        DROP COLUMN currency, DROP COLUMN attempts, DROP COLUMN moved_at;
    """)
