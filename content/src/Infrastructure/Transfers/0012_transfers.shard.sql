CREATE TABLE transfers (
    owner_id         uuid        NOT NULL,
    id               uuid        NOT NULL,
    wallet_id        uuid        NOT NULL,
    payee_id         uuid        NOT NULL,
    payee_wallet_id  uuid        NOT NULL,
    amount           bigint      NOT NULL CHECK (amount > 0),
    currency         text        NOT NULL,
    status           smallint    NOT NULL,
    void_code        text,
    void_reason      text,
    created_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX ix_transfers_bucket ON transfers (bucket_of(owner_id), owner_id);
CALL protect('transfers');
GRANT SELECT, INSERT ON transfers TO app_rw;
GRANT SELECT ON transfers TO app_ro, worker;
GRANT UPDATE (status, void_code, void_reason, ended_at) ON transfers TO worker;
