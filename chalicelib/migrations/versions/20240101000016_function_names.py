"""function names: functions get the names engineers search for; the old names forward until a later migration

Policies, triggers and indexes refer to a function by its OID and follow when it is renamed: no table is rewritten or locked.
Only the bodies that call a renamed function by name are replaced.
"""

from collections.abc import Iterable

from alembic import op

revision = "20240101000016"
down_revision = "20240101000015"
branch_labels = None
depends_on = None

# By the role that owns them: old name and argument types, new name.
RENAMED = {
    None: (
        ("owner", "", "current_owner_id"),
        ("become", "uuid", "set_current_owner"),
        ("take", "text, double precision, integer", "consume_rate_limit"),
        ("words", "text, text, text", "to_search_vector"),
        ("asked", "text, jsonb", "to_search_query"),
        ("owned", "uuid, tsvector", "prefix_owner"),
        ("owned", "uuid, tsquery", "prefix_owner"),
        ("chain", "", "append_audit_hash"),
        ("forget_audit", "timestamptz, integer", "delete_old_audit_events"),
        ("refuse_erased", "", "reject_erased_owner"),
        ("erase", "regclass, integer", "delete_owner_rows"),
    ),
    "visionary_dispatch": (
        ("calls_under_way", "text", "in_flight_calls"),
        ("waiting_for_calls", "text, integer", "pending_jobs"),
    ),
}
INDEXES = (
    ("speech_segments_resting", "speech_segments_retry_at"),
    ("speech_exports_over", "speech_exports_expires_at"),
)

# Only triggers can call trigger functions: `chain` and `refuse_erased` cannot forward, and nothing else called them.
FORWARDING = """
    CREATE FUNCTION app.owner() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT app.current_owner_id() $$;

    CREATE FUNCTION app.become(owner uuid) RETURNS void LANGUAGE sql AS $$ SELECT app.set_current_owner(owner) $$;

    CREATE FUNCTION app.take(bucket text, per_second double precision, burst integer)
        RETURNS TABLE (allowed boolean, remaining integer, retry_after_s double precision)
        LANGUAGE sql AS $$ SELECT * FROM app.consume_rate_limit(bucket, per_second, burst) $$;

    CREATE FUNCTION app.words(config text, title text, body text) RETURNS tsvector
        LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT app.to_search_vector(config, title, body) $$;

    CREATE FUNCTION app.asked(config text, question jsonb, OUT query tsquery, OUT narrowed tsquery)
        LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT * FROM app.to_search_query(config, question) $$;

    CREATE FUNCTION app.owned(owner uuid, words tsvector) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT app.prefix_owner(owner, words) $$;
    CREATE FUNCTION app.owned(owner uuid, asked tsquery) RETURNS tsquery
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT app.prefix_owner(owner, asked) $$;

    CREATE FUNCTION app.forget_audit(before timestamptz, at_most integer) RETURNS integer
        LANGUAGE sql AS $$ SELECT app.delete_old_audit_events(before, at_most) $$;

    CREATE FUNCTION app.erase(target regclass, at_most integer) RETURNS integer
        LANGUAGE sql AS $$ SELECT app.delete_owner_rows(target, at_most) $$;

    CREATE FUNCTION app.calls_under_way(of_provider text)
        RETURNS TABLE (id uuid, owner_id uuid, job_id uuid, index integer, lease_until timestamptz)
        LANGUAGE sql STABLE AS $$ SELECT * FROM app.in_flight_calls(of_provider) $$;

    CREATE FUNCTION app.waiting_for_calls(of_provider text, at_most integer)
        RETURNS TABLE (owner_id uuid, job_id uuid, ready integer, more_at timestamptz, served_at timestamptz)
        LANGUAGE sql STABLE AS $$ SELECT * FROM app.pending_jobs(of_provider, at_most) $$;

    -- Roles that may call a new function may call the old one.
    REVOKE ALL ON FUNCTION app.forget_audit(timestamptz, integer), app.erase(regclass, integer), app.calls_under_way(text),
        app.waiting_for_calls(text, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.forget_audit(timestamptz, integer) TO visionary_sweep;
    GRANT EXECUTE ON FUNCTION app.erase(regclass, integer) TO visionary_app;
    GRANT EXECUTE ON FUNCTION app.calls_under_way(text), app.waiting_for_calls(text, integer)
        TO visionary_app, visionary_sweep;
"""
DROP_FORWARDING = """
    DROP FUNCTION app.owner(), app.become(uuid), app.take(text, double precision, integer), app.words(text, text, text),
        app.asked(text, jsonb), app.owned(uuid, tsvector), app.owned(uuid, tsquery), app.forget_audit(timestamptz, integer),
        app.erase(regclass, integer), app.calls_under_way(text), app.waiting_for_calls(text, integer);
"""


def upgrade() -> None:
    for role, functions in RENAMED.items():
        _as(role, (f"ALTER FUNCTION app.{old}({types}) RENAME TO {new}" for old, types, new in functions))
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    op.execute(FORWARDING)
    _write_bodies({old: new for functions in RENAMED.values() for old, _, new in functions})


def downgrade() -> None:
    op.execute(DROP_FORWARDING)
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for role, functions in RENAMED.items():
        _as(role, (f"ALTER FUNCTION app.{new}({types}) RENAME TO {old}" for old, types, new in functions))
    _write_bodies({old: old for functions in RENAMED.values() for old, _, _ in functions})


