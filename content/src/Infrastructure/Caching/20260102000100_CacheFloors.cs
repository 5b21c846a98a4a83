using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Caching;

[DbContext(typeof(DirectoryContext))]
[Migration("20260102000100_CacheFloors")]
internal sealed class DirectoryCacheFloors : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(CacheFloorsSql.Up);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(CacheFloorsSql.Down);
}

[DbContext(typeof(ShardContext))]
[Migration("20260102000100_CacheFloors")]
internal sealed class ShardCacheFloors : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(CacheFloorsSql.Up);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(CacheFloorsSql.Down);
}

internal static class CacheFloorsSql
{
    public const string Up = """
        CREATE TABLE cache_floors (
            id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            key         text        NOT NULL,
            version     bigint      NOT NULL,
            created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        -- Whoever serves requests leaves floors here and sees none. UPDATE is what locking rows takes.
        GRANT INSERT (key, version) ON cache_floors TO app_rw, worker;
        GRANT SELECT, DELETE, UPDATE (created_at) ON cache_floors TO worker;
        """;

    public const string Down = "DROP TABLE cache_floors;";
}
