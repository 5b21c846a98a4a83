CREATE TABLE payees (
    handle      text        PRIMARY KEY,
    owner_id    uuid        NOT NULL,
    wallet_id   uuid        NOT NULL,
    created_at  timestamptz NOT NULL,
    version     bigint      NOT NULL,
    released_at timestamptz
);
-- A user has one handle, and those that were released and are not free yet.
CREATE UNIQUE INDEX ix_payees_owner_id ON payees (owner_id) WHERE released_at IS NULL;
CREATE INDEX ix_payees_released ON payees (owner_id) WHERE released_at IS NOT NULL;
CALL protect('payees');
-- Any user may look a handle up.
CREATE POLICY look_up ON payees FOR SELECT TO app_rw, app_ro USING (true);
GRANT SELECT ON payees TO app_rw;
GRANT SELECT ON payees TO app_ro;

-- Versions are the cache's: each change of a handle has a higher one than the last, whichever user makes it. So a number is
-- drawn with the lock on every handle that it is for, and the owner's handle is looked up with the owner's lock.
-- A released handle stays its last owner's for a while, so that a payment to the old name does not go to a stranger.
-- In the owner's rights, since a handle that has become free is another user's row.
CREATE SEQUENCE payee_versions;
CREATE FUNCTION set_payee(
    new_handle text, owner uuid, wallet uuid, at timestamptz, keep interval,
    OUT is_set boolean, OUT old_handle text, OUT new_version bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (owner = ANY (app_users())) IS NOT TRUE THEN
        RAISE EXCEPTION 'A handle is set in the name of its owner.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('payee owner ' || owner, 0));
    SELECT handle INTO old_handle FROM payees WHERE owner_id = owner AND released_at IS NULL;
    PERFORM pg_advisory_xact_lock(hashtextextended('payee ' || least(new_handle, old_handle), 0));
    PERFORM pg_advisory_xact_lock(hashtextextended('payee ' || greatest(new_handle, old_handle), 0));
    DELETE FROM payees WHERE (owner_id = owner OR handle = new_handle) AND released_at < clock_timestamp() - keep;
    is_set := NOT EXISTS (SELECT FROM payees WHERE handle = new_handle AND owner_id <> owner);
    IF is_set THEN
        new_version := nextval('payee_versions');
        UPDATE payees SET released_at = clock_timestamp(), version = new_version
        WHERE handle = old_handle AND handle <> new_handle;
        INSERT INTO payees (handle, owner_id, wallet_id, created_at, version)
        VALUES (new_handle, owner, wallet, at, new_version)
        ON CONFLICT (handle) DO UPDATE
            SET wallet_id = excluded.wallet_id, version = excluded.version, released_at = NULL;
    END IF;
END $$;
REVOKE ALL ON FUNCTION set_payee(text, uuid, uuid, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_payee(text, uuid, uuid, timestamptz, interval) TO app_rw;
