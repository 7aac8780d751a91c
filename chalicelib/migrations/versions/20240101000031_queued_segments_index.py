"""queued segments index: how much of a job's wave is in flight, and how many first segments of an owner"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000031"
down_revision = "20240101000030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index("speech_segments_queued", "speech_segments (job_id, provider) WHERE status = 'queued'")
    online.create_index(
        "speech_segments_queued_first", "speech_segments (owner_id) WHERE status = 'queued' AND index < 2"
    )


def downgrade() -> None:
    op.execute("DROP INDEX speech_segments_queued, speech_segments_queued_first")
