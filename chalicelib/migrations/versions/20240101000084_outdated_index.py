"""outdated index: an index of the media that an earlier release indexed, which the sweep reads

It also lists those without a folded name, so that the index of these is dropped.
"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000084"
down_revision = "20240101000083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index("media_outdated_index", "media (owner_id, id) WHERE folded_name IS NULL OR index_version < 2")
    op.execute("DROP INDEX IF EXISTS media_unfolded")


def downgrade() -> None:
    op.execute("CREATE INDEX media_unfolded ON media (owner_id, id) WHERE folded_name IS NULL")
    op.execute("DROP INDEX media_outdated_index")
