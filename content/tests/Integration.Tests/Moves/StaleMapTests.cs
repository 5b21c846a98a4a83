using Migrator.Moves;

namespace Integration.Tests.Moves;

/// <summary>A service that read the bucket map before a bucket moved.</summary>
public sealed class StaleMapTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const int Bucket = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_with_a_stale_epoch_is_refused_and_retried()
    {
        await using var service = new TestService(await fixture.Servers.CreateDatabasesAsync());
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        await MoveAsync(users);

        foreach (var (shard, epoch) in new[] { ("shard0", 1), ("shard0", 2), ("shard1", 1), ("shard1", 3) })
        {
            await RefusedAsync(service, shard, $"SELECT act_for('{users.Users[0]}', {epoch}, 0)", DatabaseRoles.ReadWrite);
        }

        await users.WriteAsync();
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    /// <param name="hot">The read that <see cref="ShardReader"/> makes without EF Core, which has a fence of its own.</param>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_read_with_a_stale_epoch_is_refused_and_retried(bool replicaLags, bool hot)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        Assert.EndsWith("shard0", await ReadAsync(service, users.Users[0], hot), StringComparison.Ordinal);

        PausedReplica? paused = null;
        try
        {
            await users.MoveAsync("shard1", async step =>
            {
                if (step == MoveStep.Left && replicaLags)
                {
                    // Then the replica knows that one shard has closed the bucket, and not that the other has opened it.
                    paused = await PausedReplica.PauseAsync(databases);
                }
            });
            if (!replicaLags)
            {
                await databases.ReplicaHasCaughtUpAsync();
            }

            Assert.EndsWith("shard1", await ReadAsync(service, users.Users[0], hot), StringComparison.Ordinal);
        }
        finally
        {
            await (paused?.DisposeAsync() ?? default);
        }
    }

    /// <summary>
    /// The old shard's replica does not know yet that the bucket has moved, and neither does the instance that reads.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_of_a_write_after_a_move_is_not_answered_by_the_old_shard(bool hot)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var writing = new TestService(databases);
        await using var reading = new TestService(databases);
        var users = new MovedUsers(writing, Bucket);
        Assert.EndsWith("shard0", await ReadAsync(reading, users.Users[0], hot), StringComparison.Ordinal);
        await using var paused = await PausedReplica.PauseAsync(databases);

        // A move waits for a standby; this one is another, which lags.
        await databases.ExecuteAsync("shard0", $"UPDATE bucket_owner SET state = 'moved', epoch = 2 WHERE bucket = {Bucket}");
        await databases.ExecuteAsync("shard1", $"INSERT INTO bucket_owner VALUES ({Bucket}, 2, 'active')");
        await databases.ExecuteAsync("directory", $"UPDATE bucket_map SET shard = 'shard1', epoch = 2 WHERE bucket = {Bucket}");
        string token;
        await using (var request = Request.Begin(writing))
        {
            await writing.Services.GetRequiredService<BucketMap>().ReloadAsync(Cancellation);
            await (await request.Get<ShardWriter>().JoinAsync(users.Users[0], Cancellation)).Database.ExecuteSqlAsync(
                $"""
                 INSERT INTO idempotency_keys (owner_id, key, request_hash, answer)
                 VALUES ({users.Users[0].Value}, 'key', {new byte[] { 1 }}, '')
                 """,
                Cancellation);
            await request.Get<ShardWriter>().CommitAsync(Cancellation);
            token = request.Token;
        }

        Assert.EndsWith("shard1", await ReadAsync(reading, users.Users[0], hot, token), StringComparison.Ordinal);
    }

    /// <summary>A token may speak of moves that a restored directory does not know.</summary>
    [Fact]
    public async Task A_version_of_the_map_that_was_lost_is_looked_for_once_and_not_with_each_read()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var map = service.Services.GetRequiredService<BucketMap>();
        await map.CatchUpAsync(1_000_000, Cancellation);
        await databases.ExecuteAsync("directory", "ALTER TABLE bucket_map RENAME TO bucket_map_away");

        await map.CatchUpAsync(1_000_000, Cancellation);

        await Assert.ThrowsAnyAsync<Exception>(() => map.CatchUpAsync(1_000_001, Cancellation).AsTask());
    }

    /// <summary>
    /// The source has left the bucket and the run that moves it is dead: no shard serves it until the next run.
    /// </summary>
    [Fact]
    public async Task A_write_to_a_bucket_that_no_shard_serves_gives_up_in_time_and_works_once_the_move_is_finished()
    {
        await using var service = new TestService(await fixture.Servers.CreateDatabasesAsync());
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        await Assert.ThrowsAsync<NotSupportedException>(
            () => users.MoveAsync(
                "shard1", step => step == MoveStep.Left ? throw new NotSupportedException() : Task.CompletedTask));

        var refused = await Assert.ThrowsAnyAsync<Exception>(users.WriteAsync);
        Assert.Equal(DatabaseError.BucketMoved, DatabaseErrors.Of(refused));

        // Begins while no shard serves the bucket, and ends well without being sent again.
        var waiting = Task.CompletedTask;
        await users.MoveAsync("shard1", step =>
        {
            waiting = step == MoveStep.Left ? users.WriteAsync() : waiting;
            return Task.CompletedTask;
        });
        await waiting;
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    private static async Task MoveAsync(MovedUsers users)
    {
        var result = await users.MoveAsync("shard1");
        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
    }

    private static async Task RefusedAsync(TestService service, string shard, string sql, string role)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => service.Databases.ExecuteAsync(shard, sql, role));
        Assert.Equal(DatabaseError.BucketMoved, DatabaseErrors.Of(refused));
    }

    /// <summary>Name of the database that answers.</summary>
    private static async Task<string> ReadAsync(TestService service, UserId user, bool hot, string? token = null)
    {
        await using var request = Request.Begin(service, token);
        var shards = request.Get<ShardReader>();
        return hot
            ? await shards.FindRowAsync(
                user, "SELECT current_database()::text WHERE $1 <> $2", Guid.Empty, row => row.GetString(0), Cancellation)
                    ?? "none"
            : await shards.ReadAsync(
                user,
                context => context.Database.SqlQueryRaw<string>("SELECT current_database()::text AS \"Value\"")
                    .SingleAsync(Cancellation),
                Cancellation);
    }
}
