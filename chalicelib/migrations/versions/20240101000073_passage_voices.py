"""passage voices: a segment in another language than its job's, and the voices that a job chose for such languages"""

from alembic import op

revision = "20240101000073"
down_revision = "20240101000075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE speech_jobs ADD COLUMN passage_voices jsonb NOT NULL DEFAULT '{}';  -- ids of voices by language
    ALTER TABLE speech_segments ADD COLUMN language text;  -- of a passage; null is the job's
    """)


def downgrade() -> None:
    op.execute("""
    ALTER TABLE speech_segments DROP COLUMN language;
    ALTER TABLE speech_jobs DROP COLUMN passage_voices;
    """)
