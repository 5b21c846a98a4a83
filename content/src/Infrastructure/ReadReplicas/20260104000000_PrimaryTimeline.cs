using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// A replica does not tell an ordinary role which timeline it replays. So each primary writes its own into its log, and a
/// replica that shows it has replayed that log. It is one number, hence a sequence.
/// </summary>
internal static class PrimaryTimelineSql
{
    public const string Up = $"""
        CREATE SEQUENCE primary_timeline AS int;
        CREATE FUNCTION announce_timeline() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT setval('primary_timeline', here.timeline)
            FROM (SELECT {ServerSql.Timeline} AS timeline) here, primary_timeline
            WHERE here.timeline <> last_value
        $$;
        REVOKE ALL ON FUNCTION announce_timeline() FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION announce_timeline() TO app_rw;
        GRANT SELECT ON primary_timeline TO app_ro, app_rw, worker;
        SELECT announce_timeline();
        """;

    public const string Down = """
        DROP FUNCTION announce_timeline();
        DROP SEQUENCE primary_timeline;
        """;
}

[DbContext(typeof(ShardContext))]
[Migration("20260104000000_PrimaryTimeline")]
internal sealed class ShardPrimaryTimeline : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(PrimaryTimelineSql.Up);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(PrimaryTimelineSql.Down);
}

[DbContext(typeof(DirectoryContext))]
[Migration("20260104000000_PrimaryTimeline")]
internal sealed class DirectoryPrimaryTimeline : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(PrimaryTimelineSql.Up);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(PrimaryTimelineSql.Down);
}
