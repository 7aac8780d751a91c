"""audit anchors: a name for each audit trail outside the database

The sweep writes the verified end of every trail into a bucket once a day, under a random name instead of the owner's id. The name
ends with the account; the erasure keeps it, so that a trail which vanished otherwise is noticed.
"""

from alembic import op

revision = "20240101000043"
down_revision = "20240101000042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    -- The table is as old as this release: few rows, if any, are written again.
    ALTER TABLE audit_checks ADD COLUMN anchor_id uuid NOT NULL DEFAULT gen_random_uuid();
    CREATE UNIQUE INDEX audit_checks_anchor ON audit_checks (anchor_id);
    ALTER TABLE erasures ADD COLUMN anchor_id uuid;
    CREATE INDEX erasures_anchor ON erasures (anchor_id);

    -- The sweep can act as any owner; these let it look at all of them at once.
    CREATE POLICY look ON audit_checks FOR SELECT TO visionary_sweep USING (true);
    ALTER POLICY look ON audit_events USING (true);
    CREATE POLICY look_done ON erasures FOR SELECT TO visionary_sweep USING (status = 'done');
    """)


def downgrade() -> None:
    op.execute("""
    DROP POLICY look_done ON erasures;
    ALTER POLICY look ON audit_events USING (at < now() - interval '30 days');
    DROP POLICY look ON audit_checks;
    ALTER TABLE erasures DROP COLUMN anchor_id;
    ALTER TABLE audit_checks DROP COLUMN anchor_id;
    """)
