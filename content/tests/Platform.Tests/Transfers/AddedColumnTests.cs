namespace Platform.Tests.Transfers;

/// <summary>A migration that adds columns while this release goes on: its prepared statements must not fail.</summary>
public sealed class AddedColumnTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const string Tables = """
        SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        """;

    [Fact]
    public async Task A_column_that_is_added_to_any_table_disturbs_no_request()
    {
        await using var service = WalletLoad.Service(await fixture.Servers.CreateDatabasesAsync());
        await using var load = await WalletLoad.StartAsync(service);
        await load.ProgressAsync(60);

        foreach (var database in service.Databases.Names)
        {
            foreach (var table in await service.Databases.ScalarAsync<string[]>(database, Tables))
            {
                await service.Databases.ExecuteAsync(
                    database, $"ALTER TABLE {table} ADD COLUMN added int, ADD COLUMN more text DEFAULT 'x'");
                await load.ProgressAsync(3);
            }
        }

        await load.ProgressAsync(60);
        await load.StopAsync();
        Assert.Empty(load.Failures);
    }
}
