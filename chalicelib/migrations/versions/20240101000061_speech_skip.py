"""speech skip: the kinds of blocks that a speech job leaves out; recordings of earlier releases leave out nothing"""

from alembic import op

revision = "20240101000061"
down_revision = "20240101000060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE speech_jobs ADD COLUMN skip text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE speech_jobs DROP COLUMN skip")
