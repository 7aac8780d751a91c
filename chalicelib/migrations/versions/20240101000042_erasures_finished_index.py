"""erasures finished index: which accounts were erased lately, for link tokens that were issued before"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000042"
down_revision = "20240101000041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index("erasures_finished", "erasures (finished_at)")


def downgrade() -> None:
    op.execute("DROP INDEX erasures_finished")
