"""audit event months, key: what a partition needs, while events are read and written"""

from alembic import op

from chalicelib.migrations import partitions

revision = "20240101000022"
down_revision = "20240101000021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    partitions.prepare("audit_events", key="owner_id, number", time="at")


def downgrade() -> None:
    op.execute("""
    ALTER TABLE audit_events DROP CONSTRAINT IF EXISTS audit_events_first_check;
    DROP INDEX IF EXISTS audit_events_first_pkey;
    """)
