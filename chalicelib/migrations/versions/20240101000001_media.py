"""media: what a user owns, what an account may hold, and messages that must not be lost

Every owned table carries owner_id and is readable only inside a transaction that called app.become(owner).
"""

from alembic import op

revision = "20240101000001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'visionary_app') THEN
            CREATE ROLE visionary_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'visionary_sweep') THEN
            CREATE ROLE visionary_sweep LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
        -- Where chalicelib/platform/roles.py made the roles, they have it, and this role may not give it.
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam')
           AND NOT pg_has_role('visionary_app', 'rds_iam', 'MEMBER') THEN
            GRANT rds_iam TO visionary_app, visionary_sweep;
        END IF;
    END $$;

    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO visionary_app, visionary_sweep;

    CREATE SCHEMA app;
    GRANT USAGE ON SCHEMA app TO visionary_app, visionary_sweep;

    -- A function call does not pin a session of RDS Proxy, a bare SET does.
    CREATE FUNCTION app.become(owner uuid) RETURNS void LANGUAGE sql
        AS $$ SELECT set_config('app.owner_id', owner::text, true) $$;

    -- After the first transaction the setting is '', not NULL.
    CREATE FUNCTION app.owner() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT nullif(current_setting('app.owner_id', true), '')::uuid $$;

    CREATE TABLE accounts (
        owner_id     uuid PRIMARY KEY,
        stored_bytes bigint NOT NULL DEFAULT 0 CHECK (stored_bytes >= 0),
        stored_items integer NOT NULL DEFAULT 0 CHECK (stored_items >= 0),
        created_at   timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE media (
        id                uuid PRIMARY KEY,
        owner_id          uuid NOT NULL REFERENCES accounts,
        filename          text NOT NULL,
        title             text NOT NULL,
        media_type        text NOT NULL,
        size_bytes        bigint NOT NULL CHECK (size_bytes > 0),
        sha256            text,
        status            text NOT NULL DEFAULT 'pending'
                          CHECK (status IN ('pending', 'inspecting', 'ready', 'rejected', 'expired', 'trashed')),
        rejection_code    text,
        rejection_detail  text,
        notes             jsonb NOT NULL DEFAULT '[]',
        page_count        integer,
        word_count        integer,
        duration_ms       integer,
        language          text,
        tags              text[] NOT NULL DEFAULT '{}',
        etag              text,
        original_withheld boolean NOT NULL DEFAULT false,
        fence             integer NOT NULL DEFAULT 0,
        lease_until       timestamptz,
        upload_expires_at timestamptz NOT NULL,
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        ready_at          timestamptz,
        trashed_at        timestamptz,
        -- Foreign keys name both, so that nothing of one owner can hang on another's media.
        UNIQUE (id, owner_id),
        CHECK (status <> 'rejected' OR rejection_code IS NOT NULL)
    );
    CREATE INDEX media_newest ON media (owner_id, created_at DESC, id DESC);
    CREATE INDEX media_unsettled ON media (upload_expires_at) WHERE status IN ('pending', 'inspecting');

    -- A message is written with the change that calls for it, and deleted once the queue has it.
    CREATE TABLE outbox (
        id         uuid PRIMARY KEY,
        owner_id   uuid NOT NULL,
        queue      text NOT NULL,
        body       jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX outbox_oldest ON outbox (created_at);

    ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
    ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
    ALTER TABLE media ENABLE ROW LEVEL SECURITY;
    ALTER TABLE media FORCE ROW LEVEL SECURITY;
    ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
    ALTER TABLE outbox FORCE ROW LEVEL SECURITY;

    CREATE POLICY own ON accounts USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY own ON media    USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY own ON outbox   USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));

    -- The sweep looks across owners for what is stuck, then acts as each owner.
    CREATE POLICY look ON media  FOR SELECT TO visionary_sweep USING (status IN ('pending', 'inspecting'));
    CREATE POLICY look ON outbox FOR SELECT TO visionary_sweep USING (true);

    GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, media, outbox TO visionary_app, visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE outbox, media, accounts;
    DROP SCHEMA app CASCADE;
    """)
