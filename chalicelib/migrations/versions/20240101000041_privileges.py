"""privileges: functions that run as their owner read the catalogue instead of their caller's relations

A role of the functions can neither create a relation nor call a trigger's function, so that nothing which it shapes runs as the
owner. No role can call a new function before a migration grants it.
"""

from alembic import op

revision = "20240101000041"
down_revision = "20240101000031"
branch_labels = None
depends_on = None

BY_TRIGGERS_ONLY = (
    "append_audit_hash()",
    "reject_erased_owner()",
    "add_inserted_segments()",
    "add_requeued_segments()",
    "follow_speaking_job()",
)


def upgrade() -> None:
    op.execute("""
    -- PUBLIC may create temporary tables in a new database, with triggers that run as whoever writes to them.
    DO $$ BEGIN
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END $$;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;

    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    DO $$ DECLARE function regprocedure;
    BEGIN
        FOR function IN SELECT oid FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND proowner = current_user::regrole
                        AND has_function_privilege('public', oid, 'EXECUTE') LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO visionary_app, visionary_sweep', function);
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function);
        END LOOP;
    END $$;

    -- Delete some of the current owner's rows of a table, once the owner has a tombstone; return how many. The table is found by
    -- its name among the owner role's own tables: no other role can add one.
    CREATE FUNCTION app.delete_owner_rows(of_table text, at_most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        owned name;
        deleted integer;
    BEGIN
        SELECT relname INTO owned FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'owner_id'
            WHERE relname = of_table AND relnamespace = 'public'::regnamespace AND relowner = current_user::regrole
                  AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'erasures';
        IF NOT FOUND OR NOT EXISTS (SELECT FROM public.erasures WHERE owner_id = app.current_owner_id()) THEN
            RAISE EXCEPTION 'nothing of this owner is to be erased from %', of_table;
        END IF;
        EXECUTE format('DELETE FROM public.%1$I WHERE owner_id = $1'
            ' AND ctid = ANY (ARRAY(SELECT ctid FROM public.%1$I WHERE owner_id = $1 LIMIT $2))', owned)
            USING app.current_owner_id(), at_most;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        RETURN deleted;
    END $$;
    GRANT EXECUTE ON FUNCTION app.delete_owner_rows(text, integer) TO visionary_app;

    -- For the release before, which names a relation: without rights of its own.
    CREATE OR REPLACE FUNCTION app.delete_owner_rows(target regclass, at_most integer) RETURNS integer
        LANGUAGE sql AS $$
        SELECT app.delete_owner_rows(
            (SELECT relname::text FROM pg_class WHERE oid = target AND relnamespace = 'public'::regnamespace), at_most)
    $$;
    """)
    for function in BY_TRIGGERS_ONLY:
        op.execute(f"REVOKE EXECUTE ON FUNCTION app.{function} FROM visionary_app, visionary_sweep")
    # Policies call it, also for the roles that own functions which look across owners.
    op.execute("""
    GRANT EXECUTE ON FUNCTION app.current_owner_id() TO visionary_search, visionary_dispatch;
    GRANT EXECUTE ON FUNCTION app.to_search_query(text, jsonb), app.prefix_owner(uuid, tsvector), app.prefix_owner(uuid, tsquery)
        TO visionary_search;
    """)


def downgrade() -> None:
    op.execute("""
    CREATE OR REPLACE FUNCTION app.delete_owner_rows(target regclass, at_most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE gone integer;
    BEGIN
        IF target = 'erasures'::regclass OR NOT EXISTS (SELECT FROM erasures WHERE owner_id = app.current_owner_id()) THEN
            RAISE EXCEPTION 'nothing of this owner is to be erased from %', target;
        END IF;
        EXECUTE format(
            'DELETE FROM %1$s WHERE owner_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE owner_id = $1 LIMIT $2))',
            target) USING app.current_owner_id(), at_most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;
    DROP FUNCTION app.delete_owner_rows(text, integer);
    ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
    DO $$ DECLARE function regprocedure;
    BEGIN
        FOR function IN SELECT oid FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND proowner = current_user::regrole
                        AND NOT EXISTS (SELECT FROM unnest(ARRAY['delete_owner_rows', 'erase', 'forget_audit', 'calls_under_way',
                                                                 'delete_old_audit_events', 'waiting_for_calls',
                                                                 'maintain_partitions']) AS kept WHERE kept = proname) LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', function);
        END LOOP;
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
    END $$;
    """)
