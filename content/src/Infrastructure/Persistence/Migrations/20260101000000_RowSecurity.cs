using Infrastructure.RowSecurity;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Persistence.Migrations;

[DbContext(typeof(ShardContext))]
[Migration("20260101000000_RowSecurity")]
internal sealed class ShardRowSecurity : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(RowSecuritySql.Up);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(RowSecuritySql.Down);
}

[DbContext(typeof(DirectoryContext))]
[Migration("20260101000000_RowSecurity")]
internal sealed class DirectoryRowSecurity : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql($"""
        {RowSecuritySql.Up}

        -- The directory's half of what the shards' act_for does: there are no buckets here.
        CREATE FUNCTION act_for(user_id uuid) RETURNS void LANGUAGE sql RETURN add_app_user(user_id);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql($"""
        DROP FUNCTION act_for(uuid);
        {RowSecuritySql.Down}
        """);
}
