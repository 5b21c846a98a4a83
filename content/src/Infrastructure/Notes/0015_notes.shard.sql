-- The key begins with the owner, so that row security uses it, and a page of a user's notes is one range of it.
CREATE TABLE notes (
    owner_id    uuid        NOT NULL,
    id          uuid        NOT NULL,
    text        text        NOT NULL,
    written_at  timestamptz NOT NULL,
    edited_at   timestamptz,
    PRIMARY KEY (owner_id, id)
);
-- For the moves of buckets.
CREATE INDEX ix_notes_bucket ON notes (bucket_of(owner_id), owner_id);
CALL protect('notes');
GRANT SELECT, INSERT ON notes TO app_rw;
GRANT UPDATE (text, edited_at) ON notes TO app_rw;
GRANT SELECT ON notes TO app_ro;
