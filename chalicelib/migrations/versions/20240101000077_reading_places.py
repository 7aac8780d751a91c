"""reading places: a position may come from reading without listening, and lists are sorted by when a media was last opened"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000077"
down_revision = "20240101000079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `page`, `time_ms` and `zoom` are those of a viewer; `fraction` is null in positions of the release before.
    op.execute("""
    ALTER TABLE listening_positions ADD COLUMN IF NOT EXISTS page integer,
                                    ADD COLUMN IF NOT EXISTS time_ms integer,
                                    ADD COLUMN IF NOT EXISTS zoom double precision,
                                    ADD COLUMN IF NOT EXISTS fraction double precision;
    ALTER TABLE media ADD COLUMN IF NOT EXISTS opened_at timestamptz;
    """)
    online.create_index(
        "media_by_opening",
        "media (owner_id, coalesce(opened_at, '-infinity'), id) INCLUDE (status, folded_name, opened_at)",
    )


def downgrade() -> None:
    op.execute("""
    DROP INDEX media_by_opening;
    ALTER TABLE media DROP COLUMN opened_at;
    ALTER TABLE listening_positions DROP COLUMN fraction, DROP COLUMN zoom, DROP COLUMN time_ms, DROP COLUMN page;
    """)
