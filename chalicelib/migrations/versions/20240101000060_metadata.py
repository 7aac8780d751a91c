"""metadata: what files say of themselves, and what their owners correct

`file_metadata` is NULL until a file's metadata was read: the release before does not. A key of `own_metadata` replaces that of
the file, also by null.
"""

from alembic import op

revision = "20240101000060"
down_revision = "20240101000050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE media ADD COLUMN file_metadata jsonb,
                      ADD COLUMN own_metadata jsonb NOT NULL DEFAULT '{}',
                      ADD COLUMN has_own_title boolean NOT NULL DEFAULT false;
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE media DROP COLUMN file_metadata, DROP COLUMN own_metadata, DROP COLUMN has_own_title")
