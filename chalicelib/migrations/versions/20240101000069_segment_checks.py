"""segment checks: results of checking a segment's audio, its other tries, and the usual pace of each voice"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000069"
down_revision = "20240101000071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE speech_segments
        ADD COLUMN IF NOT EXISTS checks jsonb,                               -- of the audio; null before this release
        ADD COLUMN IF NOT EXISTS respoken smallint NOT NULL DEFAULT 0,       -- further calls because of faults
        ADD COLUMN IF NOT EXISTS candidate jsonb,                            -- the best result so far, which has faults
        ADD COLUMN IF NOT EXISTS is_doubtful boolean NOT NULL DEFAULT false, -- every try had faults
        ADD COLUMN IF NOT EXISTS rejected_keys text[] NOT NULL DEFAULT '{}', -- of audio with faults
        ADD COLUMN IF NOT EXISTS cache_key text;                             -- that this audio stands for, if not its own
    ALTER TABLE speech_cuts ADD COLUMN IF NOT EXISTS aligned boolean NOT NULL DEFAULT false;  -- word times by alignment
    CREATE TABLE IF NOT EXISTS speech_voice_paces (
        voice         text PRIMARY KEY,
        segment_count integer NOT NULL CHECK (segment_count > 0),
        mean          double precision NOT NULL,  -- of the natural logarithm of ms per letter
        variance      double precision NOT NULL CHECK (variance >= 0)
    );
    GRANT SELECT, INSERT, UPDATE ON speech_voice_paces TO visionary_app;
    GRANT SELECT ON speech_voice_paces TO visionary_sweep;
    """)
    online.create_index("speech_segments_replaced", "speech_segments (owner_id, cache_key) WHERE cache_key IS NOT NULL")


def downgrade() -> None:
    op.execute("""
    DROP TABLE speech_voice_paces;
    ALTER TABLE speech_cuts DROP COLUMN aligned;
    ALTER TABLE speech_segments DROP COLUMN checks, DROP COLUMN respoken, DROP COLUMN candidate, DROP COLUMN is_doubtful,
        DROP COLUMN rejected_keys, DROP COLUMN cache_key;
    """)
