"""long readings: a recording that is put together in several visits, and questions that do not read all of a job's segments"""

from alembic import op

revision = "20240101000014"
down_revision = "20240101000013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- While a job is being finished: storage's upload of the recording, what it is of, and the parts that storage has.
    ALTER TABLE speech_jobs
        ADD COLUMN recording_upload text,
        ADD COLUMN recording_layout text,
        ADD COLUMN recording_etags  text[] NOT NULL DEFAULT '{}';

    -- Whether anything of a job is left to speak, and when what rests may be tried again.
    CREATE INDEX speech_segments_open ON speech_segments (job_id) WHERE status IN ('planned', 'queued');
    CREATE INDEX speech_segments_resting ON speech_segments (job_id, provider, ready_at) WHERE status = 'planned';
    """)
    _waiting_for_calls(clock="(SELECT clock_timestamp())")  # asked once, so that an index can be used


def downgrade() -> None:
    _waiting_for_calls(clock="clock_timestamp()")
    op.execute("""
    DROP INDEX speech_segments_open, speech_segments_resting;
    ALTER TABLE speech_jobs DROP COLUMN recording_upload, DROP COLUMN recording_layout, DROP COLUMN recording_etags;
    """)


def _waiting_for_calls(*, clock: str) -> None:
    op.execute(f"""
    GRANT CREATE ON SCHEMA app TO visionary_dispatch;
    GRANT visionary_dispatch TO CURRENT_USER;
    CREATE OR REPLACE FUNCTION app.waiting_for_calls(of_provider text, at_most integer)
        RETURNS TABLE (owner_id uuid, job_id uuid, ready integer, more_at timestamptz, served_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT job.owner_id, job.id, now_ready.count, later.at, served.at
        FROM speech_jobs AS job
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS count FROM (
                SELECT FROM speech_segments
                WHERE speech_segments.job_id = job.id AND provider = of_provider AND status = 'planned'
                      AND ready_at <= {clock} LIMIT at_most) AS counted
        ) AS now_ready
        CROSS JOIN LATERAL (
            SELECT min(ready_at) AS at FROM speech_segments
            WHERE speech_segments.job_id = job.id AND provider = of_provider AND status = 'planned' AND ready_at > {clock}
        ) AS later
        CROSS JOIN LATERAL (
            SELECT max(begun_at) AS at FROM speech_calls WHERE speech_calls.job_id = job.id
        ) AS served
        WHERE job.status = 'speaking' AND (now_ready.count > 0 OR later.at IS NOT NULL)
    $$;
    REVOKE visionary_dispatch FROM CURRENT_USER;
    REVOKE CREATE ON SCHEMA app FROM visionary_dispatch;
    """)  # noqa: S608
