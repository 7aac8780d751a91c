"""changed owners index: the owners with a change since the sweep's last run"""

from alembic import op

from chalicelib.migrations import online

revision = "20240101000019"
down_revision = "20240101000018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index("audit_heads_changed", "audit_heads (changed_at, owner_id)")


def downgrade() -> None:
    op.execute("DROP INDEX audit_heads_changed")
