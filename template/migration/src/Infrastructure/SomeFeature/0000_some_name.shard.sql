-- Why this is needed, and which release needs it.
--
-- The release before this one goes on serving meanwhile: add what is new, and remove nothing that it uses. A statement that
-- does not get its table within half a second ends the transaction, which is tried again. Change one busy table per file. What
-- cannot run in a transaction, such as CREATE INDEX CONCURRENTLY, has a file of its own, with the first line
-- "-- no transaction". It is run again from its beginning if it was cut off.

CREATE TABLE some_name (
    owner_id    uuid         NOT NULL,
    id          uuid         NOT NULL,
    created_at  timestamptz  NOT NULL,
    PRIMARY KEY (owner_id, id)
);

-- Finds the rows of a bucket that moves to another shard.
CREATE INDEX ix_some_name_bucket ON some_name (bucket_of(owner_id), owner_id);

-- ENABLE and FORCE ROW LEVEL SECURITY, and policies by which each role sees the rows of the users that it acts for.
CALL protect('some_name');

-- What the service does with it, and no more: without a grant no role of the service may do anything.
GRANT SELECT, INSERT ON some_name TO app_rw;
GRANT SELECT ON some_name TO app_ro;
