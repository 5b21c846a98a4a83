CREATE TABLE wallets (
    id          uuid        PRIMARY KEY,
    owner_id    uuid        NOT NULL,
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    balance     bigint      NOT NULL CHECK (balance >= 0),
    pending     bigint      NOT NULL CHECK (pending >= 0),
    status      smallint    NOT NULL,
    version     bigint      NOT NULL,
    opened_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX ix_wallets_owner_id_id ON wallets (owner_id, id);
CREATE INDEX ix_wallets_bucket ON wallets (bucket_of(owner_id), owner_id);
CALL protect('wallets');
GRANT SELECT, INSERT ON wallets TO app_rw;
GRANT SELECT ON wallets TO worker;
GRANT UPDATE (balance, pending, status, version) ON wallets TO app_rw, worker;
GRANT SELECT ON wallets TO app_ro;

-- The ledger. The key begins with the owner, for row security, and goes on with wallet and account, so that a page
-- of what moved a wallet's balance is one range of it. The wallet's version orders its entries, and no two have the
-- same. The foreign key is of both columns, so that the key's index serves the check when a wallet is deleted.
CREATE TABLE entries (
    owner_id     uuid        NOT NULL,
    wallet_id    uuid        NOT NULL,
    account      smallint    NOT NULL,
    version      bigint      NOT NULL,
    id           uuid        NOT NULL,
    transfer_id  uuid        NOT NULL,
    kind         smallint    NOT NULL,
    amount       bigint      NOT NULL CHECK (amount <> 0),
    balance      bigint      CHECK (balance >= 0),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (owner_id, wallet_id, account, version),
    FOREIGN KEY (owner_id, wallet_id) REFERENCES wallets (owner_id, id)
);
-- A movement enters a wallet once in each way, however often it is asked for: one leg in each account. The index also finds
-- all legs of a transfer.
CREATE UNIQUE INDEX ix_entries_transfer ON entries (transfer_id, wallet_id, kind, account);
CREATE INDEX ix_entries_bucket ON entries (bucket_of(owner_id), owner_id);
CALL protect('entries');
-- Entries are never changed: no service role may.
GRANT SELECT, INSERT ON entries TO app_rw, worker;
GRANT SELECT ON entries TO app_ro;

-- A wallet holds what its newest entries say: no balance is set without an entry. Checked at COMMIT, since entries
-- and wallet are written in either order. A bucket that is being copied here has its entries later.
CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entered bigint;
BEGIN
    IF NEW.balance IS DISTINCT FROM OLD.balance THEN
        SELECT e.balance INTO entered FROM entries e
        WHERE e.owner_id = NEW.owner_id AND e.wallet_id = NEW.id AND e.account = 1 AND e.version <= NEW.version
        ORDER BY e.version DESC LIMIT 1;
        IF NEW.balance <> coalesce(entered, 0) AND is_served(NEW.owner_id) THEN
            RAISE EXCEPTION 'Wallet % has %, and its entries say %.', NEW.id, NEW.balance, entered
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF NEW.pending IS DISTINCT FROM OLD.pending THEN
        entered := NULL;
        SELECT e.balance INTO entered FROM entries e
        WHERE e.owner_id = NEW.owner_id AND e.wallet_id = NEW.id AND e.account = 2 AND e.version <= NEW.version
        ORDER BY e.version DESC LIMIT 1;
        IF NEW.pending <> coalesce(entered, 0) AND is_served(NEW.owner_id) THEN
            RAISE EXCEPTION 'Wallet % has % pending, and its entries say %.', NEW.id, NEW.pending, entered
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_balance AFTER UPDATE OF balance, pending ON wallets DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_balance();
CREATE CONSTRAINT TRIGGER check_first_balance AFTER INSERT ON wallets DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.balance <> 0 OR NEW.pending <> 0) EXECUTE FUNCTION check_balance();

-- The owner of a wallet that is to be paid. This is all that one user learns of another's wallet.
CREATE FUNCTION wallet_owner(wallet uuid) RETURNS uuid STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$ SELECT owner_id FROM wallets WHERE id = wallet $$;
REVOKE ALL ON FUNCTION wallet_owner(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wallet_owner(uuid) TO app_rw;
