using Acme.Service.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Acme.Service.Infrastructure.Payees;

[DbContext(typeof(DirectoryContext))]
[Migration("20260103000000_Payees")]
internal sealed class PayeesMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE payees (
            handle      text        PRIMARY KEY,
            owner_id    uuid        NOT NULL,
            wallet_id   uuid        NOT NULL,
            created_at  timestamptz NOT NULL
        );
        CREATE UNIQUE INDEX ix_payees_owner_id ON payees (owner_id);
        CALL protect('payees');
        -- Everybody may look a handle up.
        CREATE POLICY look_up ON payees FOR SELECT TO app_rw, app_ro USING (true);
        GRANT SELECT, INSERT, UPDATE ON payees TO app_rw;
        GRANT SELECT ON payees TO app_ro;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("DROP TABLE payees;");
}
