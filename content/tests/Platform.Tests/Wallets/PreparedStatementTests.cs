namespace Platform.Tests.Wallets;

/// <summary>
/// The protocol does what it can: statements are parsed and planned once, and values are not written out as text.
/// </summary>
public sealed class PreparedStatementTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const string Replica = "shard0-replica";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hot_read_is_prepared_once_on_a_connection_and_run_from_there()
    {
        const int Reads = 20;
        await using var service = new TestService(
            await fixture.Servers.CreateDatabasesAsync(), ("Postgres:ReplicaPoolSize", "1"));
        var alice = service.ClientOf(TestService.NewSubject());
        var opened = await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation);
        await service.Databases.ReplicaHasCaughtUpAsync();
        for (var n = 0; n < Reads; n++)
        {
            var read = await alice.GetAsync(opened.Headers.Location, Cancellation);
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
            Assert.Equal("db;desc=\"replica\"", read.ServerTiming());
        }

        // The pool has one connection, so this is the one that those reads used.
        var runs = await RunsAsync(service.Services.GetRequiredService<DataSources>().For(Replica));
        foreach (var part in new[] { "FROM wallets", "FROM bucket_owner" })
        {
            var (_, count, generic) = Assert.Single(runs, run => run.Statement.Contains(part, StringComparison.Ordinal));
            Assert.Equal(Reads, count);

            // The first five are planned anew, to compare.
            Assert.Equal(Reads - 5, generic);
        }
    }

    [Fact]
    public async Task Values_come_in_binary()
    {
        const int Rows = 1_000;
        await using var service = new TestService(await fixture.Servers.CreateDatabasesAsync());
        var source = service.Services.GetRequiredService<DataSources>().For(Replica);
        await RowsAsync();
        using var measurements = new Measurements("Npgsql");
        await RowsAsync();
        var bytes = measurements.All
            .Where(one =>
                one.Name == "db.client.operation.npgsql.bytes_read" && one.TagText == Replica)
            .Sum(one => one.Value);

        // A row is a header of 7 bytes, and each value with its length: 4 + 16 and 4 + 8. As text it would be 4 + 36 and 4 + 19.
        Assert.InRange(bytes / (double)Rows, 39, 45);

        async Task RowsAsync()
        {
            await using var command = source.CreateCommand(
                $"SELECT gen_random_uuid(), 9223372036854775807 - n FROM generate_series(1, {Rows}) AS n");
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                Assert.True(reader.GetGuid(0) != Guid.Empty && reader.GetInt64(1) > 0);
            }
        }
    }

    private static async Task<IReadOnlyList<(string Statement, long Runs, long Generic)>> RunsAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "SELECT statement, generic_plans + custom_plans, generic_plans FROM pg_prepared_statements");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var runs = new List<(string, long, long)>();
        while (await reader.ReadAsync(Cancellation))
        {
            runs.Add((reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        }

        return runs;
    }
}
