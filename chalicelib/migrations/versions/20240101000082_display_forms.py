"""display forms: the key and the sections of a document's HTML

NULL until it is made: for media that have none, and for those of the release before, whose texts are made again.
"""

from alembic import op

revision = "20240101000082"
down_revision = "20240101000077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE media ADD COLUMN display jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE media DROP COLUMN display")
