using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.Activity;

[DbContext(typeof(ShardContext))]
[Migration("20260104000100_Activity")]
internal sealed class ActivityMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE activity (
            owner_id    uuid         NOT NULL,
            id          uuid         NOT NULL,
            kind        text         NOT NULL,
            payload     jsonb        NOT NULL,
            created_at  timestamptz  NOT NULL,
            PRIMARY KEY (owner_id, id)
        );
        CREATE INDEX ix_activity_payload ON activity USING gin (payload jsonb_path_ops);
        -- Rows come about in the order of their time, so a few kilobytes say which pages have which times.
        CREATE INDEX ix_activity_created_at ON activity USING brin (created_at) WITH (pages_per_range = 32);
        CREATE INDEX ix_activity_bucket ON activity (bucket_of(owner_id));
        CALL protect('activity');
        GRANT SELECT, INSERT ON activity TO app_rw;
        GRANT SELECT ON activity TO app_ro;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("DROP TABLE activity;");
}
