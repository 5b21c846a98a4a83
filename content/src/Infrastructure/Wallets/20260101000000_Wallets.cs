using Acme.Service.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Acme.Service.Infrastructure.Wallets;

[DbContext(typeof(ShardContext))]
[Migration("20260101000000_Wallets")]
internal sealed class WalletsMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE wallets (
            id          uuid        PRIMARY KEY,
            owner_id    uuid        NOT NULL,
            currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            balance     bigint      NOT NULL CHECK (balance >= 0),
            version     bigint      NOT NULL,
            opened_at   timestamptz NOT NULL
        );
        CREATE INDEX ix_wallets_owner_id_id ON wallets (owner_id, id);
        GRANT SELECT, INSERT ON wallets TO app_rw;
        GRANT UPDATE (balance, version) ON wallets TO app_rw;
        GRANT SELECT ON wallets TO app_ro;

        -- The key begins with the wallet, so a page of a wallet's entries is one range of it.
        CREATE TABLE entries (
            wallet_id   uuid        NOT NULL REFERENCES wallets (id),
            id          uuid        NOT NULL,
            kind        smallint    NOT NULL,
            amount      bigint      NOT NULL CHECK (amount <> 0),
            balance     bigint      NOT NULL CHECK (balance >= 0),
            created_at  timestamptz NOT NULL,
            PRIMARY KEY (wallet_id, id)
        );
        -- Entries are never changed: no service role may.
        GRANT SELECT, INSERT ON entries TO app_rw;
        GRANT SELECT ON entries TO app_ro;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        DROP TABLE entries;
        DROP TABLE wallets;
        """);
}
