"""duplicates index: an index of the ready media of an owner by their bytes"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000088"
down_revision = "20240101000080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index(
        "media_duplicates",
        "media (owner_id, sha256, size_bytes, created_at, id) WHERE status = 'ready' AND sha256 IS NOT NULL",
    )


def downgrade() -> None:
    op.execute("DROP INDEX media_duplicates")
