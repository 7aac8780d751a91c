"""needed privileges: the roles of the functions lose what no statement of theirs uses

`tests/integration/platform/test_privileges.py` derives it from the code. The sweep of the release before deletes old calls, so
that it keeps DELETE on `speech_calls` until a later migration.
"""

from alembic import op

revision = "20240101000048"
down_revision = "20240101000047"
branch_labels = None
depends_on = None

UNUSED = {
    "visionary_app": {
        "DELETE": (
            "accounts", "exports", "idempotency_keys", "listening_positions", "multipart_uploads", "object_deletions",
            "scan_results", "search_configs", "speech_calls", "speech_segments",
        ),
        "UPDATE": (
            "export_entries", "export_parts", "media_passages", "media_tags", "object_deletions", "outbox", "scan_results",
            "search_configs", "speech_moments",
        ),
    },
    "visionary_sweep": {
        "SELECT": (
            "collection_items", "collections", "export_entries", "export_parts", "listening_positions", "media_tags", "podcasts",
            "scan_results", "search_configs", "speech_moments",
        ),
        "INSERT": (
            "accounts", "collection_items", "collections", "export_entries", "export_parts", "exports", "listening_positions",
            "media", "media_passages", "media_tags", "multipart_uploads", "podcasts", "scan_results", "speech_cuts",
            "speech_exports", "speech_jobs", "speech_moments", "speech_segments",
        ),
        "UPDATE": (
            "collection_items", "collections", "export_entries", "export_parts", "exports", "listening_positions",
            "media_passages", "media_tags", "multipart_uploads", "outbox", "podcasts", "scan_results", "search_configs",
            "search_words", "speech_cuts", "speech_exports", "speech_moments",
        ),
        "DELETE": (
            "accounts", "collection_items", "collections", "export_entries", "export_parts", "listening_positions",
            "media_passages", "media_tags", "multipart_uploads", "podcasts", "scan_results", "search_configs", "speech_cuts",
            "speech_jobs", "speech_moments", "speech_segments",
        ),
    },
}  # fmt: skip


def upgrade() -> None:
    for role, privileges in UNUSED.items():
        for privilege, tables in privileges.items():
            op.execute(f"REVOKE {privilege} ON {', '.join(tables)} FROM {role}")
    # Each role has its own; the functions of visionary_dispatch name nothing in `app`.
    op.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC; REVOKE USAGE ON SCHEMA app FROM visionary_dispatch")


def downgrade() -> None:
    for role, privileges in UNUSED.items():
        for privilege, tables in privileges.items():
            op.execute(f"GRANT {privilege} ON {', '.join(tables)} TO {role}")
    op.execute("GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT USAGE ON SCHEMA app TO visionary_dispatch")
