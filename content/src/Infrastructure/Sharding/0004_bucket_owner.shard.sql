-- The fence: a shard knows which buckets are its own, and refuses a transaction that has an older map. Error codes are those
-- of FenceErrors.

CREATE TABLE bucket_owner (
    bucket  smallint PRIMARY KEY CHECK (bucket BETWEEN 0 AND 1023),
    epoch   bigint   NOT NULL,
    state   text     NOT NULL CHECK (state IN ('active', 'moving', 'moved'))
);

-- Users that were written to while their bucket was being copied to another shard.
CREATE TABLE bucket_changes (
    id        bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bucket    smallint NOT NULL,
    owner_id  uuid     NOT NULL
);
CREATE INDEX ix_bucket_changes_owner_id ON bucket_changes (owner_id);
ALTER TABLE bucket_changes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON bucket_changes TO "owner" USING (true) WITH CHECK (true);

-- Ten bits of every id: see Uuid8 in Domain.
CREATE FUNCTION bucket_of(id uuid) RETURNS smallint IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN (((get_byte(uuid_send(id), 6) & 15) << 6) | (get_byte(uuid_send(id), 7) >> 2))::smallint;

-- A writer passes the highest timeline it has seen: a server with a lower one is no primary any more.
CREATE FUNCTION refuse_old_timeline(known_timeline int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int < known_timeline THEN
        RAISE EXCEPTION 'This server is on an older timeline than %, so it is no primary any more.', known_timeline
            USING ERRCODE = 'TL001';
    END IF;
END $$;

CREATE FUNCTION record_change(bucket smallint, user_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO bucket_changes (bucket, owner_id) VALUES (bucket, user_id)
$$;

CREATE FUNCTION refuse_bucket(user_id uuid, known_epoch bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Bucket % is not here at epoch %.', bucket_of(user_id), known_epoch USING ERRCODE = 'MV001';
END $$;

-- A transaction calls this for each user before it changes rows of the user. Writers share the lock; a move of the bucket
-- takes it alone. An advisory lock and not one on the row of bucket_owner, since that would write a row version for every
-- transaction. Waiters are served in turn, so a move cannot be starved. The second statement sees what was committed while
-- the first one waited. In the caller's rights and path, since to change these costs a third of the call.
CREATE FUNCTION act_for(user_id uuid, known_epoch bigint, known_timeline int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id CONSTANT smallint := bucket_of(user_id);
    epoch_here bigint;
    state_here text;
BEGIN
    PERFORM refuse_old_timeline(known_timeline);
    PERFORM pg_advisory_xact_lock_shared(1110787914, id);
    SELECT b.epoch, b.state INTO epoch_here, state_here FROM bucket_owner b WHERE b.bucket = id;
    IF epoch_here IS DISTINCT FROM known_epoch OR state_here = 'moved' THEN
        PERFORM refuse_bucket(user_id, known_epoch);
    END IF;
    IF state_here = 'moving' THEN
        PERFORM record_change(id, user_id);
    END IF;
    PERFORM add_app_user(user_id);
END $$;

GRANT SELECT ON bucket_owner TO app_rw, app_ro, worker;
REVOKE ALL ON FUNCTION act_for(uuid, bigint, int), record_change(smallint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act_for(uuid, bigint, int), record_change(smallint, uuid) TO app_rw, worker;
