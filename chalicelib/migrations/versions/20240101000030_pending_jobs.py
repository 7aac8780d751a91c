"""pending jobs: which owner and which job a provider serves next, by index instead of by reading every job

Triggers keep the two tables, so jobs that the release before plans are in them, too. That release goes on using
`app.pending_jobs`; a later migration drops it, together with its forwarder `app.waiting_for_calls`.
"""

from alembic import op

revision = "20240101000030"
down_revision = "20240101000023"
branch_labels = None
depends_on = None

TABLES = ("speech_pending_owners", "speech_pending_jobs")
FILLED_FROM = ("speech_jobs", "speech_segments", "speech_calls")
FUNCTIONS = (
    "next_pending_jobs(text, uuid[], integer, integer, integer)",
    "ready_jobs(text, integer)",
    "next_ready_at(text)",
)


def upgrade() -> None:
    op.execute("""
    -- Owners and jobs with segments that wait for a call to a provider. Triggers add rows; dispatch deletes a job's row when it
    -- finds nothing planned, and an owner's with the last job. So a row may be one too many, but none is ever missing.
    CREATE TABLE speech_pending_owners (
        provider  text NOT NULL,
        owner_id  uuid NOT NULL,
        served_at timestamptz,            -- the start of the latest call
        PRIMARY KEY (owner_id, provider)
    );
    CREATE TABLE speech_pending_jobs (
        provider  text NOT NULL,
        owner_id  uuid NOT NULL,
        job_id    uuid NOT NULL,
        ready_at  timestamptz NOT NULL,   -- nothing of the job starts earlier
        served_at timestamptz,
        PRIMARY KEY (job_id, provider)
    );
    CREATE INDEX speech_pending_owners_turn ON speech_pending_owners (provider, served_at NULLS FIRST, owner_id);
    CREATE INDEX speech_pending_jobs_turn ON speech_pending_jobs (owner_id, provider, served_at NULLS FIRST, job_id);
    CREATE INDEX speech_pending_jobs_ready_at ON speech_pending_jobs (provider, ready_at);

    CREATE FUNCTION app.add_pending_job(of_provider text, of_owner uuid, of_job uuid, ready timestamptz) RETURNS void
        LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM erasures WHERE owner_id = of_owner) THEN
            RETURN;   -- it starts nothing new, and must not stop the work of others
        END IF;
        -- The owner's row is locked even if it exists, because dispatch may be about to delete it.
        INSERT INTO speech_pending_owners AS known (provider, owner_id) VALUES (of_provider, of_owner)
            ON CONFLICT (owner_id, provider) DO UPDATE SET served_at = known.served_at;
        INSERT INTO speech_pending_jobs AS known (provider, owner_id, job_id, ready_at)
            VALUES (of_provider, of_owner, of_job, ready)
            ON CONFLICT (job_id, provider) DO UPDATE SET ready_at = least(known.ready_at, excluded.ready_at);
    END $$;

    CREATE FUNCTION app.add_inserted_segments() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        PERFORM app.add_pending_job(provider, owner_id, job_id, ready_at) FROM (
            SELECT provider, owner_id, job_id, min(ready_at) AS ready_at FROM inserted WHERE status = 'planned'
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) AS pending;
        RETURN NULL;
    END $$;

    CREATE FUNCTION app.add_requeued_segments() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM updated WHERE status = 'planned') THEN
            PERFORM app.add_pending_job(provider, owner_id, job_id, ready_at) FROM (
                SELECT updated.provider, updated.owner_id, updated.job_id, min(updated.ready_at) AS ready_at
                FROM updated JOIN before ON before.job_id = updated.job_id AND before.index = updated.index
                WHERE updated.status = 'planned' AND (before.status, before.provider, before.ready_at)
                      IS DISTINCT FROM (updated.status, updated.provider, updated.ready_at)
                GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) AS pending;
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION app.follow_speaking_job() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.status = 'speaking' THEN
            PERFORM app.add_pending_job(provider, NEW.owner_id, NEW.id, ready_at) FROM (
                SELECT provider, min(ready_at) AS ready_at FROM speech_segments WHERE job_id = NEW.id AND status = 'planned'
                GROUP BY provider ORDER BY provider) AS pending;
        ELSE
            PERFORM FROM speech_pending_owners WHERE owner_id = OLD.owner_id ORDER BY provider FOR UPDATE;
            DELETE FROM speech_pending_jobs WHERE job_id = OLD.id;
            DELETE FROM speech_pending_owners AS owner WHERE owner_id = OLD.owner_id AND NOT EXISTS (
                SELECT FROM speech_pending_jobs AS job WHERE job.owner_id = owner.owner_id AND job.provider = owner.provider);
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER add_inserted_segments AFTER INSERT ON speech_segments
        REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION app.add_inserted_segments();
    CREATE TRIGGER add_requeued_segments AFTER UPDATE ON speech_segments
        REFERENCING OLD TABLE AS before NEW TABLE AS updated
        FOR EACH STATEMENT EXECUTE FUNCTION app.add_requeued_segments();
    CREATE TRIGGER follow_speaking_job AFTER UPDATE OF status ON speech_jobs FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status AND 'speaking' IN (OLD.status, NEW.status))
        EXECUTE FUNCTION app.follow_speaking_job();
    CREATE TRIGGER forget_deleted_job AFTER DELETE ON speech_jobs FOR EACH ROW
        WHEN (OLD.status = 'speaking') EXECUTE FUNCTION app.follow_speaking_job();
    """)
    _force("NO FORCE")
    op.execute("""
    INSERT INTO speech_pending_jobs (provider, owner_id, job_id, ready_at, served_at)
        SELECT segment.provider, job.owner_id, job.id, min(segment.ready_at),
               (SELECT max(begun_at) FROM speech_calls WHERE speech_calls.job_id = job.id)
        FROM speech_jobs AS job JOIN speech_segments AS segment ON segment.job_id = job.id AND segment.status = 'planned'
        WHERE job.status = 'speaking' GROUP BY 1, 2, 3;
    INSERT INTO speech_pending_owners (provider, owner_id, served_at)
        SELECT provider, owner_id, max(served_at) FROM speech_pending_jobs GROUP BY 1, 2;
    """)
    _force("FORCE")
    for table in TABLES:
        op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON {table}
            USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
        CREATE POLICY wait ON {table} FOR SELECT TO visionary_dispatch USING (true);
        GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO visionary_app, visionary_sweep;
        GRANT SELECT ON {table} TO visionary_dispatch;
        CREATE TRIGGER refuse_erased BEFORE INSERT ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
        """)
    op.execute("""
    -- Whose turn it is. Owners without a call under way come first, those with one (`busy`) only if slots remain; of each owner,
    -- the jobs served longest ago. `free` slots never need more owners or jobs than there are slots. The inner LIMIT tells the
    -- planner that few rows will be read; it does not know the value of `free`.
    CREATE FUNCTION app.next_pending_jobs(of_provider text, busy uuid[], free integer, per_owner integer, per_job integer)
        RETURNS TABLE (owner_id uuid, job_id uuid, ready integer, served_at timestamptz, owner_served_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH idle AS MATERIALIZED (
            SELECT next.owner_id, next.served_at FROM (
                SELECT owner.owner_id, owner.served_at FROM speech_pending_owners AS owner CROSS JOIN LATERAL (
                    SELECT FROM speech_pending_jobs AS job
                    WHERE job.owner_id = owner.owner_id AND job.provider = of_provider
                          AND job.ready_at <= (SELECT clock_timestamp())
                    ORDER BY job.served_at NULLS FIRST, job.job_id LIMIT 1) AS first_job
                WHERE owner.provider = of_provider AND owner.owner_id <> ALL (busy)
                ORDER BY owner.served_at NULLS FIRST, owner.owner_id LIMIT 200) AS next LIMIT free
        ), owners AS (
            SELECT idle.owner_id, idle.served_at FROM idle
            UNION ALL
            SELECT owner.owner_id, owner.served_at FROM speech_pending_owners AS owner
            WHERE owner.owner_id = ANY (busy) AND owner.provider = of_provider AND (SELECT count(*) FROM idle) < free
        )
        SELECT owners.owner_id, job.job_id, now_ready.count, job.served_at, owners.served_at
        FROM owners
        CROSS JOIN LATERAL (
            SELECT next.job_id, next.served_at FROM (
                SELECT pending.job_id, pending.served_at FROM speech_pending_jobs AS pending
                WHERE pending.owner_id = owners.owner_id AND pending.provider = of_provider
                      AND pending.ready_at <= (SELECT clock_timestamp())
                ORDER BY pending.served_at NULLS FIRST, pending.job_id LIMIT 200) AS next LIMIT per_owner
        ) AS job
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS count FROM (
                SELECT FROM speech_segments AS segment
                WHERE segment.job_id = job.job_id AND segment.provider = of_provider AND segment.status = 'planned'
                      AND segment.ready_at <= (SELECT clock_timestamp()) LIMIT per_job) AS counted
        ) AS now_ready
    $$;

    -- Jobs that could start something now, in whatever state the provider is, those that have waited longest first.
    CREATE FUNCTION app.ready_jobs(of_provider text, at_most integer)
        RETURNS TABLE (owner_id uuid, job_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT next.owner_id, next.job_id FROM (
            SELECT owner_id, job_id FROM speech_pending_jobs
            WHERE provider = of_provider AND ready_at <= (SELECT clock_timestamp()) ORDER BY ready_at LIMIT 200
        ) AS next LIMIT at_most
    $$;

    -- When a job that waits becomes ready.
    CREATE FUNCTION app.next_ready_at(of_provider text) RETURNS timestamptz
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT min(ready_at) FROM speech_pending_jobs WHERE provider = of_provider AND ready_at > (SELECT clock_timestamp())
    $$;

    GRANT CREATE ON SCHEMA app TO visionary_dispatch;
    GRANT visionary_dispatch TO CURRENT_USER;
    """)
    for function in FUNCTIONS:
        op.execute(f"""
        REVOKE ALL ON FUNCTION app.{function} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION app.{function} TO visionary_app, visionary_sweep;
        ALTER FUNCTION app.{function} OWNER TO visionary_dispatch;
        """)
    op.execute("REVOKE visionary_dispatch FROM CURRENT_USER; REVOKE CREATE ON SCHEMA app FROM visionary_dispatch")


def downgrade() -> None:
    op.execute("GRANT visionary_dispatch TO CURRENT_USER")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION app.{function}")
    op.execute("""
    REVOKE visionary_dispatch FROM CURRENT_USER;
    DROP TRIGGER add_inserted_segments ON speech_segments;
    DROP TRIGGER add_requeued_segments ON speech_segments;
    DROP TRIGGER follow_speaking_job ON speech_jobs;
    DROP TRIGGER forget_deleted_job ON speech_jobs;
    DROP FUNCTION app.follow_speaking_job(), app.add_requeued_segments(), app.add_inserted_segments(),
        app.add_pending_job(text, uuid, uuid, timestamptz);
    DROP TABLE speech_pending_jobs, speech_pending_owners;
    """)


def _force(mode: str) -> None:
    """Exempt this migration from row-level security, or end the exemption."""
    for table in FILLED_FROM:
        op.execute(f"ALTER TABLE {table} {mode} ROW LEVEL SECURITY")
