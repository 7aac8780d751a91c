"""folded names: what the filter by name compares, and the mark that a media's names and words are folded

The application folds (chalicelib/library/folding.py); the database only stores the result. A row without `folded_name` is of the
release before: the sweep folds it, and until then it is found as that release finds it. The word index contains the folded words
in addition to the accented ones, so that the release before finds what it would find in its own.
"""

from alembic import op

revision = "20240101000045"
down_revision = "20240101000044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE media ADD COLUMN IF NOT EXISTS folded_name text COLLATE "C";
    CREATE POLICY look_unfolded ON media FOR SELECT TO visionary_sweep USING (folded_name IS NULL);

    -- The words of a text at their positions, in both forms.
    CREATE FUNCTION app.to_folded_vector(config text, accented text, folded text) RETURNS tsvector
        LANGUAGE sql STABLE PARALLEL SAFE RETURN
        CASE WHEN accented = folded THEN to_tsvector(('app.' || config)::regconfig, folded)
             ELSE (to_tsvector(('app.' || config)::regconfig, accented)::text || ' '
                   || to_tsvector(('app.' || config)::regconfig, folded)::text)::tsvector END;
    GRANT EXECUTE ON FUNCTION app.to_folded_vector(text, text, text) TO visionary_app, visionary_sweep;

    -- The release before does not fold what it writes. The next release names the column whenever it writes these.
    CREATE FUNCTION app.clear_folded_name() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.folded_name := NULL;
        RETURN NEW;
    END $$;
    CREATE FUNCTION app.clear_folded_name_of_indexed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE public.media SET folded_name = NULL WHERE id = NEW.media_id AND folded_name IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER clear_folded_name BEFORE UPDATE OF title, filename ON media FOR EACH ROW
        WHEN (NEW.folded_name IS NOT DISTINCT FROM OLD.folded_name
              AND app.fold(NEW.title || ' ' || NEW.filename) <> app.fold(OLD.title || ' ' || OLD.filename))
        EXECUTE FUNCTION app.clear_folded_name();
    CREATE TRIGGER clear_folded_name AFTER INSERT ON search_words FOR EACH ROW WHEN (NEW.number = 1)
        EXECUTE FUNCTION app.clear_folded_name_of_indexed();

    -- A term may have its words without accents as `folded`. Of a word that is left out as a stop word, both forms are.
    CREATE OR REPLACE FUNCTION app.to_search_query(config text, question jsonb, OUT query tsquery, OUT narrowed tsquery)
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT string_agg(clause, ' | ')::tsquery, string_agg(wanted, ' | ')::tsquery
        FROM (
            SELECT literal, alternative,
                   string_agg(CASE WHEN excluded THEN '!' ELSE '' END || '(' || stems || ')', ' & ') AS clause,
                   string_agg('(' || regexp_replace(stems, '<(-|[0-9]+)>', '&', 'g') || ')', ' & ') FILTER (WHERE NOT excluded)
                       AS wanted
            FROM (VALUES (false), (true)) AS reading (literal)
            CROSS JOIN jsonb_array_elements(question) WITH ORDINALITY AS alternatives (terms, alternative)
            CROSS JOIN jsonb_to_recordset(terms) AS term (words text, phrase boolean, excluded boolean, folded text)
            CROSS JOIN LATERAL (SELECT CASE
                WHEN phrase THEN phraseto_tsquery(('app.' || config)::regconfig, words)
                ELSE plainto_tsquery((CASE WHEN literal THEN 'app.' ELSE 'pg_catalog.' END || config)::regconfig, words)
                END AS accented) AS stemmed
            CROSS JOIN LATERAL (SELECT CASE
                WHEN accented::text = '' OR folded IS NULL OR folded = words THEN accented
                WHEN phrase THEN accented || phraseto_tsquery(('app.' || config)::regconfig, folded)
                ELSE accented || plainto_tsquery(('app.' || config)::regconfig, folded)
                END::text AS stems) AS both_forms
            WHERE stems <> ''
            GROUP BY literal, alternative
        ) AS clauses
        WHERE wanted IS NOT NULL GROUP BY literal ORDER BY literal LIMIT 1
    $$;

    -- The current owner's passages that match a query, and how well. Where only the presence of words counts, the index has
    -- compared them; an owner's id is in each of its words. A single word has no neighbours whose distance would count. The
    -- length of a passage is its number of different words: it is stored, whereas all words would have to be counted.
    CREATE FUNCTION app.rank_passages(question jsonb, max_ranked integer)
        RETURNS TABLE (media_id uuid, number integer, config text, query text, rank real)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH term AS MATERIALIZED (
            SELECT owner_id, search_configs.config, parsed.query, parsed.query::text AS query_text,
                   app.prefix_owner(owner_id, parsed.narrowed) AS narrowed, parsed.query = parsed.narrowed AS is_exact,
                   numnode(parsed.query) = 1 AS is_word
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
    REVOKE ALL ON FUNCTION app.rank_passages(jsonb, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.rank_passages(jsonb, integer) TO visionary_app;
    GRANT CREATE ON SCHEMA app TO visionary_search;
    GRANT visionary_search TO CURRENT_USER;
    ALTER FUNCTION app.rank_passages(jsonb, integer) OWNER TO visionary_search;
    REVOKE visionary_search FROM CURRENT_USER;
    REVOKE CREATE ON SCHEMA app FROM visionary_search;
    """)


def downgrade() -> None:
    op.execute("""
    GRANT visionary_search TO CURRENT_USER;
    DROP FUNCTION app.rank_passages(jsonb, integer);
    REVOKE visionary_search FROM CURRENT_USER;

    CREATE OR REPLACE FUNCTION app.to_search_query(config text, question jsonb, OUT query tsquery, OUT narrowed tsquery)
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT string_agg(clause, ' | ')::tsquery, string_agg(wanted, ' | ')::tsquery
        FROM (
            SELECT literal, alternative,
                   string_agg(CASE WHEN excluded THEN '!' ELSE '' END || '(' || stems || ')', ' & ') AS clause,
                   string_agg('(' || regexp_replace(stems, '<(-|[0-9]+)>', '&', 'g') || ')', ' & ') FILTER (WHERE NOT excluded)
                       AS wanted
            FROM (VALUES (false), (true)) AS reading (literal)
            CROSS JOIN jsonb_array_elements(question) WITH ORDINALITY AS alternatives (terms, alternative)
            CROSS JOIN jsonb_to_recordset(terms) AS term (words text, phrase boolean, excluded boolean)
            CROSS JOIN LATERAL (SELECT CASE
                WHEN phrase THEN phraseto_tsquery(('app.' || config)::regconfig, words)
                ELSE plainto_tsquery((CASE WHEN literal THEN 'app.' ELSE 'pg_catalog.' END || config)::regconfig, words)
                END::text AS stems) AS stemmed
            WHERE stems <> ''
            GROUP BY literal, alternative
        ) AS clauses
        WHERE wanted IS NOT NULL GROUP BY literal ORDER BY literal LIMIT 1
    $$;
    DROP TRIGGER clear_folded_name ON search_words;
    DROP TRIGGER clear_folded_name ON media;
    DROP FUNCTION app.clear_folded_name_of_indexed(), app.clear_folded_name(), app.to_folded_vector(text, text, text);
    DROP POLICY look_unfolded ON media;
    ALTER TABLE media DROP COLUMN folded_name;
    """)
