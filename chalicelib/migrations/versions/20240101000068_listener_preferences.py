"""listener preferences: what an owner's new recordings skip, in which voices they are, and how long their pauses are"""

from alembic import op

revision = "20240101000068"
down_revision = "20240101000064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE listener_preferences (
        owner_id    uuid PRIMARY KEY,
        skip        text[] NOT NULL,
        voices      jsonb NOT NULL CHECK (jsonb_typeof(voices) = 'object'),  -- ids of voices by language
        pause_scale double precision NOT NULL CHECK (pause_scale > 0),
        updated_at  timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE listener_preferences ENABLE ROW LEVEL SECURITY;
    ALTER TABLE listener_preferences FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON listener_preferences
        USING (owner_id = (SELECT app.current_owner_id())) WITH CHECK (owner_id = (SELECT app.current_owner_id()));
    CREATE TRIGGER refuse_erased BEFORE INSERT ON listener_preferences
        FOR EACH STATEMENT EXECUTE FUNCTION app.reject_erased_owner();
    GRANT SELECT, INSERT, UPDATE ON listener_preferences TO visionary_app;
    """)


def downgrade() -> None:
    op.execute("DROP TABLE listener_preferences")
