"""speech call months, key: what a partition needs, while calls are read and written"""

from alembic import op

from chalicelib.migrations import partitions

revision = "20240101000020"
down_revision = "20240101000019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    partitions.prepare("speech_calls", key="id", time="begun_at")


def downgrade() -> None:
    op.execute("""
    ALTER TABLE speech_calls DROP CONSTRAINT IF EXISTS speech_calls_first_check;
    DROP INDEX IF EXISTS speech_calls_first_pkey;
    """)
