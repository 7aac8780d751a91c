"""folded names: what the filter by name compares, and the mark that a media is indexed with accents folded"""

revision = "20240101000045"
down_revision = "20240101000044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
