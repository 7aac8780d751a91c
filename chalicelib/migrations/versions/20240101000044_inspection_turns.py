"""inspection turns: which uploads of an owner wait for their turn, and which bytes were inspected

The release before inspects without turns and writes neither column, so that its rows are like those that do not wait.
"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000044"
down_revision = "20240101000043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE media
        ADD COLUMN IF NOT EXISTS waiting_since timestamptz,  -- arrived, while as many of its owner were inspected as may be
        ADD COLUMN IF NOT EXISTS inspected_etag text;        -- of the object that was accepted or rejected
    """)
    online.create_index("media_leased", "media (owner_id, lease_until) WHERE status = 'inspecting'")
    online.create_index("media_waiting", "media (owner_id, created_at) WHERE waiting_since IS NOT NULL")


def downgrade() -> None:
    op.execute("""
    DROP INDEX media_leased, media_waiting;
    ALTER TABLE media DROP COLUMN waiting_since, DROP COLUMN inspected_etag;
    """)
