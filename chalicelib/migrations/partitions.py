"""Turn a table whose rows only age into one with a partition for each month. Its rows stay where they are.

`prepare` is for an online migration: it makes the key that a partition needs, and proves that the rows there are belong to the
past. `convert` then takes a moment: the table becomes the first partition of a new one with its name, indexes, policies and
privileges. Statements of the release before run on both. `app.maintain_partitions` adds and drops the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

from chalicelib.migrations import online

# The first partition ends three months on. Until the conversion, which follows at once, later rows would be rejected.
FIRST_END = "date_trunc('month', now(), 'UTC') + interval '3 months'"


def prepare(table: str, *, key: str, time: str) -> None:
    """Make the unique key with the time, and check that all rows are before the end of the first partition."""
    exists = "SELECT 1 FROM pg_constraint WHERE conrelid = CAST(:table AS regclass) AND conname = :name"
    name = f"{table}_first_check"
    if op.get_bind().execute(text(exists), {"table": table, "name": name}).first() is None:
        op.execute(f"""
        DO $$ BEGIN EXECUTE format(
            'ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({time} IS NOT NULL AND {time} < %L) NOT VALID', {FIRST_END});
        END $$""")
    online.create_index(f"{table}_first_pkey", f"{table} ({key}, {time})", unique=True)
    online.validate_constraint(table, name)


def convert(table: str, *, key: str, time: str, triggers: Sequence[str]) -> None:
    """Make the table the first partition of a new one. `triggers` of rows are moved; those of statements are made again."""
    first, names = f"{table}_first", ", ".join(f"'{name}'" for name in triggers)
    op.execute(f"""
    DO $$
    DECLARE
        definition text;
        definitions text[];
        policy record;
        granted record;
        bound text;
    BEGIN
        -- What the new table gets, while the old one has the name.
        SELECT array_agg(indexdef) INTO definitions FROM pg_indexes
            WHERE schemaname = 'public' AND tablename = '{table}' AND indexname NOT IN ('{table}_pkey', '{first}_pkey');
        SELECT definitions || coalesce(array_agg(pg_get_triggerdef(oid)), '{{}}') INTO definitions
            FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal;
        FOR policy IN SELECT *, array_to_string(roles, ', ') AS role_names FROM pg_policies
                      WHERE schemaname = 'public' AND tablename = '{table}' LOOP
            definitions := definitions || (
                format('CREATE POLICY %I ON {table} FOR %s TO %s', policy.policyname, policy.cmd, policy.role_names)
                || coalesce(' USING (' || policy.qual || ')', '') || coalesce(' WITH CHECK (' || policy.with_check || ')', ''));
        END LOOP;
        FOR granted IN
            SELECT grantee::regrole, privilege_type, '' AS columns
            FROM pg_class, aclexplode(relacl) WHERE oid = '{table}'::regclass AND grantee <> relowner
            UNION ALL
            SELECT grantee::regrole, privilege_type, format('(%I)', attname)
            FROM pg_attribute, aclexplode(attacl) WHERE attrelid = '{table}'::regclass
        LOOP
            definitions := definitions || format('GRANT %s %s ON {table} TO %s', granted.privilege_type, granted.columns,
                granted.grantee) || format('REVOKE %s %s ON {first} FROM %s', granted.privilege_type, granted.columns,
                granted.grantee);
        END LOOP;
        SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''') INTO bound
            FROM pg_constraint WHERE conrelid = '{table}'::regclass AND conname = '{first}_check';

        ALTER TABLE {table} RENAME TO {first};
        FOR definition IN SELECT indexname FROM pg_indexes
                          WHERE schemaname = 'public' AND tablename = '{first}' AND indexname NOT LIKE '%_pkey' LOOP
            EXECUTE format('ALTER INDEX %I RENAME TO %I', definition, replace(definition, '{table}', '{first}'));
        END LOOP;
        FOREACH definition IN ARRAY ARRAY[{names}]::text[] LOOP
            EXECUTE format('DROP TRIGGER %I ON {first}', definition);
        END LOOP;
        CREATE TABLE {table} (LIKE {first} INCLUDING DEFAULTS) PARTITION BY RANGE ({time});
        ALTER TABLE {first} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {first}_pkey PRIMARY KEY USING INDEX {first}_pkey;
        ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key}, {time});
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        FOREACH definition IN ARRAY definitions LOOP
            EXECUTE definition;
        END LOOP;
        EXECUTE format('ALTER TABLE {table} ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO (%L)', bound);
        ALTER TABLE {first} DROP CONSTRAINT {first}_check;
        CREATE TABLE {table}_default PARTITION OF {table} DEFAULT;
        ALTER TABLE {table}_default ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table}_default FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON {table}_default
            USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
        CREATE POLICY maintain ON {table}_default TO CURRENT_USER USING (true) WITH CHECK (true);
        CREATE POLICY maintain ON {first} TO CURRENT_USER USING (true) WITH CHECK (true);
    END $$;
    """)  # noqa: S608


# By table: the column with the time, how long rows are kept, and whether a partition that is old enough may have rows when it is
# dropped. Rows of a month without a partition are in the default one, so that none is ever refused; they are moved, because a
# partition for them could not be attached. The policy `maintain` lets the function do that: on partitions only, which no other
# role may use.
_MAINTAIN = """
    CREATE OR REPLACE FUNCTION app.maintain_partitions() RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
    DECLARE
        changed integer := 0;
        kept record;
        partition record;
        until timestamptz;
        month_end timestamptz;
        name text;
        has_rows boolean;
    BEGIN
        FOR kept IN SELECT * FROM (VALUES {tables}) AS kept (parent, at, retention, may_have_rows) LOOP
            until := NULL;
            FOR partition IN
                SELECT relname, substring(pg_get_expr(relpartbound, oid) FROM $x$TO \\('([^']+)'\\)$x$)::timestamptz AS ends_at
                FROM pg_class JOIN pg_inherits ON inhrelid = oid AND inhparent = format('public.%I', kept.parent)::regclass
                ORDER BY ends_at
            LOOP
                until := coalesce(partition.ends_at, until);
                CONTINUE WHEN partition.ends_at IS NULL OR partition.ends_at > now() - kept.retention;
                EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', partition.relname) INTO has_rows;
                CONTINUE WHEN has_rows AND NOT kept.may_have_rows;
                EXECUTE format('DROP TABLE public.%I', partition.relname);
                changed := changed + 1;
            END LOOP;
            IF kept.may_have_rows THEN
                EXECUTE format('DELETE FROM public.%I WHERE %I < %L', kept.parent || '_default', kept.at, now() - kept.retention);
            END IF;
            until := greatest(until, date_trunc('month', now() - kept.retention, 'UTC'));
            WHILE until < date_trunc('month', now(), 'UTC') + interval '3 months' LOOP
                month_end := date_trunc('month', until + interval '32 days', 'UTC');
                name := kept.parent || to_char(until AT TIME ZONE 'UTC', '_YYYY_MM');
                EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS)', name, kept.parent);
                EXECUTE format('WITH moved AS (DELETE FROM public.%I WHERE %I >= %L AND %2$I < %4$L RETURNING *)'
                    ' INSERT INTO public.%5$I SELECT * FROM moved', kept.parent || '_default', kept.at, until, month_end, name);
                EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
                EXECUTE format('CREATE POLICY own ON public.%I USING (owner_id = (SELECT app.current_owner_id()))'
                    ' WITH CHECK (owner_id = (SELECT app.current_owner_id()))', name);
                EXECUTE format('CREATE POLICY maintain ON public.%I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
                EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                    kept.parent, name, until, month_end);
                until := month_end;
                changed := changed + 1;
            END LOOP;
        END LOOP;
        RETURN changed;
    END $$;
    REVOKE ALL ON FUNCTION app.maintain_partitions() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.maintain_partitions() TO visionary_sweep;
"""


def replace_maintenance(*tables: str) -> None:
    """Replace the list of `app.maintain_partitions`: SQL rows of name, time, retention, and whether rows are dropped, too."""
    op.execute(_MAINTAIN.replace("{tables}", ", ".join(tables)))


def restore(table: str, *, key: str) -> None:
    """Make a partitioned table a plain one again, with all its rows: for downgrades, which copy."""
    op.execute(f"""
    ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
    CREATE TABLE {table}_plain (LIKE {table} INCLUDING DEFAULTS);
    INSERT INTO {table}_plain SELECT * FROM {table};
    DROP TABLE {table};
    ALTER TABLE {table}_plain RENAME TO {table};
    ALTER TABLE {table} ADD PRIMARY KEY ({key});
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    """)  # noqa: S608
