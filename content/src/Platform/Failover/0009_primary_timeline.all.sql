-- A replica does not tell an ordinary role which timeline it replays. So each primary writes its own into its log, and a
-- replica that shows it has replayed that log. It is one number, hence a sequence.

CREATE SEQUENCE primary_timeline AS int;
CREATE FUNCTION announce_timeline() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT setval('primary_timeline', here.timeline)
    FROM (SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline) here, primary_timeline
    WHERE here.timeline <> last_value
$$;
REVOKE ALL ON FUNCTION announce_timeline() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION announce_timeline() TO app_rw;
GRANT SELECT ON primary_timeline TO app_ro, app_rw, worker;
SELECT announce_timeline();
