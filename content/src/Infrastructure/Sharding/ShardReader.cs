using System.Diagnostics;
using Domain.Common;
using Infrastructure.Persistence;
using Infrastructure.ReadReplicas;
using Infrastructure.RowSecurity;
using Npgsql;
using NpgsqlTypes;

namespace Infrastructure.Sharding;

/// <summary>Runs queries on the shard of a user, in their name, on the server that <see cref="ReadRouting"/> chooses.</summary>
internal sealed class ShardReader(ContextPool<ShardContext> pool, PrimarySources sources, BucketMap buckets, ReadRouting routing)
{
    /// <summary>
    /// What <c>read_for</c> does, except that it has no row to give where that has an error: to look for the row and for
    /// nothing else makes the hot read a twentieth cheaper.
    /// </summary>
    [Sql(typeof(string), typeof(short), typeof(long), Columns = [typeof(string)])]
    private const string Act = """
        SELECT set_config('app.user_id', $1, true) FROM bucket_owner WHERE bucket = $2 AND epoch = $3 AND state <> 'moved'
        """;

    /// <summary>How long a bucket may be on its way from one shard to another.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a replica may take to learn that its shard has got the bucket. Then the primary is asked.</summary>
    private static readonly TimeSpan PatienceWithReplica = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <param name="read">Runs again when the user's bucket has moved; each of its statements is a transaction of its own.</param>
    public Task<T> ReadAsync<T>(UserId owner, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(owner, onPrimary: false, (source, epoch) => WithContextAsync(source, owner, epoch, read), cancellationToken);

    /// <summary>For what a command must know for certain before it begins to write.</summary>
    /// <inheritdoc cref="ReadAsync{T}(UserId, Func{ShardContext, Task{T}}, CancellationToken)"/>
    public Task<T> ReadPrimaryAsync<T>(UserId owner, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(owner, onPrimary: true, (source, epoch) => WithContextAsync(source, owner, epoch, read), cancellationToken);

    /// <summary>
    /// For the reads that are made most: one row by plain SQL, in one round trip and without EF Core. Prepared by the
    /// connection once it has been used some times.
    /// </summary>
    /// <param name="sql">Has <paramref name="owner"/> as $1 and <paramref name="id"/> as $2.</param>
    /// <param name="map">Gets the row.</param>
    /// <returns>Null when there is none.</returns>
    public Task<T?> FindRowAsync<T>(
        UserId owner, string sql, Guid id, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
        where T : class =>
        ReadAsync(owner, onPrimary: false, (source, epoch) => RowAsync(source, owner, epoch, sql, id, map, cancellationToken), cancellationToken);

    private async Task<T> ReadAsync<T>(
        UserId owner, bool onPrimary, Func<string, long, Task<T>> read, CancellationToken cancellationToken)
    {
        var (wasRefused, isAway) = (false, false);
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause, cancellationToken))
        {
            var route = await buckets.RouteOfAsync(owner.Bucket, cancellationToken);
            var waited = Stopwatch.GetElapsedTime(began);
            using var place = onPrimary ? ReadRoute.ToPrimary(route.Shard)
                : wasRefused && waited > PatienceWithReplica ? routing.PrimaryOf(route.Shard, "bucket moved")
                : await routing.RouteAsync(route.Shard, cancellationToken);
            try
            {
                return await read(place.Source, route.Epoch);
            }
            catch (Exception exception) when (FenceErrors.SqlStateOf(exception) == FenceErrors.BucketMoved && waited < Patience)
            {
                wasRefused = true;
                await buckets.ReloadAsync(cancellationToken);
            }
            catch (Exception exception)
                when (!isAway && place.Replica is not null && DatabaseExceptionHandler.IsTransient(exception))
            {
                // Once more, on another server, or on this one if the probe has found that it is there.
                isAway = true;
                place.Replica.Doubt();
            }
        }
    }

    private async Task<T> WithContextAsync<T>(string source, UserId owner, long epoch, Func<ShardContext, Task<T>> read)
    {
        await using var context = pool.Rent(source);
        context.Acting = Acting.ForEachStatement("read_for", owner.Value, epoch);
        return await read(context);
    }

    private async Task<T?> RowAsync<T>(
        string source, UserId owner, long epoch, string sql, Guid id, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
        where T : class
    {
        await using var batch = sources.For(source).CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Act)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = owner.Value.ToString(), NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter<short> { TypedValue = owner.Bucket.Value, NpgsqlDbType = NpgsqlDbType.Smallint },
                new NpgsqlParameter<long> { TypedValue = epoch, NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = owner.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new NpgsqlParameter<Guid> { TypedValue = id, NpgsqlDbType = NpgsqlDbType.Uuid },
            },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            throw FenceErrors.Moved(owner.Bucket, epoch);
        }

        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? map(reader) : null;
    }
}
