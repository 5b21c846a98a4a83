using Migrator.Migrations;

namespace Platform.Tests.Activity;

/// <summary>An index is to be built on a table that a long transaction has written to, and the service writes to.</summary>
public sealed class MigrationUnderLoadTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_migration_waits_for_its_table_in_short_turns_and_the_service_goes_on()
    {
        await using var service = new TestService(await WithPendingAsync());
        var (statuses, slowest) = (new ConcurrentDictionary<int, int>(), TimeSpan.Zero);
        using var client = service.ClientOf(TestService.NewSubject());
        await UploadAsync();
        await using var holder = await HoldAsync(service.Databases);
        slowest = TimeSpan.Zero; // The first of a new process is slow by itself.
        var migrating = RunAsync(service.Databases, seconds: 60);

        for (var started = Stopwatch.StartNew(); started.Elapsed < TimeSpan.FromSeconds(4); await Task.Delay(50, Cancellation))
        {
            await UploadAsync();
        }

        Assert.False(migrating.IsCompleted);
        await holder.DisposeAsync();
        Assert.Equal(MigrationOutcome.UpToDate, await migrating);
        Assert.Equal([200], statuses.Keys);
        Assert.True(slowest < TimeSpan.FromSeconds(1.5), $"An upload took {slowest.TotalSeconds} s.");

        async Task UploadAsync()
        {
            var line = $$"""{"id":"{{Guid.NewGuid()}}","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{"n":1} }""";
            var began = Stopwatch.GetTimestamp();
            using var answer = await client.PostAsync(
                "/activity", new StringContent(line, Encoding.UTF8, "application/x-ndjson"), Cancellation);
            statuses.AddOrUpdate((int)answer.StatusCode, 1, (_, count) => count + 1);
            slowest = Stopwatch.GetElapsedTime(began) is var took && took > slowest ? took : slowest;
        }
    }

    [Fact]
    public async Task A_table_that_stays_in_use_ends_the_run_with_its_outcome_and_a_later_run_applies_the_migration()
    {
        var databases = await WithPendingAsync();
        await using (await HoldAsync(databases))
        {
            Assert.Equal(MigrationOutcome.Locked, await RunAsync(databases, seconds: 1));
        }

        Assert.Equal(MigrationOutcome.UpToDate, await RunAsync(databases, seconds: 10));
    }

    private static Task<MigrationOutcome> RunAsync(TestDatabases databases, int seconds) => new MigrationRun(
        new ConfigurationBuilder()
            .AddConfiguration(databases.OwnerConfiguration())
            .AddInMemoryCollection([new("Migrator:TimeoutSeconds", $"{seconds}")])
            .Build(),
        NullLogger<MigrationRun>.Instance).RunAsync(Cancellation);

    private static async Task<NpgsqlConnection> HoldAsync(TestDatabases databases)
    {
        var connection = new NpgsqlConnection($"{databases.ConnectionString("shard0", "postgres")};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE activity IN ROW EXCLUSIVE MODE", connection);
        await hold.ExecuteNonQueryAsync(Cancellation);
        return connection;
    }

    /// <summary>As before the migration that makes the pages' index.</summary>
    private async Task<TestDatabases> WithPendingAsync()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard0", """
            DROP FUNCTION find_activity(uuid, jsonb, timestamptz, timestamptz, timestamptz, uuid, int);
            DROP FUNCTION activity_page_query(boolean, boolean, boolean, boolean);
            DROP INDEX ix_activity_page;
            DELETE FROM migrations WHERE name = '0014_activity_pages.shard.sql';
            """);
        return databases;
    }
}
