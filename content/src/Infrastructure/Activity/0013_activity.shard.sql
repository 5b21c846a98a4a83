CREATE TABLE activity (
    owner_id    uuid         NOT NULL,
    id          uuid         NOT NULL,
    kind        text         NOT NULL,
    payload     jsonb        NOT NULL,
    created_at  timestamptz  NOT NULL,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX ix_activity_payload ON activity USING gin (payload jsonb_path_ops);
-- Rows come about in the order of their time, so a few kilobytes say which pages have which times.
CREATE INDEX ix_activity_created_at ON activity USING brin (created_at) WITH (pages_per_range = 32);
CREATE INDEX ix_activity_bucket ON activity (bucket_of(owner_id), owner_id);
CALL protect('activity');
GRANT SELECT, INSERT ON activity TO app_rw;
GRANT SELECT ON activity TO app_ro;

-- For the worker.
CREATE FUNCTION drop_old_activity(lifetime interval, at_most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT drop_old_rows('activity', 'created_at', false, lifetime, at_most)
$$;
REVOKE ALL ON FUNCTION drop_old_activity(interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_old_activity(interval, int) TO worker;
