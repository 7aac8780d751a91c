"""speech call months: calls are forgotten by dropping the partition of a month, not by deleting a million rows a day"""

from alembic import op

from chalicelib.migrations import partitions

revision = "20240101000021"
down_revision = "20240101000020"
branch_labels = None
depends_on = None

# A budget counts the calls of a month: 62 days are always enough.
SPEECH_CALLS = "('speech_calls', 'begun_at', interval '62 days', true)"


def upgrade() -> None:
    partitions.convert("speech_calls", key="id", time="begun_at", triggers=())
    partitions.replace_maintenance(SPEECH_CALLS)


def downgrade() -> None:
    op.execute("DROP FUNCTION app.maintain_partitions()")
    partitions.restore("speech_calls", key="id")
    op.execute("""
    CREATE INDEX speech_calls_under_way ON speech_calls (provider) WHERE outcome IS NULL;
    CREATE INDEX speech_calls_of_job ON speech_calls (job_id, begun_at);
    CREATE INDEX speech_calls_of_owner ON speech_calls (owner_id, begun_at);
    CREATE POLICY own ON speech_calls
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE POLICY forget ON speech_calls TO visionary_sweep USING (begun_at < now() - interval '62 days');
    CREATE POLICY wait ON speech_calls FOR SELECT TO visionary_dispatch USING (true);
    CREATE TRIGGER refuse_erased BEFORE INSERT ON speech_calls
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE, DELETE ON speech_calls TO visionary_app, visionary_sweep;
    GRANT SELECT (id, owner_id, job_id, index, provider, outcome, begun_at, lease_until) ON speech_calls TO visionary_dispatch;
    """)
