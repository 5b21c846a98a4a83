using Migrator.Moves;

namespace Fixtures;

/// <summary>Users of one bucket, who have rows in a table that every service has, and moves of that bucket.</summary>
internal sealed class MovedUsers(TestService service, int bucket)
{
    private readonly List<(UserId User, string Key)> _written = [];

    public UserId[] Users { get; } =
        [.. Enumerable.Range(0, 4).Select(_ => new UserId(Uuid8.New(new Bucket(bucket), DateTimeOffset.UtcNow)))];

    public static MoveOptions Unhurried { get; } = new() { KeepFor = TimeSpan.Zero, MaxClosed = TimeSpan.FromSeconds(30) };

    /// <summary>Lines of the last run.</summary>
    public List<string> Output { get; } = [];

    private TestDatabases Databases => service.Databases;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Writes a row for each of the users, as commands do.</summary>
    public async Task WriteAsync()
    {
        foreach (var user in Users)
        {
            await WriteAsync(service, user);
        }
    }

    public async Task WriteAsync(TestService by, UserId user)
    {
        var key = $"{Guid.NewGuid()}";
        await using var scope = by.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var context = await writer.JoinAsync(user, Cancellation);
                await context.Database.ExecuteSqlAsync(
                    $"""
                     INSERT INTO idempotency_keys (owner_id, key, request_hash, answer)
                     VALUES ({user.Value}, {key}, {new byte[] { 1 }}, 'ä')
                     """,
                    Cancellation);
                await writer.CommitAsync(Cancellation);
                lock (_written)
                {
                    _written.Add((user, key));
                }

                return;
            }
            catch (Exception exception)
            {
                if (!await writer.CanRetryAsync(exception, attempt, Cancellation))
                {
                    throw;
                }
            }
        }
    }

    /// <param name="at">What happens at each step of the move, in place of nothing.</param>
    /// <param name="options">By default rows are not kept, and a busy machine has time.</param>
    /// <param name="configuration">Where the databases are, if not as usual.</param>
    public Task<MoveResult> MoveAsync(
        string target, Func<MoveStep, Task>? at = null, MoveOptions? options = null, IConfiguration? configuration = null)
    {
        Output.Clear();
        return new BucketMover(
            configuration ?? Databases.OwnerConfiguration(),
            options ?? Unhurried,
            async (step, text) =>
            {
                Output.Add(text);
                await (at?.Invoke(step) ?? Task.CompletedTask);
            }).MoveAsync(bucket, target, Cancellation);
    }

    /// <summary>Every row that was acknowledged is on that shard and only there, and so say the map and the shards.</summary>
    public async Task AssertAllAreOnAsync(string shard, string formerly, long epoch)
    {
        var keys =
            $"SELECT coalesce(array_agg(owner_id || key), '{{}}') FROM idempotency_keys WHERE bucket_of(owner_id) = {bucket}";
        Assert.NotEmpty(_written);
        Assert.Equal(
            _written.Select(row => $"{row.User}{row.Key}").Order(StringComparer.Ordinal),
            (await Databases.ScalarAsync<string[]>(shard, keys)).Order(StringComparer.Ordinal));
        Assert.Empty(await Databases.ScalarAsync<string[]>(formerly, keys));
        Assert.Equal($"{shard} {epoch}", await Databases.ScalarAsync<string>(
            "directory", $"SELECT shard || ' ' || epoch FROM bucket_map WHERE bucket = {bucket}"));
        Assert.Equal($"active {epoch}", await StateAsync(shard));
        Assert.Equal($"moved {epoch}", await StateAsync(formerly));
        Assert.Equal(
            0, await Databases.ScalarAsync<long>("directory", $"SELECT count(*) FROM bucket_moves WHERE bucket = {bucket}"));
    }

    public Task<MoveResult> AbortAsync(IConfiguration? configuration = null) => new BucketMover(
        configuration ?? Databases.OwnerConfiguration(), new MoveOptions(), (_, _) => Task.CompletedTask).AbortAsync(bucket,
        Cancellation);

    /// <summary>Shards that would let a transaction for the bucket in that knows the bucket map.</summary>
    public async Task<string[]> ServedByAsync()
    {
        var served = new List<string>();
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            var epoch = await Databases.ScalarAsync<long>(
                "directory",
                $"SELECT coalesce((SELECT epoch FROM bucket_map WHERE bucket = {bucket} AND shard = '{shard}'), -1)");
            try
            {
                await Databases.ExecuteAsync(shard, $"SELECT act_for('{Users[0]}', {epoch}, 0)", DatabaseRoles.ReadWrite);
                served.Add(shard);
            }
            catch (PostgresException exception) when (DatabaseErrors.Of(exception) == DatabaseError.BucketMoved)
            {
            }
        }

        return [.. served];
    }

    public Task<string> StateAsync(string shard) => Databases.ScalarAsync<string>(
        shard, $"SELECT coalesce((SELECT state || ' ' || epoch FROM bucket_owner WHERE bucket = {bucket}), 'unknown')");
}
