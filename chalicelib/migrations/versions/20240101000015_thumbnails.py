"""thumbnails: whether a media has one, told in lists; unknown of those that were accepted before"""

from alembic import op

revision = "20240101000015"
down_revision = "20240101000014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE media ADD COLUMN has_thumbnail boolean")


def downgrade() -> None:
    op.execute("ALTER TABLE media DROP COLUMN has_thumbnail")
