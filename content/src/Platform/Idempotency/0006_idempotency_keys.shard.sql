CREATE TABLE idempotency_keys (
    owner_id      uuid        NOT NULL,
    key           text        NOT NULL,
    request_hash  bytea       NOT NULL,
    answer        text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner_id, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX ix_idempotency_keys_bucket ON idempotency_keys (bucket_of(owner_id), owner_id);
CALL protect('idempotency_keys');
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO app_rw;

-- A request claims its key before it does anything, and stores it with its answer at the end. The lock says that a request is
-- under way: no one waits for it, and it ends with its transaction. The table is read by another statement than the one that
-- takes the lock: what was committed before the lock was free is seen only by a statement that begins after it.
CREATE FUNCTION claim_key(owner uuid, claimed text, lifetime interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_free boolean := pg_try_advisory_xact_lock(hashtextextended(owner::text || claimed, 0));
BEGIN
    IF is_free THEN
        is_free := NOT EXISTS (
            SELECT FROM idempotency_keys
            WHERE owner_id = owner AND key = claimed AND created_at >= clock_timestamp() - lifetime);
    END IF;
    IF NOT is_free THEN
        RAISE EXCEPTION 'The key % was used, or is about to be.', claimed USING ERRCODE = 'IK001';
    END IF;
END $$;

-- For the worker, which acts for no user here.
CREATE FUNCTION drop_expired_keys(lifetime interval, at_most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT drop_old_rows('idempotency_keys', 'created_at', true, lifetime, at_most)
$$;
REVOKE ALL ON FUNCTION drop_expired_keys(interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_expired_keys(interval, int) TO worker;
