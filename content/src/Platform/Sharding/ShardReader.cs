using System.Diagnostics;

namespace Platform.Sharding;

/// <summary>Runs queries on the shard of a user, in their name, on the server that <see cref="ReadRouting"/> chooses.</summary>
public sealed class ShardReader
{
    /// <summary>How long a bucket may be on its way from one shard to another.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a replica may take to learn that its shard has got the bucket. Then the primary is asked.</summary>
    private static readonly TimeSpan ReplicaTimeout = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ContextPool<ShardContext> _pool;
    private readonly DataSources _sources;
    private readonly BucketMap _buckets;
    private readonly SyncTokens _tokens;
    private readonly ReadRouting _routing;

    internal ShardReader(
        ContextPool<ShardContext> pool, DataSources sources, BucketMap buckets, SyncTokens tokens, ReadRouting routing) =>
        (_pool, _sources, _buckets, _tokens, _routing) = (pool, sources, buckets, tokens, routing);

    /// <param name="read">
    /// Runs again when the user's bucket has moved, or a replica does not answer; each of its statements is a transaction of its
    /// own. A run that takes too long goes on beside the next, so it touches nothing but its context.
    /// </param>
    public Task<T> ReadAsync<T>(UserId owner, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(owner, onPrimary: false, (route, epoch) => WithContextAsync(route, owner, epoch, read), cancellationToken);

    /// <summary>For what a command must know for certain before it begins to write.</summary>
    /// <inheritdoc cref="ReadAsync{T}(UserId, Func{ShardContext, Task{T}}, CancellationToken)"/>
    public Task<T> ReadPrimaryAsync<T>(UserId owner, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(owner, onPrimary: true, (route, epoch) => WithContextAsync(route, owner, epoch, read), cancellationToken);

    /// <summary>
    /// For the reads that are made most: one row by plain SQL, prepared, in one round trip and without EF Core.
    /// </summary>
    /// <param name="sql">Has <paramref name="owner"/> as $1 and <paramref name="id"/> as $2.</param>
    /// <returns>Null when there is none.</returns>
    public Task<T?> FindRowAsync<T>(
        UserId owner, string sql, Guid id, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
        where T : class =>
        ReadAsync(owner, onPrimary: false, (route, epoch) => RowAsync(route, owner, epoch, sql, id, map, cancellationToken),
            cancellationToken);

    private async Task<T> ReadAsync<T>(
        UserId owner, bool onPrimary, Func<ReadRoute, long, Task<T>> read, CancellationToken cancellationToken)
    {
        if (_tokens.Consistency == Consistency.Session)
        {
            // The write that this read must see may have been routed by a newer map.
            await _buckets.CatchUpAsync(_tokens.MapVersion, cancellationToken);
        }

        var wasRefused = false;
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause, cancellationToken))
        {
            var place = await _buckets.RouteOfAsync(owner.Bucket, cancellationToken);
            _tokens.RequireMap(_buckets.Version);
            var waited = Stopwatch.GetElapsedTime(began);
            var reason = onPrimary ? "" : wasRefused && waited > ReplicaTimeout ? "bucket moved" : null;
            try
            {
                return await _routing.ReadAsync(place.Shard, route => read(route, place.Epoch), reason, cancellationToken);
            }
            catch (ReadRefusedException refused) when (refused.Verdict == ReadVerdict.BucketMoved && waited < Timeout)
            {
                wasRefused = true;
                await _buckets.ReloadAsync(cancellationToken);
            }
        }
    }

    private async Task<T> WithContextAsync<T>(ReadRoute route, UserId owner, long epoch, Func<ShardContext, Task<T>> read)
    {
        await using var context = _pool.Rent(route.Source);
        context.Guard = ReadGuard.OfShard(route, owner, epoch);
        return await read(context);
    }

    private async Task<T?> RowAsync<T>(
        ReadRoute route, UserId owner, long epoch, string sql, Guid id, Func<NpgsqlDataReader, T> map,
        CancellationToken cancellationToken)
        where T : class
    {
        var guard = ReadGuard.OfShard(route, owner, epoch);
        await using var connection = await _sources.For(route.Source).OpenConnectionAsync(cancellationToken);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(guard.Command());
        batch.BatchCommands.Add(new NpgsqlBatchCommand(guard.WithPosition(sql))
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = owner.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new NpgsqlParameter<Guid> { TypedValue = id, NpgsqlDbType = NpgsqlDbType.Uuid },
            },
        });
        await PreparedStatements.PrepareAsync(batch, CancellationToken.None);
        await using var reader = await batch.ExecuteReaderAsync(route.Cancellation(cancellationToken));
        await guard.PassAsync(reader);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return null;
        }

        guard.End(reader);
        return map(reader);
    }
}
