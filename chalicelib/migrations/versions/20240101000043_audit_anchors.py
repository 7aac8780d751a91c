"""audit anchors: a name for each audit trail outside the database"""

from alembic import op

revision = "20240101000043"
down_revision = "20240101000042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    op.execute("SELECT 1")