def _as(role: str | None, statements: Iterable[str]) -> None:
    """Execute statements as a member of the role that owns the functions: such roles cannot sign in."""
    if role is not None:
        op.execute(f"GRANT CREATE ON SCHEMA app TO {role}; GRANT {role} TO CURRENT_USER")
    for statement in statements:
        op.execute(statement)
    if role is not None:
        op.execute(f"REVOKE {role} FROM CURRENT_USER; REVOKE CREATE ON SCHEMA app FROM {role}")


def _write_bodies(name: dict[str, str]) -> None:
    """Replace the bodies that call a renamed function. `name` maps its old name to the one to call."""
    owner = f"app.{name['owner']}()"
    op.execute(f"""
    CREATE OR REPLACE FUNCTION app.audit_fault() RETURNS TABLE (number bigint, fault text) LANGUAGE sql STABLE AS $$
        WITH head AS (
            SELECT coalesce(h.number, 0) AS number, coalesce(h.hash, '') AS hash,
                   coalesce(h.anchor_number, 0) AS anchor_number, coalesce(h.anchor_hash, '') AS anchor_hash
            FROM (SELECT {owner} AS owner_id) AS me LEFT JOIN audit_heads h USING (owner_id)
        ), linked AS (
            SELECT event.number, event.hash,
                   lag(event.number, 1, head.anchor_number) OVER chain AS number_before,
                   app.audit_hash(lag(event.hash, 1, head.anchor_hash) OVER chain, event) AS expected
            FROM audit_events AS event CROSS JOIN head WHERE event.owner_id = {owner}
            WINDOW chain AS (ORDER BY event.number)
        ), seen AS (
            SELECT coalesce(linked.number, head.anchor_number) AS last_number,
                   coalesce(linked.hash, head.anchor_hash) AS last_hash
            FROM head LEFT JOIN linked ON true ORDER BY linked.number DESC LIMIT 1
        ), faults AS (
            SELECT number_before + 1 AS number, 'missing' AS fault FROM linked WHERE linked.number <> number_before + 1
            UNION ALL
            SELECT linked.number, 'changed' FROM linked WHERE hash <> expected AND linked.number = number_before + 1
            UNION ALL
            SELECT least(head.number, last_number) + 1, CASE WHEN head.number > last_number THEN 'missing' ELSE 'added' END
            FROM head CROSS JOIN seen WHERE head.number <> last_number
            UNION ALL
            SELECT last_number, 'changed' FROM head CROSS JOIN seen
            WHERE head.number = last_number AND head.hash <> last_hash
        )
        SELECT faults.number, faults.fault FROM faults ORDER BY faults.number LIMIT 1
    $$;

    CREATE OR REPLACE FUNCTION app.{name["forget_audit"]}(before timestamptz, at_most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        gone integer;
        head audit_heads;
        last_number bigint;
    BEGIN
        SELECT * INTO head FROM audit_heads WHERE owner_id = {owner} FOR UPDATE;
        SELECT max(number) INTO last_number FROM (
            SELECT number FROM audit_events
            WHERE owner_id = {owner} AND at < least(before, now() - interval '30 days') ORDER BY number LIMIT at_most) AS old;
        IF last_number IS NULL THEN
            RETURN 0;
        END IF;
        UPDATE audit_heads SET anchor_number = last_number, anchor_hash = event.hash
            FROM audit_events AS event
            WHERE audit_heads.owner_id = {owner} AND event.owner_id = {owner} AND event.number = last_number;
        DELETE FROM audit_events WHERE owner_id = {owner} AND number <= last_number;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;

    CREATE OR REPLACE FUNCTION app.{name["refuse_erased"]}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM erasures WHERE owner_id = {owner}) THEN
            RAISE EXCEPTION USING ERRCODE = 'VM001', MESSAGE = 'the account is being erased';
        END IF;
        RETURN NULL;
    END $$;

    CREATE OR REPLACE FUNCTION app.{name["erase"]}(target regclass, at_most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE gone integer;
    BEGIN
        IF target = 'erasures'::regclass OR NOT EXISTS (SELECT FROM erasures WHERE owner_id = {owner}) THEN
            RAISE EXCEPTION 'nothing of this owner is to be erased from %', target;
        END IF;
        EXECUTE format(
            'DELETE FROM %1$s WHERE owner_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE owner_id = $1 LIMIT $2))',
            target) USING {owner}, at_most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;
    """)  # noqa: S608
    search = f"""
    CREATE OR REPLACE FUNCTION app.search(question jsonb, at_most integer)
        RETURNS TABLE (media_id uuid, number integer, config text, asked text, title_only boolean, rank real)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH asked AS MATERIALIZED (
            SELECT search_configs.config, term.query, app.{name["owned"]}(owner_id, term.narrowed) AS narrowed
            FROM search_configs CROSS JOIN app.{name["asked"]}(search_configs.config, question) AS term
            WHERE owner_id = {owner} AND term.query IS NOT NULL
        )
        SELECT found.media_id, found.number, asked.config, asked.query::text, found.title_only, found.rank
        FROM asked CROSS JOIN LATERAL (
            SELECT search_words.media_id, search_words.number, ts_rank_cd(words, asked.query, 1) AS rank,
                   search_words.number = 1 AND ts_filter(words, '{{a}}') @@ asked.query
                       AND NOT ts_filter(words, '{{d}}') @@ asked.query AS title_only
            FROM search_words
            WHERE app.{name["owned"]}(owner_id, words) @@ asked.narrowed AND words @@ asked.query
                  AND owner_id = {owner} AND search_words.config = asked.config
            LIMIT at_most
        ) AS found
    $$;
    """  # noqa: S608
    _as("visionary_search", [search])
