"""folded names index: the names of media in the order of lists, and the media whose names are not folded yet"""

revision = "20240101000046"
down_revision = "20240101000045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
