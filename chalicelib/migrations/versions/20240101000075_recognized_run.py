"""recognized run: how many pages of a scan can be read while the others are being recognized"""

from alembic import op

revision = "20240101000075"
down_revision = "20240101000068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Null unless a recognition is running that adds pages to the text as they are finished.
    op.execute("ALTER TABLE media ADD COLUMN recognition_text_pages integer CHECK (recognition_text_pages >= 0)")


def downgrade() -> None:
    op.execute("ALTER TABLE media DROP COLUMN recognition_text_pages")
