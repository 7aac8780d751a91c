"""folded names index: the indexes of sorted lists contain the names, so that a filter by name does not read the media

The indexes without names are dropped: those with them serve the release before as well.
"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000046"
down_revision = "20240101000045"
branch_labels = None
depends_on = None

REPLACED = (
    ("media_newest", "media_newest_names", "created_at"),
    ("media_by_title", "media_by_title_names", "title_key"),
    ("media_by_size", "media_by_size_names", "size_bytes"),
)


def upgrade() -> None:
    online.create_index("media_unfolded", "media (owner_id, id) WHERE folded_name IS NULL")
    for _, name, column in REPLACED:
        online.create_index(name, f"media (owner_id, {column}, id) INCLUDE (status, folded_name)")
    for replaced, _, _ in REPLACED:
        op.execute(f"DROP INDEX IF EXISTS {replaced}")


def downgrade() -> None:
    for replaced, name, column in REPLACED:
        op.execute(f"CREATE INDEX {replaced} ON media (owner_id, {column}, id)")
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP INDEX media_unfolded")
