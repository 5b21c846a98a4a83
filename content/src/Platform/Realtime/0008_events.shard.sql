-- The order of a user's events is (epoch, xact, seq). Transactions of one shard are told apart and ordered by xact; the
-- epoch of the user's bucket says which shard that was, so rows keep their keys and their order when the bucket moves.

CREATE TABLE events (
    owner_id    uuid         NOT NULL,
    epoch       bigint       NOT NULL,
    xact        xid8         NOT NULL DEFAULT pg_current_xact_id(),
    seq         bigint       GENERATED ALWAYS AS IDENTITY,
    type        text         NOT NULL,
    payload     jsonb        NOT NULL,
    created_at  timestamptz  NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner_id, epoch, xact, seq)
);
CREATE INDEX ix_events_xact_seq ON events (xact, seq);
CREATE INDEX ix_events_created_at ON events USING brin (created_at);
CREATE INDEX ix_events_bucket ON events (bucket_of(owner_id), owner_id);
CALL protect('events');
GRANT SELECT, INSERT ON events TO app_rw, worker;

CREATE FUNCTION current_timeline() RETURNS int LANGUAGE sql
RETURN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int;

-- For the reader, which acts for no user: which of all users have events since. Below the oldest transaction that is
-- under way (the horizon) nothing can be added any more, so no event is skipped. One statement, so that horizon
-- and rows are of one snapshot. Events that a move has brought from another server are not pending here.
CREATE FUNCTION read_event_owners(
    after_xact xid8, OUT horizon xid8, OUT timeline int, OUT cluster bigint, OUT moves numeric, OUT pending interval,
    OUT owners uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT h.horizon, current_timeline(), (SELECT system_identifier FROM pg_control_system()),
           (SELECT sum(b.epoch) FROM bucket_owner b WHERE b.state <> 'opening'),
           coalesce((
               SELECT clock_timestamp() - min(e.created_at)
               FROM events e JOIN bucket_owner b ON b.bucket = bucket_of(e.owner_id) AND b.epoch = e.epoch
               WHERE e.xact >= h.horizon), interval '0'),
           ARRAY(SELECT DISTINCT e.owner_id FROM events e WHERE e.xact >= after_xact AND e.xact < h.horizon)
    FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon) h;
$$;

-- For the worker as well.
CREATE FUNCTION drop_old_events(lifetime interval, at_most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT drop_old_rows('events', 'created_at', false, lifetime, at_most)
$$;

REVOKE ALL ON FUNCTION read_event_owners(xid8), drop_old_events(interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_event_owners(xid8), drop_old_events(interval, int) TO worker;
