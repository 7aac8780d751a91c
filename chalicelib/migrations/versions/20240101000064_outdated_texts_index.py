"""outdated texts index: the media whose texts an earlier extractor made"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000064"
down_revision = "20240101000063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index(
        "media_outdated_texts",
        "media (coalesce(text_extractor, 0), owner_id, id) WHERE status = 'ready' AND text_length > 0",
    )


def downgrade() -> None:
    op.execute("DROP INDEX media_outdated_texts")
