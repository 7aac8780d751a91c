"""collections: ordered sets of media"""

from alembic import op

revision = "20240101000002"
down_revision = "20240101000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE collections (
        id          uuid PRIMARY KEY,
        owner_id    uuid NOT NULL REFERENCES accounts,
        name        text NOT NULL,
        description text NOT NULL DEFAULT '',
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        UNIQUE (id, owner_id),
        CONSTRAINT collections_name_unique UNIQUE (owner_id, name)
    );
    CREATE INDEX collections_newest ON collections (owner_id, created_at DESC, id DESC);

    -- position is a number between its neighbours', so moving one item rewrites one row.
    CREATE TABLE collection_items (
        collection_id uuid NOT NULL,
        media_id      uuid NOT NULL,
        owner_id      uuid NOT NULL,
        position      numeric NOT NULL,
        added_at      timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (collection_id, media_id),
        FOREIGN KEY (collection_id, owner_id) REFERENCES collections (id, owner_id) ON DELETE CASCADE,
        FOREIGN KEY (media_id, owner_id) REFERENCES media (id, owner_id) ON DELETE CASCADE
    );
    CREATE INDEX collection_items_in_order ON collection_items (collection_id, position, media_id);
    CREATE INDEX collection_items_of_media ON collection_items (media_id);

    ALTER TABLE collections ENABLE ROW LEVEL SECURITY;
    ALTER TABLE collections FORCE ROW LEVEL SECURITY;
    ALTER TABLE collection_items ENABLE ROW LEVEL SECURITY;
    ALTER TABLE collection_items FORCE ROW LEVEL SECURITY;

    CREATE POLICY own ON collections
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));
    CREATE POLICY own ON collection_items
        USING (owner_id = (SELECT app.owner())) WITH CHECK (owner_id = (SELECT app.owner()));

    GRANT SELECT, INSERT, UPDATE, DELETE ON collections, collection_items TO visionary_app, visionary_sweep;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE collection_items, collections;")
