"""rate limit slots: a limit holds in every window, however the requests are spread

Each row counts the requests of its last eleven slots, a tenth of the limit's window each. Any window is within eleven slots that
follow one another, so it never contains more than their sum. The release before uses other keys of the same table.
"""

from alembic import op

revision = "20240101000047"
down_revision = "20240101000046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE rate_limits ADD COLUMN slot bigint, ADD COLUMN counts integer[];  -- the newest slot; its count is the first

    CREATE FUNCTION app.shift_counts(counts integer[], slots bigint) RETURNS integer[]
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT (array_fill(0, ARRAY[least(greatest(slots, 0), 11)::integer]) || counts)[1:11]
    $$;

    -- Count a request if the slots have fewer than the limit. `next_s` is the time until one request more is allowed than now.
    CREATE FUNCTION app.count_request(
        counter text, max_requests integer, per_s integer, at timestamptz DEFAULT clock_timestamp()
    ) RETURNS TABLE (allowed boolean, remaining integer, next_s double precision)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        current_slot bigint := div(extract(epoch FROM at) * 10, per_s);
        newest bigint;
        recent integer[];
    BEGIN
        INSERT INTO public.rate_limits AS existing (key, slot, counts, arrival)
            VALUES (counter, current_slot, ARRAY[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                    to_timestamp((current_slot + 11) * per_s / 10.0))
            ON CONFLICT (key) DO UPDATE SET
                slot = greatest(existing.slot, excluded.slot),
                counts = (app.shift_counts(existing.counts, excluded.slot - existing.slot))[1] + 1
                         || (app.shift_counts(existing.counts, excluded.slot - existing.slot))[2:11],
                arrival = greatest(existing.arrival, excluded.arrival)
            WHERE (SELECT sum(count) < max_requests
                   FROM unnest(app.shift_counts(existing.counts, excluded.slot - existing.slot)) AS count)
            RETURNING existing.slot, existing.counts INTO newest, recent;
        allowed := FOUND;
        IF NOT allowed THEN
            SELECT greatest(slot, current_slot), app.shift_counts(counts, current_slot - slot) INTO newest, recent
                FROM public.rate_limits WHERE key = counter;
        END IF;
        -- The oldest slot that leaves room when it leaves the window, and the requests in newer ones.
        SELECT greatest(0, max_requests - sum(count)),
               greatest(0, (newest - max(place) FILTER (WHERE count > 0 AND newer < max_requests) + 12) * per_s / 10.0
                           - extract(epoch FROM at))
            INTO remaining, next_s
            FROM (SELECT count, place, sum(count) OVER (ORDER BY place) - count AS newer
                  FROM unnest(recent) WITH ORDINALITY AS slots (count, place)) AS slots;
        RETURN NEXT;
    END $$;
    GRANT EXECUTE ON FUNCTION app.count_request(text, integer, integer, timestamptz) TO visionary_app;
    """)


def downgrade() -> None:
    op.execute("""
    DROP FUNCTION app.count_request(text, integer, integer, timestamptz);
    DROP FUNCTION app.shift_counts(integer[], bigint);
    ALTER TABLE rate_limits DROP COLUMN slot, DROP COLUMN counts;
    """)
