"""pauses: how long a job's are, where its segments have them, and the audio that was bought for those"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000067"
down_revision = "20240101000073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE speech_jobs ADD COLUMN IF NOT EXISTS pause_scale double precision NOT NULL DEFAULT 1 CHECK (pause_scale > 0);
    ALTER TABLE speech_segments
        ADD COLUMN IF NOT EXISTS pauses integer[] NOT NULL DEFAULT '{}',  -- pairs of an offset in the segment and ms
        ADD COLUMN IF NOT EXISTS word_key text;  -- of the audio with other pauses that audio_key was made of
    """)
    online.create_index("speech_segments_of_words", "speech_segments (owner_id, word_key) WHERE word_key IS NOT NULL")


def downgrade() -> None:
    op.execute("""
    ALTER TABLE speech_segments DROP COLUMN pauses, DROP COLUMN word_key;
    ALTER TABLE speech_jobs DROP COLUMN pause_scale;
    """)
