"""sweep schedule: when the sweep is woken, and until when a run may last

One row for all owners. The table is unlogged: after a crash of the database it is empty, and the next request arms the sweep.
"""

from alembic import op

revision = "20240101000040"
down_revision = "20240101000017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE UNLOGGED TABLE sweep_schedule (
        is_only_row    boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
        first_wake_at  timestamptz,   -- a message is on its way to wake the sweep then
        last_wake_at   timestamptz,   -- and another one, if work began too late for the first
        running_until  timestamptz    -- a run ends by then, or has crashed
    );
    GRANT SELECT, INSERT (first_wake_at, last_wake_at), UPDATE (first_wake_at, last_wake_at) ON sweep_schedule TO visionary_app;
    GRANT SELECT, INSERT, UPDATE ON sweep_schedule TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE sweep_schedule")
