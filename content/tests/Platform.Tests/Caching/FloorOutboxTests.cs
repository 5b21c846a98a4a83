using System.Diagnostics;
using Domain.Common;
using Infrastructure.Caching;
using Infrastructure.Sharding;
using Integration.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Topology;

namespace Platform.Tests.Caching;

public sealed class FloorOutboxTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _key = $"{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_floor_is_in_Redis_when_the_commit_returns_and_its_row_goes_later()
    {
        await RaiseAsync(_service, "directory", version: 3, commit: true);
        Assert.Equal(3, await FloorAsync("directory"));

        await UntilNoRowsAsync("directory");
        Assert.Equal(3, await FloorAsync("directory"));
    }

    [Fact]
    public async Task Without_a_commit_there_is_neither_floor_nor_row()
    {
        await RaiseAsync(_service, "shard0", version: 3, commit: false);

        Assert.Equal(0, await FloorAsync("shard0"));
        Assert.Equal(0, await RowsAsync(_service.Databases, "shard0"));
    }

    /// <summary>What such an instance leaves behind is a row and nothing else.</summary>
    [Theory]
    [InlineData("directory")]
    [InlineData("shard1")]
    public async Task The_floor_of_an_instance_killed_after_its_commit_is_set_by_another(string database)
    {
        await InsertAsync(_service.Databases, database, version: 4);

        await UntilNoRowsAsync(database);
        Assert.Equal(4, await FloorAsync(database));
    }

    [Fact]
    public async Task A_write_does_not_fail_without_Redis_and_its_floor_stays_in_the_outbox()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var alone = new TestService(databases, ("ConnectionStrings:redis", "localhost:1,connectTimeout=200"), ("Cache:RelayMilliseconds", "50"));
        _ = alone.Services;
        var took = Stopwatch.StartNew();
        await RaiseAsync(alone, "shard0", version: 5, commit: true);
        Assert.InRange(took.Elapsed.TotalSeconds, 0, 2);
        await Task.Delay(1_500, Cancellation);
        Assert.Equal(1, await RowsAsync(databases, "shard0"));

        await using var together = new TestService(databases, ("Cache:RelayMilliseconds", "50"));
        _ = together.Services;
        await Eventually.TrueAsync(async () => await RowsAsync(databases, "shard0") == 0);
        Assert.Equal(5, await FloorAsync("shard0"));
    }

    [Fact]
    public async Task Of_many_relays_at_once_each_row_is_taken_by_one()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var relay = service.Services.GetServices<IHostedService>().OfType<FloorRelay>().Single();
        await relay.StopAsync(Cancellation);
        await databases.ExecuteAsync("shard0", $"""
            INSERT INTO cache_floors (key, version, created_at)
            SELECT '{KeyIn("shard0").Name}', n, clock_timestamp() - interval '1 minute' FROM generate_series(1, 3000) AS n
            """);

        var set = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => relay.RelayAsync("shard0", Cancellation)));

        Assert.Equal(3_000, set.Sum());
        Assert.Equal(0, await RowsAsync(databases, "shard0"));
        Assert.Equal(3_000, await FloorAsync("shard0"));
    }

    [Fact]
    public async Task Only_the_worker_reads_the_outbox()
    {
        foreach (var role in new[] { DatabaseRoles.ReadWrite, DatabaseRoles.ReadOnly })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(
                () => _service.Databases.ExecuteAsync("directory", "SELECT * FROM cache_floors", role));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }

        await _service.Databases.ExecuteAsync("directory", "SELECT * FROM cache_floors", DatabaseRoles.Worker);
    }

    private static Task InsertAsync(Databases databases, string database, CacheKey key, long version) =>
        databases.ExecuteAsync(database, $"INSERT INTO cache_floors (key, version) VALUES ('{key.Name}', {version})", DatabaseRoles.ReadWrite);

    private static Task<long> RowsAsync(Databases databases, string database) =>
        databases.ScalarAsync<long>(database, "SELECT count(*) FROM cache_floors", DatabaseRoles.Worker);

    private Task InsertAsync(Databases databases, string database, long version) =>
        InsertAsync(databases, database, KeyIn(database), version);

    private Task UntilNoRowsAsync(string database) =>
        Eventually.TrueAsync(async () => await RowsAsync(_service.Databases, database) == 0);

    private CacheKey KeyIn(string database) => ThingJson.In(database).KeyOf(_key);

    private async Task<long> FloorAsync(string database)
    {
        StoredEntry? entry = null;
        // Not before this service has connected.
        await Eventually.TrueAsync(async () => (entry = await _service.Services.GetRequiredService<RedisEntries>().ReadAsync(KeyIn(database))) is not null);
        return entry!.Floor;
    }

    private async Task RaiseAsync(TestService service, string database, long version, bool commit)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        var owner = UserId.FromSubject(TestService.NewSubject(shard: 0));
        Microsoft.EntityFrameworkCore.DbContext context = database == "directory"
            ? await writer.JoinDirectoryAsync(owner, Cancellation)
            : await writer.JoinAsync(owner, Cancellation);
        await scope.ServiceProvider.GetRequiredService<CacheFloors>()
            .RaiseAsync(context, ThingJson.In(database), [_key], version, Cancellation);
        if (commit)
        {
            await writer.CommitAsync(Cancellation);
        }
    }
}
