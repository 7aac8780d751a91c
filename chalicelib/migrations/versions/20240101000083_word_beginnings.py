"""word beginnings: a query's last word is also found as the beginning of words

Stems are not enough: "measurem" is the beginning of "measurement", but not of its stem, "measur". So the index contains, besides
stems, the words of which more than the last letter is missing in their stem. `index_version` says how a media is indexed: 1 is
without them. The sweep indexes such media again; until then they are found by the beginnings of stems.
"""

from alembic import op

revision = "20240101000083"
down_revision = "20240101000082"
branch_labels = None
depends_on = None

_FOLDED_VECTOR = """
    CREATE OR REPLACE FUNCTION app.to_folded_vector(config text, accented text, folded text) RETURNS tsvector
        LANGUAGE sql STABLE PARALLEL SAFE RETURN
        CASE WHEN accented = folded THEN to_tsvector(('app.' || config)::regconfig, folded)
             ELSE (to_tsvector(('app.' || config)::regconfig, accented)::text || ' '
                   || to_tsvector(('app.' || config)::regconfig, folded)::text)::tsvector END
"""


def upgrade() -> None:
    op.execute("""
    ALTER TABLE media ADD COLUMN index_version smallint NOT NULL DEFAULT 1;
    ALTER TABLE media ALTER COLUMN index_version SET DEFAULT 2;  -- also of what the release before writes from now on
    DROP POLICY look_unfolded ON media;
    CREATE POLICY look_outdated_index ON media FOR SELECT TO visionary_sweep
        USING (folded_name IS NULL OR index_version < 2);

    -- The words of a text that are longer than their stems by more than a letter, at their positions. A shorter beginning of
    -- any other word is one of its stem, too.
    CREATE FUNCTION app.to_unstemmed_vector(config text, folded text) RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE RETURN
        CASE WHEN config = 'simple' THEN ''::tsvector
             ELSE ts_delete(to_tsvector('pg_catalog.simple', folded), ARRAY(
                 SELECT word FROM unnest(tsvector_to_array(to_tsvector('pg_catalog.simple', folded))) AS word
                 WHERE starts_with((tsvector_to_array(to_tsvector(('app.' || config)::regconfig, word)))[1], left(word, -1))
             )) END;
    GRANT EXECUTE ON FUNCTION app.to_unstemmed_vector(text, text) TO visionary_app, visionary_sweep;

    CREATE OR REPLACE FUNCTION app.to_folded_vector(config text, accented text, folded text) RETURNS tsvector
        LANGUAGE sql STABLE PARALLEL SAFE RETURN
        (CASE WHEN accented = folded THEN '' ELSE to_tsvector(('app.' || config)::regconfig, accented)::text || ' ' END
         || to_tsvector(('app.' || config)::regconfig, folded)::text || ' '
         || app.to_unstemmed_vector(config, folded)::text)::tsvector;

    -- A term may have a `prefix`: its last word, folded, which may be the beginning of a longer one.
    CREATE OR REPLACE FUNCTION app.to_search_query(config text, question jsonb, OUT query tsquery, OUT narrowed tsquery)
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT string_agg(clause, ' | ')::tsquery, string_agg(wanted, ' | ')::tsquery
        FROM (
            SELECT literal, alternative,
                   string_agg(CASE WHEN excluded THEN '!' ELSE '' END || '(' || stems || beginning || ')', ' & ') AS clause,
                   string_agg('(' || regexp_replace(stems || beginning, '<(-|[0-9]+)>', '&', 'g') || ')', ' & ')
                       FILTER (WHERE NOT excluded) AS wanted
            FROM (VALUES (false), (true)) AS reading (literal)
            CROSS JOIN jsonb_array_elements(question) WITH ORDINALITY AS alternatives (terms, alternative)
            CROSS JOIN jsonb_to_recordset(terms)
                AS term (words text, phrase boolean, excluded boolean, folded text, prefix text)
            CROSS JOIN LATERAL (SELECT CASE
                WHEN phrase THEN phraseto_tsquery(('app.' || config)::regconfig, words)
                ELSE plainto_tsquery((CASE WHEN literal THEN 'app.' ELSE 'pg_catalog.' END || config)::regconfig, words)
                END AS accented) AS stemmed
            CROSS JOIN LATERAL (SELECT CASE
                WHEN accented::text = '' OR folded IS NULL OR folded = words THEN accented
                WHEN phrase THEN accented || phraseto_tsquery(('app.' || config)::regconfig, folded)
                ELSE accented || plainto_tsquery(('app.' || config)::regconfig, folded)
                END::text AS stems) AS both_forms
            CROSS JOIN LATERAL (SELECT coalesce(' | ' || (
                CASE WHEN folded = prefix THEN format('%L:*', prefix)::tsquery
                     ELSE phraseto_tsquery(('app.' || config)::regconfig, left(folded, -length(prefix)))
                          <-> format('%L:*', prefix)::tsquery END)::text, '') AS beginning) AS completed
            WHERE stems <> ''
            GROUP BY literal, alternative
        ) AS clauses
        WHERE wanted IS NOT NULL GROUP BY literal ORDER BY literal LIMIT 1
    $$;

    GRANT visionary_search TO CURRENT_USER;
    -- Alternatives of single words have no neighbours whose distance would count, as a single word has none.
    CREATE OR REPLACE FUNCTION app.rank_passages(question jsonb, max_ranked integer)
        RETURNS TABLE (media_id uuid, number integer, config text, query text, rank real)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH term AS MATERIALIZED (
            SELECT owner_id, search_configs.config, parsed.query, parsed.query::text AS query_text,
                   app.prefix_owner(owner_id, parsed.narrowed) AS narrowed, parsed.query = parsed.narrowed AS is_exact,
                   parsed.query::text !~ '[&<!]' AS is_word
            FROM search_configs CROSS JOIN app.to_search_query(search_configs.config, question) AS parsed
            WHERE owner_id = app.current_owner_id() AND parsed.query IS NOT NULL
        )
        SELECT passage.media_id, passage.number, term.config, term.query_text, passage.rank
        FROM term CROSS JOIN LATERAL (
            SELECT search_words.media_id, search_words.number,
                   CASE WHEN term.is_word THEN ts_rank(words, term.query, 16) ELSE ts_rank_cd(words, term.query, 16) END AS rank
            FROM search_words
            WHERE app.prefix_owner(owner_id, words) @@ term.narrowed AND (term.is_exact OR words @@ term.query)
                  AND owner_id = term.owner_id AND search_words.config = term.config
            LIMIT max_ranked
        ) AS passage
    $$;
    REVOKE visionary_search FROM CURRENT_USER;
    """)


def downgrade() -> None:
    op.execute(f"""
    {_FOLDED_VECTOR};
    DROP FUNCTION app.to_unstemmed_vector(text, text);
    DROP POLICY look_outdated_index ON media;
    ALTER TABLE media DROP COLUMN index_version;
    CREATE POLICY look_unfolded ON media FOR SELECT TO visionary_sweep USING (folded_name IS NULL);
    """)
