using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Wallets;

[DbContext(typeof(ShardContext))]
[Migration("20260103000000_Wallets")]
internal sealed class WalletsMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
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
        CREATE INDEX ix_wallets_owner_id_id ON wallets (owner_id, id);
        CALL protect('wallets');
        GRANT SELECT, INSERT ON wallets TO app_rw;
        GRANT SELECT ON wallets TO worker;
        GRANT UPDATE (balance, pending, status, version) ON wallets TO app_rw, worker;
        GRANT SELECT ON wallets TO app_ro;

        -- The ledger. The key begins with the owner, for row security, and goes on with wallet and account, so that a page
        -- of what moved a wallet's balance is one range of it.
        CREATE TABLE entries (
            owner_id     uuid        NOT NULL,
            wallet_id    uuid        NOT NULL REFERENCES wallets (id),
            account      smallint    NOT NULL,
            id           uuid        NOT NULL,
            transfer_id  uuid        NOT NULL,
            kind         smallint    NOT NULL,
            amount       bigint      NOT NULL CHECK (amount <> 0),
            balance      bigint      CHECK (balance >= 0),
            created_at   timestamptz NOT NULL,
            PRIMARY KEY (owner_id, wallet_id, account, id)
        );
        CALL protect('entries');
        -- Entries are never changed: no service role may.
        GRANT SELECT, INSERT ON entries TO app_rw, worker;
        GRANT SELECT ON entries TO app_ro;

        -- Whom to pay is known by the wallet's id. This is all that one user learns of another's wallet.
        CREATE FUNCTION wallet_owner(wallet uuid) RETURNS uuid STABLE LANGUAGE sql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$ SELECT owner_id FROM wallets WHERE id = wallet $$;
        REVOKE ALL ON FUNCTION wallet_owner(uuid) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION wallet_owner(uuid) TO app_rw;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DROP FUNCTION wallet_owner(uuid);
        DROP TABLE entries;
        DROP TABLE wallets;
        """);
}
