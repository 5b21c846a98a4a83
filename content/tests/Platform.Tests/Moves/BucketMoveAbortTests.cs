using Migrator.Moves;

namespace Platform.Tests.Moves;

/// <summary>
/// A move that cannot be finished: until the bucket map names the target, the source goes on as if nothing had been.
/// </summary>
public sealed class BucketMoveAbortTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static int s_bucket;

    private readonly TestService _service = fixture.Service;

    public static TheoryData<MoveStep, bool> BeforeOpen { get; } =
        [.. from step in Enum.GetValues<MoveStep>() where step < MoveStep.Mapped from isAway in new[] { false, true } select (
            step, isAway)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(BeforeOpen))]
    public async Task A_move_is_aborted_after_any_step_before_it_is_open_also_when_the_target_is_away(MoveStep last, bool isAway)
    {
        var users = NewUsers();
        await users.WriteAsync();
        await Assert.ThrowsAsync<NotSupportedException>(
            () => users.MoveAsync("shard1", step => step == last ? throw new NotSupportedException() : Task.CompletedTask));

        var aborted = await users.AbortAsync(isAway ? WithTargetAt("Host=localhost;Port=1;Username=owner;Timeout=1") : null);
        Assert.True(aborted.Outcome == MoveOutcome.Done, aborted.Message);
        Assert.Contains(
            isAway ? "by the next move there" : "rows are deleted on shard1", aborted.Message, StringComparison.Ordinal);
        Assert.Equal("active 1", await users.StateAsync("shard0"));
        Assert.Equal(["shard0"], await users.ServedByAsync());
        await users.WriteAsync();
        if (!isAway)
        {
            Assert.Equal((last < MoveStep.Left ? "unknown" : "moved 1", 0),
                (await users.StateAsync("shard1"), await CountAsync("shard1", users)));
        }

        Assert.Contains("is not being moved", (await users.AbortAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task A_move_that_is_open_or_under_way_is_not_aborted()
    {
        var users = NewUsers();
        await users.WriteAsync();
        await users.MoveAsync("shard1", async step =>
        {
            var refused = await users.AbortAsync();
            Assert.Equal(MoveOutcome.Locked, refused.Outcome);
            Assert.Contains("Another run is moving", refused.Message, StringComparison.Ordinal);
        });

        await Assert.ThrowsAsync<NotSupportedException>(
            () => users.MoveAsync(
                "shard0", step => step == MoveStep.Mapped ? throw new NotSupportedException() : Task.CompletedTask));
        var open = await users.AbortAsync();
        Assert.Equal(MoveOutcome.Failed, open.Outcome);
        Assert.Contains("shard0 has bucket", open.Message, StringComparison.Ordinal);
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard0")).Outcome);
        await users.AssertAllAreOnAsync("shard0", formerly: "shard1", epoch: 3);
    }

    [Theory]
    [InlineData(MoveStep.Closed)]
    [InlineData(MoveStep.Verified)]
    [InlineData(MoveStep.Left)]
    public async Task A_target_that_dies_while_the_bucket_is_closed_costs_a_moment(MoveStep when)
    {
        var users = NewUsers();
        await users.WriteAsync();
        var failed = await users.MoveAsync("shard1", step => step == when
            ? _service.Databases.ExecuteAsync(
                "shard1",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'owner'")
            : Task.CompletedTask);

        // Once it has the rows, it is not needed for the switch.
        Assert.Equal(MoveOutcome.Unreachable, failed.Outcome);
        Assert.Equal([when == MoveStep.Left ? "shard1" : "shard0"], await users.ServedByAsync());
        await users.WriteAsync();
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task A_target_that_hangs_while_the_bucket_is_closed_costs_no_more_than_the_limit()
    {
        var users = NewUsers();
        await users.WriteAsync();
        var server = new NpgsqlConnectionStringBuilder(_service.Databases.ConnectionString("shard1", DatabaseRoles.Owner));
        await using var proxy = new TcpProxy(server.Port);
        (server.Port, server.Pooling, server.CancellationTimeout) = (proxy.Port, false, 500);
        var waiting = Task.CompletedTask;
        var failed = await users.MoveAsync(
            "shard1",
            step =>
            {
                if (step == MoveStep.Closed)
                {
                    proxy.Hang();
                    waiting = users.WriteAsync();
                }

                return Task.CompletedTask;
            },
            MovedUsers.Unhurried with { MaxClosed = TimeSpan.FromSeconds(1) },
            WithTargetAt(server.ConnectionString));

        Assert.Equal(MoveOutcome.Failed, failed.Outcome);
        Assert.Contains("shard0 takes writes again", failed.Message, StringComparison.Ordinal);
        proxy.Resume(dropped: true);
        await users.WriteAsync();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
        await Eventually.TrueAsync(async () => (await users.MoveAsync("shard1")).Outcome == MoveOutcome.Done);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task What_is_deleted_is_deleted_a_few_rows_at_a_time()
    {
        var users = NewUsers();
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            await _service.Databases.ExecuteAsync(shard, """
                CREATE TABLE IF NOT EXISTS deletes (n bigint);
                GRANT INSERT ON deletes TO owner;
                CREATE OR REPLACE FUNCTION count_deleted() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO deletes SELECT count(*) FROM gone; RETURN NULL; END $$;
                CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON idempotency_keys REFERENCING OLD TABLE AS gone
                    FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
                """);
        }

        await _service.Databases.ExecuteAsync("shard0", $"""
            INSERT INTO idempotency_keys (owner_id, key, request_hash, answer)
            SELECT (ARRAY['{string.Join("', '", users.Users)}'])[1 + n % 2]::uuid, 'many' || n, '', '' FROM generate_series(1, 5000) AS n
            """);
        var moved = await users.MoveAsync("shard1");

        Assert.True(moved.Outcome == MoveOutcome.Done, moved.Message);
        Assert.Equal(5000, await _service.Databases.ScalarAsync<decimal>("shard0", "SELECT sum(n) FROM deletes"));
        Assert.Equal(500, await _service.Databases.ScalarAsync<long>("shard0", "SELECT max(n) FROM deletes"));
        Assert.Equal(5000, await CountAsync("shard1", users));
    }

    private static async Task<long> CountAsync(TestDatabases databases, string shard, MovedUsers users) =>
        await databases.ScalarAsync<long>(
        shard, $"SELECT count(*) FROM idempotency_keys WHERE bucket_of(owner_id) = {users.Users[0].Bucket.Value}");

    private Task<long> CountAsync(string shard, MovedUsers users) => CountAsync(_service.Databases, shard, users);

    private IConfiguration WithTargetAt(string connectionString) => Servers.Configuration(
        database => database == "shard1"
            ? connectionString
            : $"{_service.Databases.ConnectionString(database, DatabaseRoles.Owner)};Pooling=false");

    /// <summary>Of a bucket of shard0 that no other test has.</summary>
    private MovedUsers NewUsers() => new(_service, Interlocked.Increment(ref s_bucket) + 200);
}
