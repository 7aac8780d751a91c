"""document blocks: what the parts of a reading text are, what was left out of it, and how far the recognition of a scan is

The columns of passages are null in texts that an earlier release extracted. Each is an array of arrays, of the fields of
chalicelib/extraction/model.py in their order, with offsets of the whole text.
"""

from alembic import op

revision = "20240101000050"
down_revision = "20240101000049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- A passage has all blocks and spans that overlap it. What was left out of a page is in the page's first passage, and what
    -- was left out of a text without pages in its first one.
    ALTER TABLE media_passages ADD COLUMN blocks json, ADD COLUMN spans json, ADD COLUMN left_out json;
    -- 'recognizing' and 'failed' while and after pages of a scan are recognized; null for all other media.
    ALTER TABLE media ADD COLUMN recognition_status text,
                      ADD COLUMN recognition_pages_done integer,
                      ADD COLUMN recognition_pages_total integer;
    """)


def downgrade() -> None:
    op.execute("""
    ALTER TABLE media DROP COLUMN recognition_pages_total, DROP COLUMN recognition_pages_done, DROP COLUMN recognition_status;
    ALTER TABLE media_passages DROP COLUMN left_out, DROP COLUMN spans, DROP COLUMN blocks;
    """)
