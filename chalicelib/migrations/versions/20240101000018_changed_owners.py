"""changed owners: when each audit trail was last written, and how far it was verified, so that the sweep reads what changed only

Every change of an owner's data writes an audit event in its transaction, also that of the release before: the trigger is the
database's. So the head of a trail says whether an account has to be counted again, too.
"""

from alembic import op

revision = "20240101000018"
down_revision = "20240101000040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE audit_heads ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();

    -- The last event of each trail that the sweep has verified.
    CREATE TABLE audit_checks (
        owner_id uuid PRIMARY KEY,
        number   bigint NOT NULL,
        hash     bytea NOT NULL
    );
    ALTER TABLE audit_checks ENABLE ROW LEVEL SECURITY;
    ALTER TABLE audit_checks FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON audit_checks
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE TRIGGER refuse_erased BEFORE INSERT ON audit_checks
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT ON audit_checks TO visionary_app;
    GRANT SELECT, INSERT, UPDATE ON audit_checks TO visionary_sweep;

    -- Verify the next events of the current owner after one that was verified before; 0 is before the first. Returns
    -- the last event that was read and, if any, the first fault. `is_end` says that the end was compared with the head.
    CREATE FUNCTION app.verify_audit_events(after_number bigint, after_hash bytea, at_most integer)
        RETURNS TABLE (number bigint, hash bytea, is_end boolean, fault_number bigint, fault text) LANGUAGE sql STABLE AS $$
        WITH head AS MATERIALIZED (
            SELECT coalesce(h.number, 0) AS number, coalesce(h.hash, '') AS hash,
                   greatest(coalesce(h.anchor_number, 0), after_number) AS start_number,
                   CASE WHEN after_number > coalesce(h.anchor_number, 0) THEN after_hash ELSE coalesce(h.anchor_hash, '') END
                       AS start_hash,
                   after_number > coalesce(h.anchor_number, 0) AS continues
            FROM (SELECT app.current_owner_id() AS owner_id) AS me LEFT JOIN audit_heads h USING (owner_id)
        ), start AS (
            SELECT event.hash FROM audit_events AS event CROSS JOIN head
            WHERE event.owner_id = app.current_owner_id() AND event.number = head.start_number
        ), events AS MATERIALIZED (
            SELECT event FROM audit_events AS event
            WHERE event.owner_id = app.current_owner_id() AND event.number > (SELECT start_number FROM head)
            ORDER BY event.number LIMIT at_most
        ), linked AS MATERIALIZED (
            SELECT (event).number, (event).hash,
                   lag((event).number, 1, head.start_number) OVER chain AS number_before,
                   app.audit_hash(lag((event).hash, 1, head.start_hash) OVER chain, event) AS expected
            FROM events CROSS JOIN head WINDOW chain AS (ORDER BY (event).number)
        ), seen AS (
            SELECT coalesce(linked.number, head.start_number) AS number, coalesce(linked.hash, head.start_hash) AS hash,
                   (SELECT count(*) FROM linked) < at_most AS is_end
            FROM head LEFT JOIN linked ON true ORDER BY linked.number DESC LIMIT 1
        ), faults AS (
            SELECT head.start_number AS number, CASE WHEN EXISTS (SELECT FROM start) THEN 'changed' ELSE 'missing' END AS fault
            FROM head WHERE continues AND head.start_hash IS DISTINCT FROM (SELECT start.hash FROM start)
            UNION ALL
            SELECT number_before + 1, 'missing' FROM linked WHERE linked.number <> number_before + 1
            UNION ALL
            SELECT linked.number, 'changed' FROM linked WHERE hash <> expected AND linked.number = number_before + 1
            UNION ALL
            SELECT least(head.number, seen.number) + 1, CASE WHEN head.number > seen.number THEN 'missing' ELSE 'added' END
            FROM head CROSS JOIN seen WHERE is_end AND head.number <> seen.number
            UNION ALL
            SELECT seen.number, 'changed' FROM head CROSS JOIN seen
            WHERE is_end AND head.number = seen.number AND head.hash <> seen.hash
        )
        SELECT seen.number, seen.hash, seen.is_end, first.number, first.fault
        FROM seen LEFT JOIN (SELECT * FROM faults ORDER BY number LIMIT 1) AS first ON true
    $$;
    """)
    _replace_append_audit_hash(", changed_at = NEW.at")


def downgrade() -> None:
    _replace_append_audit_hash("")
    op.execute("""
    DROP FUNCTION app.verify_audit_events(bigint, bytea, integer);
    DROP TABLE audit_checks;
    ALTER TABLE audit_heads DROP COLUMN changed_at;
    """)


def _replace_append_audit_hash(columns: str) -> None:
    op.execute(f"""
    CREATE OR REPLACE FUNCTION app.append_audit_hash() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE head audit_heads;
    BEGIN
        SELECT * INTO head FROM audit_heads WHERE owner_id = NEW.owner_id FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO audit_heads (owner_id) VALUES (NEW.owner_id) ON CONFLICT DO NOTHING;
            SELECT * INTO head FROM audit_heads WHERE owner_id = NEW.owner_id FOR UPDATE;
        END IF;
        NEW.number := head.number + 1;
        NEW.at := clock_timestamp();
        NEW.hash := app.audit_hash(head.hash, NEW);
        UPDATE audit_heads SET number = NEW.number, hash = NEW.hash{columns} WHERE owner_id = NEW.owner_id;
        RETURN NEW;
    END $$;
    """)  # noqa: S608
