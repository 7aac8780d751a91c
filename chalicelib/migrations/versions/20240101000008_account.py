"""account: a trail that cannot be changed unnoticed, exports, erasures, and how far the sweep has come"""

from alembic import op

revision = "20240101000008"
down_revision = "20240101000007"
branch_labels = None
depends_on = None

OWNED = ("audit_heads", "audit_events", "exports", "export_entries", "export_parts")


def upgrade() -> None:
    op.execute("""
    -- ---- the audit trail: one chain of events per owner ---------------------------------------------------------------
    -- The head says where the chain ends and, once its old end was cut off, after which event it begins.
    CREATE TABLE audit_heads (
        owner_id      uuid PRIMARY KEY,
        number        bigint NOT NULL DEFAULT 0,
        hash          bytea NOT NULL DEFAULT '',
        anchor_number bigint NOT NULL DEFAULT 0,
        anchor_hash   bytea NOT NULL DEFAULT ''
    ) WITH (fillfactor = 50);

    CREATE TABLE audit_events (
        owner_id   uuid NOT NULL,
        number     bigint NOT NULL,
        at         timestamptz NOT NULL,
        actor      text NOT NULL,
        action     text NOT NULL,
        subject_id uuid,
        detail     jsonb NOT NULL DEFAULT '{}',
        address    inet,
        agent      text,
        request_id text,
        hash       bytea NOT NULL,
        PRIMARY KEY (owner_id, number)
    );
    CREATE INDEX audit_events_oldest ON audit_events USING brin (at);

    -- An event's hash covers the event and the hash of the one before. It is made of text that any program can make again:
    -- a JSON array as most libraries write it, times in microseconds.
    CREATE FUNCTION app.audit_hash(before bytea, event audit_events) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        sha256(before || convert_to(jsonb_build_array(
            (event).owner_id, (event).number, (extract(epoch FROM (event).at) * 1000000)::bigint, (event).actor,
            (event).action, (event).subject_id, (event).detail, host((event).address), (event).agent,
            (event).request_id)::text, 'UTF8'));

    -- Number, time and hash are the database's. Who writes an event holds the owner's head until the commit, so that
    -- events of one owner follow each other however many functions write them.
    CREATE FUNCTION app.chain() RETURNS trigger
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
        UPDATE audit_heads SET number = NEW.number, hash = NEW.hash WHERE owner_id = NEW.owner_id;
        RETURN NEW;
    END $$;
    CREATE TRIGGER chain BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION app.chain();

    -- The first place where the current owner's chain is broken; no row when it is whole.
    CREATE FUNCTION app.audit_fault() RETURNS TABLE (number bigint, fault text) LANGUAGE sql STABLE AS $$
        WITH head AS (
            SELECT coalesce(h.number, 0) AS number, coalesce(h.hash, '') AS hash,
                   coalesce(h.anchor_number, 0) AS anchor_number, coalesce(h.anchor_hash, '') AS anchor_hash
            FROM (SELECT app.owner() AS owner_id) AS me LEFT JOIN audit_heads h USING (owner_id)
        ), linked AS (
            SELECT event.number, event.hash,
                   lag(event.number, 1, head.anchor_number) OVER chain AS number_before,
                   app.audit_hash(lag(event.hash, 1, head.anchor_hash) OVER chain, event) AS expected
            FROM audit_events AS event CROSS JOIN head WHERE event.owner_id = app.owner()
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

    -- Cut off the old end of the current owner's chain. Not even the sweep can remove what is younger than 30 days.
    CREATE FUNCTION app.forget_audit(before timestamptz, at_most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        gone integer;
        head audit_heads;
        last_number bigint;
    BEGIN
        SELECT * INTO head FROM audit_heads WHERE owner_id = app.owner() FOR UPDATE;
        SELECT max(number) INTO last_number FROM (
            SELECT number FROM audit_events
            WHERE owner_id = app.owner() AND at < least(before, now() - interval '30 days') ORDER BY number LIMIT at_most) AS old;
        IF last_number IS NULL THEN
            RETURN 0;
        END IF;
        UPDATE audit_heads SET anchor_number = last_number, anchor_hash = event.hash
            FROM audit_events AS event
            WHERE audit_heads.owner_id = app.owner() AND event.owner_id = app.owner() AND event.number = last_number;
        DELETE FROM audit_events WHERE owner_id = app.owner() AND number <= last_number;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;

    -- ---- exports --------------------------------------------------------------------------------------------------------
    -- source and place say which part of the account comes next; what lies in storage by then is in entries and parts.
    CREATE TABLE exports (
        id          uuid PRIMARY KEY,
        owner_id    uuid NOT NULL REFERENCES accounts,
        status      text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'done', 'failed')),
        upload_id   text,
        source      text,
        place       jsonb,
        byte_count  bigint NOT NULL DEFAULT 0,
        file_count  integer NOT NULL DEFAULT 0,
        error       text,
        fence       integer NOT NULL DEFAULT 0,
        lease_until timestamptz,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        expires_at  timestamptz,
        UNIQUE (id, owner_id)
    );
    CREATE UNIQUE INDEX exports_one_at_a_time ON exports (owner_id) WHERE status IN ('queued', 'running');
    CREATE INDEX exports_newest ON exports (owner_id, created_at DESC, id DESC);

    CREATE TABLE export_entries (
        export_id     uuid NOT NULL,
        owner_id      uuid NOT NULL,
        number        integer NOT NULL,
        name          text NOT NULL,
        header_offset bigint NOT NULL,
        flags         integer NOT NULL,
        crc           bigint NOT NULL,
        size_bytes    bigint NOT NULL,
        stored_bytes  bigint NOT NULL,
        sha256        text NOT NULL,
        PRIMARY KEY (export_id, number),
        FOREIGN KEY (export_id, owner_id) REFERENCES exports (id, owner_id) ON DELETE CASCADE
    );
    CREATE TABLE export_parts (
        export_id uuid NOT NULL,
        owner_id  uuid NOT NULL,
        number    integer NOT NULL,
        etag      text NOT NULL,
        PRIMARY KEY (export_id, number),
        FOREIGN KEY (export_id, owner_id) REFERENCES exports (id, owner_id) ON DELETE CASCADE
    );

    -- ---- erasures: the tombstone while it lasts, the receipt afterwards -----------------------------------------------
    -- Once done, owner_id is gone and only the pseudonym is left: SHA-256 of "<id>:<owner_id>", which who knows both can
    -- make again and nobody else.
    CREATE TABLE erasures (
        id           uuid PRIMARY KEY,
        owner_id     uuid UNIQUE,
        pseudonym    text NOT NULL,
        status       text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'erasing', 'verifying', 'done')),
        removed      jsonb NOT NULL DEFAULT '{}',
        audit_number bigint,
        audit_hash   bytea,
        receipt      jsonb,
        fence        integer NOT NULL DEFAULT 0,
        lease_until  timestamptz,
        due_at       timestamptz NOT NULL DEFAULT now(),
        requested_at timestamptz NOT NULL DEFAULT now(),
        finished_at  timestamptz,
        CHECK ((status = 'done') = (owner_id IS NULL))
    );
    CREATE FUNCTION app.pseudonym(erasure_id uuid, owner uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        encode(sha256(convert_to(erasure_id || ':' || owner, 'UTF8')), 'hex');
    ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
    ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON erasures
        USING (owner_id = (SELECT app.owner()) OR pseudonym = app.pseudonym(id, (SELECT app.owner())))
        WITH CHECK (pseudonym = app.pseudonym(id, (SELECT app.owner())));
    CREATE POLICY look ON erasures FOR SELECT TO visionary_sweep USING (status <> 'done');
    GRANT SELECT, INSERT, UPDATE ON erasures TO visionary_app;
    GRANT SELECT ON erasures TO visionary_sweep;

    -- Nothing new for an owner who is being erased, whoever is late with it.
    CREATE FUNCTION app.refuse_erased() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM erasures WHERE owner_id = app.owner()) THEN
            RAISE EXCEPTION USING ERRCODE = 'VM001', MESSAGE = 'the account is being erased';
        END IF;
        RETURN NULL;
    END $$;

    -- Remove some of the current owner's rows of a table, once the owner has a tombstone; answers how many that were.
    CREATE FUNCTION app.erase(target regclass, at_most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE gone integer;
    BEGIN
        IF target = 'erasures'::regclass OR NOT EXISTS (SELECT FROM erasures WHERE owner_id = app.owner()) THEN
            RAISE EXCEPTION 'nothing of this owner is to be erased from %', target;
        END IF;
        EXECUTE format(
            'DELETE FROM %1$s WHERE owner_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE owner_id = $1 LIMIT $2))',
            target) USING app.owner(), at_most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;

    -- ---- the sweep ------------------------------------------------------------------------------------------------------
    -- A round over everything takes many runs: where the next one goes on, and since when the round has been going.
    CREATE TABLE sweep_rounds (
        name     text PRIMARY KEY,
        place    text NOT NULL DEFAULT '',
        began_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
    );
    GRANT SELECT, INSERT, UPDATE ON sweep_rounds TO visionary_sweep;
    """)
    for table in OWNED:
        op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON {table} USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
        """)
    op.execute("""
    -- Written, never changed: number, time and hash cannot even be named in an INSERT.
    GRANT SELECT ON audit_heads, audit_events TO visionary_app, visionary_sweep;
    GRANT INSERT (owner_id, actor, action, subject_id, detail, address, agent, request_id)
        ON audit_events TO visionary_app, visionary_sweep;
    GRANT SELECT, INSERT, UPDATE, DELETE ON exports, export_entries, export_parts TO visionary_app, visionary_sweep;

    REVOKE ALL ON FUNCTION app.forget_audit(timestamptz, integer), app.erase(regclass, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.forget_audit(timestamptz, integer) TO visionary_sweep;
    GRANT EXECUTE ON FUNCTION app.erase(regclass, integer) TO visionary_app;

    DO $$ DECLARE owned regclass;
    BEGIN
        FOR owned IN SELECT attrelid::regclass FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                     WHERE attname = 'owner_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace
                           AND attrelid <> 'erasures'::regclass
        LOOP
            EXECUTE format(
                'CREATE TRIGGER refuse_erased BEFORE INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_erased()',
                owned);
        END LOOP;
    END $$;

    -- What the sweep looks for across owners; it acts as each owner.
    CREATE POLICY look ON accounts FOR SELECT TO visionary_sweep USING (true);
    CREATE POLICY look_settled ON media FOR SELECT TO visionary_sweep USING (status IN ('ready', 'rejected', 'expired'));
    CREATE POLICY look_finished ON speech_jobs FOR SELECT TO visionary_sweep USING (status IN ('done', 'partial'));
    CREATE POLICY look ON exports FOR SELECT TO visionary_sweep USING (true);
    CREATE POLICY look ON audit_heads FOR SELECT TO visionary_sweep USING (true);
    CREATE POLICY look ON audit_events FOR SELECT TO visionary_sweep USING (at < now() - interval '30 days');
    CREATE INDEX media_refused ON media (updated_at) WHERE status IN ('rejected', 'expired');

    DROP POLICY forget ON idempotency_keys;
    CREATE POLICY forget ON idempotency_keys TO visionary_sweep USING (created_at < now() - interval '1 hour');
    GRANT SELECT, UPDATE, DELETE ON rate_limits TO visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("""
    DROP POLICY look ON accounts;
    DROP POLICY look_settled ON media;
    DROP POLICY look_finished ON speech_jobs;
    DROP INDEX media_refused;
    DROP POLICY forget ON idempotency_keys;
    CREATE POLICY forget ON idempotency_keys TO visionary_sweep USING (created_at < now() - interval '24 hours');
    REVOKE SELECT, UPDATE, DELETE ON rate_limits FROM visionary_sweep;
    DROP TABLE sweep_rounds, export_parts, export_entries, exports;
    DROP FUNCTION app.refuse_erased() CASCADE;
    DROP FUNCTION app.erase(regclass, integer), app.forget_audit(timestamptz, integer), app.audit_fault();
    DROP TABLE audit_events CASCADE;
    DROP FUNCTION app.chain();
    DROP TABLE audit_heads, erasures;
    DROP FUNCTION app.pseudonym(uuid, uuid);
    """)
