"""answered calls: a call holds its slot until the provider has answered, not until its audio is stored"""

from alembic import op

revision = "20240101000076"
down_revision = "20240101000069"
branch_labels = None
depends_on = None

FUNCTION = """
    GRANT CREATE ON SCHEMA app TO visionary_dispatch;
    GRANT visionary_dispatch TO CURRENT_USER;
    CREATE OR REPLACE FUNCTION app.in_flight_calls(of_provider text)
        RETURNS TABLE (id uuid, owner_id uuid, job_id uuid, index integer, lease_until timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT id, owner_id, job_id, index, lease_until FROM speech_calls WHERE provider = of_provider AND {in_flight}
        $$;
    REVOKE visionary_dispatch FROM CURRENT_USER;
    REVOKE CREATE ON SCHEMA app FROM visionary_dispatch;
"""


def upgrade() -> None:
    # An answered call is in flight again when its lease has expired without a result: its worker has crashed.
    op.execute("ALTER TABLE speech_calls ADD COLUMN answered_at timestamptz")
    op.execute("GRANT SELECT (answered_at) ON speech_calls TO visionary_dispatch")
    op.execute(
        FUNCTION.format(in_flight="outcome IS NULL AND (answered_at IS NULL OR lease_until <= clock_timestamp())")
    )


def downgrade() -> None:
    op.execute(FUNCTION.format(in_flight="outcome IS NULL"))
    op.execute("ALTER TABLE speech_calls DROP COLUMN answered_at")
