"""source url: media that were imported from an address of the web"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000080"
down_revision = "20240101000078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE media ADD COLUMN source_url text")
    # The sweep asks whether there are any.
    online.create_index(
        "media_imports_pending", "media (created_at) WHERE status = 'pending' AND source_url IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE media DROP COLUMN source_url")
