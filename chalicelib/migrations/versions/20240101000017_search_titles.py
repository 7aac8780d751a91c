"""search titles: a match in a title only is found by the weights of the query's words, not by two copies of every vector"""

from alembic import op

revision = "20240101000017"
down_revision = "20240101000016"
branch_labels = None
depends_on = None

# Whether a passage matches by its title only, for each of up to 2,000 passages of a search.
BY_WEIGHT = "words @@ asked.in_title AND NOT words @@ asked.in_body"
BY_COPY = "ts_filter(words, '{a}') @@ asked.query AND NOT ts_filter(words, '{d}') @@ asked.query"


def upgrade() -> None:
    # Words of titles have the weight A, those of bodies D. The words of `to_search_query` have no quotes. Alembic escapes \:
    weighted = r"""
            regexp_replace(term.query::text, '''([^'']+)''', '''\1''\:A', 'g')::tsquery AS in_title,
            regexp_replace(term.query::text, '''([^'']+)''', '''\1''\:D', 'g')::tsquery AS in_body,"""
    _replace_search(weighted, BY_WEIGHT)


def downgrade() -> None:
    _replace_search("", BY_COPY)


def _replace_search(columns: str, is_title_only: str) -> None:
    op.execute(f"""
    GRANT CREATE ON SCHEMA app TO visionary_search;
    GRANT visionary_search TO CURRENT_USER;
    CREATE OR REPLACE FUNCTION app.search(question jsonb, at_most integer)
        RETURNS TABLE (media_id uuid, number integer, config text, asked text, title_only boolean, rank real)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH asked AS MATERIALIZED (
            SELECT search_configs.config, term.query,{columns} app.prefix_owner(owner_id, term.narrowed) AS narrowed
            FROM search_configs CROSS JOIN app.to_search_query(search_configs.config, question) AS term
            WHERE owner_id = app.current_owner_id() AND term.query IS NOT NULL
        )
        SELECT found.media_id, found.number, asked.config, asked.query::text, found.title_only, found.rank
        FROM asked CROSS JOIN LATERAL (
            SELECT search_words.media_id, search_words.number, ts_rank_cd(words, asked.query, 1) AS rank,
                   search_words.number = 1 AND {is_title_only} AS title_only
            FROM search_words
            WHERE app.prefix_owner(owner_id, words) @@ asked.narrowed AND words @@ asked.query
                  AND owner_id = app.current_owner_id() AND search_words.config = asked.config
            LIMIT at_most
        ) AS found
    $$;
    REVOKE visionary_search FROM CURRENT_USER;
    REVOKE CREATE ON SCHEMA app FROM visionary_search;
    """)  # noqa: S608
