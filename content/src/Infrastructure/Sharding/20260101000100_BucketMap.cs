using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Sharding;

[DbContext(typeof(DirectoryContext))]
[Migration("20260101000100_BucketMap")]
internal sealed class BucketMapMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE bucket_map (
            bucket  smallint PRIMARY KEY CHECK (bucket BETWEEN 0 AND 1023),
            shard   text     NOT NULL,
            epoch   bigint   NOT NULL
        );
        GRANT SELECT ON bucket_map TO app_rw, app_ro;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("DROP TABLE bucket_map;");
}
