using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Integration.Tests.Databases;

public sealed partial class AvailabilityTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly string[] Suffixes = ["", "-replica", "-worker"];

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readiness_fails_while_a_migration_is_pending()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("directory", "CREATE TABLE hidden AS SELECT number, name, checksum FROM migrations");
        await databases.ExecuteAsync("directory", "DELETE FROM migrations WHERE number > 1");
        await using var service = new TestService(databases);
        using var client = service.CreateClient();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/ready", Cancellation)).StatusCode);
        await databases.ExecuteAsync("directory", "ALTER TABLE migrations RENAME TO away");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/ready", Cancellation)).StatusCode);
        await databases.ExecuteAsync("directory", "ALTER TABLE away RENAME TO migrations");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live", Cancellation)).StatusCode);
        await databases.ExecuteAsync(
            "directory", "INSERT INTO migrations SELECT number, name, checksum FROM hidden ON CONFLICT DO NOTHING");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready", Cancellation)).StatusCode);
    }

    /// <summary>As in a rolling restart: users of the other shards need the new instance.</summary>
    [Fact]
    public async Task A_new_instance_is_ready_when_a_shard_is_away_and_not_when_all_databases_are()
    {
        await using var most = new TestService(_service.Databases, Away("shard1"));
        await using var none = new TestService(_service.Databases, [.. Away("directory"), .. Away("shard0"), .. Away("shard1")]);
        using var ready = await most.CreateClient().GetAsync("/health/ready", Cancellation);
        using var unready = await none.CreateClient().GetAsync("/health/ready", Cancellation);

        Assert.Equal((HttpStatusCode.OK, "Degraded"), (ready.StatusCode, await ready.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);

        static IEnumerable<(string, string)> Away(string database) => Suffixes.Select(suffix =>
            ($"ConnectionStrings:{database}{suffix}", $"Host=localhost;Port=1;Username=app_rw;Database={database}"));
    }

    [Fact]
    public async Task Every_server_says_itself_who_it_is()
    {
        using var client = _service.CreateClient();
        var servers = (await client.GetAsync("/topology", HttpStatusCode.OK)).EnumerateArray().ToArray();

        Assert.Equal(
            ["directory", "shard0", "shard1", "directory-replica", "shard0-replica", "shard1-replica", "redis"],
            servers.Select(server => server.GetProperty("name").GetString()));
        Assert.All(
            servers[..3], server => Assert.Equal("primary app_rw", $"{server.GetProperty("role")} {server.GetProperty("user")}"));
        Assert.All(servers[3..6], server =>
            Assert.Equal("replica app_ro", $"{server.GetProperty("role")} {server.GetProperty("user")}"));
        Assert.All(
            servers[..6], server => Assert.StartsWith("TLSv1.", server.GetProperty("tls").GetString(), StringComparison.Ordinal));
        Assert.StartsWith("Redis ", servers[6].GetProperty("version").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scope_reads_the_replica_until_it_has_written()
    {
        await using var scope = _service.Services.CreateAsyncScope();
        Assert.True(await ReadsReplicaAsync(scope));

        scope.ServiceProvider.GetRequiredService<SyncTokens>().Committed("shard0", default);
        Assert.False(await ReadsReplicaAsync(scope));
    }

    [Fact]
    public async Task A_command_that_would_write_to_two_shards_is_refused()
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        var context = await writer.JoinAsync(NewUser(shard: 0), Cancellation);

        Assert.Same(context, await writer.JoinAsync(NewUser(shard: 0), Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.JoinAsync(NewUser(shard: 1), Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await writer.JoinDirectoryAsync(NewUser(shard: 0), Cancellation));
    }

    [Fact]
    public async Task A_bucket_map_with_a_hole_or_an_unknown_shard_is_refused()
    {
        foreach (var damage in new[] { "DELETE FROM bucket_map WHERE bucket = 7",
            "UPDATE bucket_map SET shard = 'shard9' WHERE bucket = 7" })
        {
            var databases = await fixture.Servers.CreateDatabasesAsync();
            await databases.ExecuteAsync("directory", damage);
            await using var service = new TestService(databases);
            var map = service.Services.GetRequiredService<BucketMap>();

            await Assert.ThrowsAsync<InvalidOperationException>(async () => await map.RouteOfAsync(new Bucket(0), Cancellation));
        }
    }

    [Fact]
    public async Task A_database_that_is_away_or_has_no_free_connection_is_answered_with_503_and_Retry_After()
    {
        await using var away = new TestService(
            _service.Databases, ("ConnectionStrings:shard0", "Host=localhost;Port=1;Username=app_rw;Database=shard0"));
        await Assert503Async(away, pool => pool.Rent("shard0").Database.OpenConnectionAsync(Cancellation));

        await using var busy = new TestService(_service.Databases, ("Postgres:MaxPoolSize", "1"), ("Postgres:Timeout", "1"));
        var pool = busy.Services.GetRequiredService<ContextPool<ShardContext>>();
        await using var holder = pool.Rent("shard0");
        await holder.Database.OpenConnectionAsync(Cancellation);
        await Assert503Async(busy, pool => pool.Rent("shard0").Database.OpenConnectionAsync(Cancellation));
    }

    /// <summary>As when an instance stalls with a transaction open, or the server is shut down.</summary>
    [Fact]
    public async Task A_session_that_the_server_has_ended_is_answered_with_503()
    {
        var database = await _service.Databases.ScalarAsync<string>("shard0", "SELECT current_database()::text");
        await _service.Databases.ExecuteAsync(
            "shard0", $"ALTER ROLE app_rw IN DATABASE {database} SET idle_in_transaction_session_timeout = '50ms'");
        await using var service = new TestService(_service.Databases);
        await Assert503Async(service, async pool =>
        {
            await using var context = pool.Rent("shard0");
            await using var transaction = await context.Database.BeginTransactionAsync(Cancellation);
            while (true)
            {
                await context.Database.SqlQueryRaw<int>("SELECT 1 AS \"Value\"").SingleAsync(Cancellation);
                await Task.Delay(200, Cancellation);
            }
        });
        await _service.Databases.ExecuteAsync(
            "shard0", $"ALTER ROLE app_rw IN DATABASE {database} RESET idle_in_transaction_session_timeout");
    }

    /// <summary>Gives what the action throws to the handler that answers for the databases.</summary>
    private static async Task Assert503Async(TestService service, Func<ContextPool<ShardContext>, Task> action)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(
            () => action(service.Services.GetRequiredService<ContextPool<ShardContext>>()));
        await using var scope = service.Services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        var handler = service.Services.GetServices<IExceptionHandler>().OfType<DatabaseExceptionHandler>().Single();

        Assert.True(await handler.TryHandleAsync(context, exception, Cancellation));
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
        Assert.Equal("1", context.Response.Headers.RetryAfter);
        Assert.False(await handler.TryHandleAsync(context, new InvalidOperationException("A mistake of ours."), Cancellation));
    }

    private static async Task<bool> ReadsReplicaAsync(AsyncServiceScope scope)
    {
        var reader = scope.ServiceProvider.GetRequiredService<ShardReader>();
        return await reader.ReadAsync(
            NewUser(shard: 0),
            context => context.Database.SqlQueryRaw<bool>("SELECT pg_is_in_recovery() AS \"Value\"").SingleAsync(Cancellation),
            Cancellation);
    }

    private static UserId NewUser(int shard) => TestService.UserOf(TestService.NewSubject(shard));
}
