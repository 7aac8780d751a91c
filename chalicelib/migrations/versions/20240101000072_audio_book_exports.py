"""audio book exports: recordings as M4B, encoded range by range, and captions as SubRip

The check replaces one that allows less, so the release before goes on writing what it knows.
"""

from alembic import op

revision = "20240101000072"
down_revision = "20240101000067"
branch_labels = None
depends_on = None

FORMATS = ("mp3", "m4b", "zip", "epub", "vtt", "srt")


def upgrade() -> None:
    _allow(FORMATS)
    op.execute("""
    ALTER TABLE speech_exports ADD COLUMN ranges integer NOT NULL DEFAULT 0,
                               ADD COLUMN encoded_ranges integer NOT NULL DEFAULT 0;
    """)


def downgrade() -> None:
    op.execute("""
    DELETE FROM speech_exports WHERE format IN ('m4b', 'srt');
    ALTER TABLE speech_exports DROP COLUMN ranges, DROP COLUMN encoded_ranges;
    """)
    _allow(tuple(name for name in FORMATS if name not in {"m4b", "srt"}))


def _allow(formats: tuple[str, ...]) -> None:
    op.execute(f"""
    ALTER TABLE speech_exports DROP CONSTRAINT speech_exports_format_check,
                               ADD CONSTRAINT speech_exports_format_check CHECK (format IN {formats});
    """)
