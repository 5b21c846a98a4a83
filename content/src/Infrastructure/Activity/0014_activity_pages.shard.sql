-- The order of a page, so that a page reads its own rows and sorts nothing.
CREATE INDEX ix_activity_page ON activity (owner_id, created_at DESC, id DESC);

-- A page begins after a place (time, id), which may be that of a row that this server does not have yet. Only conditions
-- that are asked for, so that each question is planned by itself.
-- What @> will find is not known to the planner, so with a filter it would go through all of the user's rows in the order
-- of the page, in the hope to find enough of them soon. Materialized, the rows are found first, and then sorted.
CREATE FUNCTION activity_page_query(has_filter boolean, has_since boolean, has_until boolean, has_after boolean)
RETURNS text IMMUTABLE LANGUAGE sql RETURN
    'WITH found AS ' || CASE WHEN has_filter THEN 'MATERIALIZED' ELSE 'NOT MATERIALIZED' END
    || ' (SELECT a.id, a.kind, a.created_at, a.payload FROM activity a WHERE a.owner_id = $1'
    || CASE WHEN has_filter THEN ' AND a.payload @> $2' ELSE '' END
    || CASE WHEN has_since THEN ' AND a.created_at >= $3' ELSE '' END
    || CASE WHEN has_until THEN ' AND a.created_at < $4' ELSE '' END
    || CASE WHEN has_after THEN ' AND (a.created_at, a.id) < ($5, $6)' ELSE '' END
    || ') SELECT f.id, f.kind, f.created_at, f.payload FROM found f ORDER BY f.created_at DESC, f.id DESC LIMIT $7';

-- A policy is checked before any condition whose operator might tell what it has seen, and @> is one of these. So
-- under row security no GIN index is ever used. This function is not under it, and asks itself whose rows they are.
CREATE FUNCTION find_activity(
    of_user uuid, filter jsonb, since timestamptz, until timestamptz, after_time timestamptz, after_id uuid, n int)
RETURNS TABLE (id uuid, kind text, created_at timestamptz, payload jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF of_user = ANY (app_users()) THEN
        RETURN QUERY EXECUTE
            activity_page_query(filter IS NOT NULL, since IS NOT NULL, until IS NOT NULL, after_id IS NOT NULL)
        USING of_user, filter, since, until, after_time, after_id, n;
    END IF;
END $$;
REVOKE ALL ON FUNCTION find_activity(uuid, jsonb, timestamptz, timestamptz, timestamptz, uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_activity(uuid, jsonb, timestamptz, timestamptz, timestamptz, uuid, int) TO app_rw, app_ro;
