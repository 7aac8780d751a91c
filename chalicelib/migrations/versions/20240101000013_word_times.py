"""word times: which of them are estimates"""

from alembic import op

revision = "20240101000013"
down_revision = "20240101000010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not every provider tells when it speaks a word; then the times of a segment are shared by the length of its words.
    op.execute("ALTER TABLE speech_cuts ADD COLUMN estimated boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE speech_cuts DROP COLUMN estimated")
