"""changes: the last change of each media, job, position and collection, for clients that keep copies of them

A client's cursor is a snapshot of transactions, so that it misses nothing: of two transactions that run at the same time, the one
that began first may end last. Triggers record the changes, also those of the release before.
"""

from uuid import uuid4

from alembic import op

revision = "20240101000079"
down_revision = "20240101000081"
branch_labels = None
depends_on = None

# Tables by kind of change: columns with the id and the media's id, and which updates count. A job's progress does not, because
# it changes with every segment; a scan's does not, because it changes with every page.
TABLES = {
    "media": (
        "media",
        "id",
        "id",
        "(old.updated_at, old.status, old.text_version, old.recognition_status)"
        " IS DISTINCT FROM (new.updated_at, new.status, new.text_version, new.recognition_status)",
    ),
    "speech_jobs": (
        "job",
        "id",
        "media_id",
        "(old.status, old.duration_ms, old.error, old.text_version)"
        " IS DISTINCT FROM (new.status, new.duration_ms, new.error, new.text_version)",
    ),
    "listening_positions": ("position", "media_id", "media_id", "old.* IS DISTINCT FROM new.*"),
    "collections": ("collection", "id", "NULL", "old.* IS DISTINCT FROM new.*"),
}


def upgrade() -> None:
    op.execute("""
    CREATE TABLE changes (
        owner_id       uuid NOT NULL,
        kind           text NOT NULL,
        id             uuid NOT NULL,
        media_id       uuid,
        is_deleted     boolean NOT NULL,
        transaction_id xid8 NOT NULL,
        changed_at     timestamptz NOT NULL,
        PRIMARY KEY (owner_id, kind, id)
    );
    CREATE INDEX changes_newest ON changes (owner_id, transaction_id, kind, id);
    CREATE INDEX changes_oldest ON changes USING brin (changed_at);  -- costs the writers next to nothing
    ALTER TABLE changes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE changes FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON changes
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE POLICY forget ON changes TO visionary_sweep USING (changed_at < now() - interval '31 days');
    CREATE TRIGGER refuse_erased BEFORE INSERT ON changes FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE ON changes TO visionary_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON changes TO visionary_sweep;

    -- Record the rows of `changed`, a transition table: kind, column of the id, column of the media's id, whether deleted.
    -- An erasure records nothing.
    CREATE FUNCTION app.record_changes() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM public.erasures WHERE owner_id = app.current_owner_id()) THEN
            RETURN NULL;
        END IF;
        EXECUTE format(
            'INSERT INTO public.changes AS stored (owner_id, kind, id, media_id, is_deleted, transaction_id, changed_at)'
            ' SELECT owner_id, %L, %I, %s::uuid, %L::boolean, pg_current_xact_id(), now() FROM changed ORDER BY %2$I'
            ' ON CONFLICT (owner_id, kind, id) DO UPDATE SET is_deleted = excluded.is_deleted,'
            ' transaction_id = excluded.transaction_id, changed_at = excluded.changed_at',
            TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]);
        RETURN NULL;
    END $$;

    -- Record an updated row, once in a transaction. The caller's condition says which updates count.
    CREATE FUNCTION app.record_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        EXECUTE format(
            'INSERT INTO public.changes AS stored (owner_id, kind, id, media_id, is_deleted, transaction_id, changed_at)'
            ' SELECT ($1).owner_id, %L, ($1).%I, %s::uuid, false, pg_current_xact_id(), now()'
            ' WHERE NOT EXISTS (SELECT FROM public.changes WHERE owner_id = ($1).owner_id AND kind = %1$L'
            ' AND id = ($1).%2$I AND transaction_id = pg_current_xact_id())'
            ' ON CONFLICT (owner_id, kind, id) DO UPDATE SET is_deleted = false,'
            ' transaction_id = excluded.transaction_id, changed_at = excluded.changed_at',
            TG_ARGV[0], TG_ARGV[1], CASE TG_ARGV[2] WHEN 'NULL' THEN 'NULL' ELSE format('($1).%I', TG_ARGV[2]) END)
            USING NEW;
        RETURN NULL;
    END $$;
    """)
    # Cursors of another database, such as the one that a backup was made of, are unknown to this one.
    op.execute(f"""
    CREATE FUNCTION app.change_feed_id() RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '{uuid4()}'::uuid;
    GRANT EXECUTE ON FUNCTION app.change_feed_id() TO visionary_app;
    """)
    for table, (kind, key, media_key, counts) in TABLES.items():
        arguments = f"'{kind}', '{key}', '{media_key}'"
        op.execute(f"""
        CREATE TRIGGER record_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION app.record_changes({arguments}, 'false');
        CREATE TRIGGER record_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION app.record_changes({arguments}, 'true');
        CREATE TRIGGER record_updated AFTER UPDATE ON {table} FOR EACH ROW
            WHEN ({counts}) EXECUTE FUNCTION app.record_change({arguments});
        """)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"""
        DROP TRIGGER record_updated ON {table};
        DROP TRIGGER record_deleted ON {table};
        DROP TRIGGER record_inserted ON {table};
        """)
    op.execute("""
    DROP FUNCTION app.record_change();
    DROP FUNCTION app.record_changes();
    DROP FUNCTION app.change_feed_id();
    DROP TABLE changes;
    """)
