"""audit event months: old events are looked for in the oldest months only, and an empty month gives its space back

An event's time chooses its partition, so that it is the default of its column now: a trigger may not move a row to another one.
Still no role of the functions can name it in an INSERT.
"""

from alembic import op

from chalicelib.migrations import partitions

revision = "20240101000023"
down_revision = "20240101000022"
branch_labels = None
depends_on = None

SPEECH_CALLS = "('speech_calls', 'begun_at', interval '62 days', true)"
# Nothing younger is ever deleted. Retention deletes events owner by owner, because each chain gets a new start: an empty month is
# dropped.
AUDIT_EVENTS = "('audit_events', 'at', interval '30 days', false)"


def upgrade() -> None:
    partitions.convert("audit_events", key="owner_id, number", time="at", triggers=("chain",))
    # Its argument is a row of the table, which is the first partition now.
    op.execute("DROP FUNCTION app.audit_hash(bytea, audit_events_first)")
    _create_audit_hash()
    op.execute("ALTER TABLE audit_events ALTER COLUMN at SET DEFAULT clock_timestamp()")
    _replace_append_audit_hash("")
    partitions.replace_maintenance(SPEECH_CALLS, AUDIT_EVENTS)


def downgrade() -> None:
    partitions.replace_maintenance(SPEECH_CALLS)
    op.execute("DROP FUNCTION app.audit_hash(bytea, audit_events)")
    partitions.restore("audit_events", key="owner_id, number")
    _create_audit_hash()
    _replace_append_audit_hash("NEW.at := clock_timestamp();")
    op.execute("""
    ALTER TABLE audit_events ALTER COLUMN at DROP DEFAULT;
    CREATE INDEX audit_events_oldest ON audit_events USING brin (at);
    CREATE TRIGGER chain BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION app.append_audit_hash();
    CREATE TRIGGER refuse_erased BEFORE INSERT ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    CREATE POLICY own ON audit_events
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE POLICY look ON audit_events FOR SELECT TO visionary_sweep USING (at < now() - interval '30 days');
    GRANT SELECT ON audit_events TO visionary_app, visionary_sweep;
    GRANT INSERT (owner_id, actor, action, subject_id, detail, address, agent, request_id)
        ON audit_events TO visionary_app, visionary_sweep;
    """)


def _create_audit_hash() -> None:
    op.execute("""
    CREATE FUNCTION app.audit_hash(before bytea, event audit_events) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        sha256(before || convert_to(jsonb_build_array(
            (event).owner_id, (event).number, (extract(epoch FROM (event).at) * 1000000)::bigint, (event).actor,
            (event).action, (event).subject_id, (event).detail, host((event).address), (event).agent,
            (event).request_id)::text, 'UTF8'));
    """)


def _replace_append_audit_hash(set_time: str) -> None:
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
        {set_time}
        NEW.hash := app.audit_hash(head.hash, NEW);
        UPDATE audit_heads SET number = NEW.number, hash = NEW.hash, changed_at = clock_timestamp()
            WHERE owner_id = NEW.owner_id;
        RETURN NEW;
    END $$;
    """)  # noqa: S608
