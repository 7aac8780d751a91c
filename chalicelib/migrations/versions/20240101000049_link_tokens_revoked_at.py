"""link tokens revoked at: when the owner ended the link tokens that were issued until then"""

from alembic import op

revision = "20240101000049"
down_revision = "20240101000048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE accounts ADD COLUMN link_tokens_revoked_at timestamptz")  # null: never


def downgrade() -> None:
    op.execute("ALTER TABLE accounts DROP COLUMN link_tokens_revoked_at")
